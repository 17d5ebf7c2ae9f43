#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "ledger/envelope.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/prng.h"

namespace aval::simulation {

using ledger::Height;
using ledger::ReplicaId;

/// What a node says to a client that hands it an envelope.
enum class Answer {
  Unreachable,
  Waiting,  // taken: the node will tell when it is final
  Final,
  Expired,  // the chain is past the last height at which it could be included
  Refused,  // its signatures do not carry it, or its reference is taken
};
/// How the load of a run was served, in microseconds from when each transaction was due.
struct LoadFigures {
  std::uint64_t measured = 0;  // due after the warm-up
  std::uint64_t final_in_time = 0;  // of them, before the end of the load
  std::uint64_t p50 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t worst = 0;  // of all, those during the warm-up included
};

struct Reply {
  Answer answer = Answer::Unreachable;
  Height final_height{};  // of Final
};

/// Clients: each sends its envelope to one replica, some to two at once, and the same bytes to another
/// one when no answer comes, until some replica says that it is final.
class Clients {
 public:
  using Submit = std::function<Reply(ReplicaId, const ledger::EnvelopePtr&)>;

  Clients(EventQueue& queue, Prng prng, const LoadPlan& plan, std::size_t replicas, Submit submit);
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  /// Spreads the envelopes over `span`, in bursts.
  void begin(const std::vector<ledger::EnvelopePtr>& envelopes, Duration span);
  /// `replica` has made the transaction final: whoever waits there is told.
  void on_final(ReplicaId replica, const ledger::TxId& tx_id, Height height);

  /// Transactions somebody was told are final, with the height they were told.
  const std::map<ledger::TxId, Height>& acknowledged() const { return acknowledged_; }
  /// The highest height that somebody was told.
  Height highest_told() const;
  std::size_t unanswered() const { return requests_.size() - answered_; }
  /// A transaction that a node refused although it was in order, if any.
  const std::optional<ledger::TxId>& refused_wrongly() const { return refused_wrongly_; }
  /// One transaction nobody has had an answer for, for the report of a failure.
  std::string first_unanswered() const;
  LoadFigures figures() const;

 private:
  struct Request {
    ledger::EnvelopePtr envelope;
    std::set<ReplicaId> asked;
    bool is_answered = false;
    TimePoint due;
    TimePoint answered;
  };
  void begin_open_loop(const std::vector<ledger::EnvelopePtr>& envelopes);
  void ask_in_turn(Request& request, std::size_t turn);
  void ask(Request& request);
  void ask(Request& request, ReplicaId replica);
  void settle(Request& request);

  EventQueue& queue_;
  Prng prng_;
  LoadPlan plan_;
  std::size_t replicas_;
  Submit submit_;
  std::map<ledger::TxId, Request> requests_;
  std::map<ledger::TxId, Height> acknowledged_;
  std::optional<ledger::TxId> refused_wrongly_;
  std::size_t answered_ = 0;
  TimePoint begun_;
  TimePoint load_end_;
};

}  // namespace aval::simulation
