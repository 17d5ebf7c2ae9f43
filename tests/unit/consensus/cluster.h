#pragma once

#include <functional>
#include <memory>
#include <set>

#include "consensus/replica.h"
#include "tests/unit/consensus/toy_world.h"

namespace aval::consensus::test {

/// Replicas, a network that delivers in order after one millisecond, journals that never fail. Every
/// message goes through its bytes and verify(). After every event the cluster checks what must hold
/// whatever happens: one history, no vote contradicted, blocks final in order and once.
class Cluster {
 public:
  /// Decides about one copy of a message: false drops it.
  using Filter = std::function<bool(std::uint32_t from, std::uint32_t to, const Message& message)>;
  /// How much later than usual one copy of a message arrives.
  using Delay = std::function<Duration(std::uint32_t from, std::uint32_t to, const Message& message)>;

  struct Node {
    std::unique_ptr<ToySigner> signer;
    std::unique_ptr<Replica> replica;  // null while it is down
    std::vector<Bytes> journal;
    std::vector<ledger::CertifiedBlock> ledger;  // height 1 at index 0
    std::map<ExecutionId, crypto::Digest> executions;
    crypto::Digest final_state_root;
    std::optional<TimePoint> wake_at;
    std::optional<std::string> fatal;
    std::size_t starts = 0;
    std::size_t discarded = 0;
    std::map<Height, std::size_t> finalised;  // how often, in one life
    std::vector<Message> sent;
  };

  explicit Cluster(std::size_t n, ledger::Parameters parameters = {});

  const ledger::ChainConfig& config() const { return config_; }
  std::size_t size() const { return nodes_.size(); }
  Node& node(std::uint32_t id) { return nodes_.at(id); }
  ReplicaStatus status(std::uint32_t id) const { return nodes_.at(id).replica->status(); }
  Height final_height(std::uint32_t id) const { return Height{nodes_.at(id).ledger.size()}; }
  TimePoint now() const { return now_; }
  UnixMillis wall_clock() const;

  void set_filter(Filter filter) { filter_ = std::move(filter); }
  void set_delay(Delay delay) { delay_ = std::move(delay); }
  void heal() { filter_ = nullptr; }
  /// Everything to and from these is lost.
  void isolate(std::set<std::uint32_t> ids);
  /// Roots of one node's executions come out wrong.
  void corrupt_executor(std::uint32_t id) { corrupt_.insert(id); }
  /// That node's wall clock is wrong by this much.
  void skew(std::uint32_t id, std::int64_t milliseconds) { skew_[id] = milliseconds; }

  void submit(std::uint32_t id, std::size_t count = 1);
  /// Delivers `message` to `to` as if `from` had sent it, if verify() lets it through.
  bool inject(std::uint32_t from, std::uint32_t to, Message message);
  void stop(std::uint32_t id);
  void start(std::uint32_t id);

  void run(std::uint64_t milliseconds);
  /// True as soon as `done` holds; false after `milliseconds`.
  bool run_until(const std::function<bool()>& done, std::uint64_t milliseconds);
  /// Everybody who is up has this height, and everything is equal.
  bool all_at(Height height) const;
  bool agree() const;

  /// Votes that replica `id` has sent, by (view, height, phase).
  std::size_t votes(std::uint32_t id, View view, Height height, Phase phase) const;
  template <class Kind>
  std::size_t count_sent(std::uint32_t id) const {
    std::size_t count = 0;
    for (const auto& message : nodes_.at(id).sent) count += std::holds_alternative<Kind>(message) ? 1U : 0U;
    return count;
  }
  std::uint64_t broken_promises() const { return broken_; }

 private:
  struct Delivery {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    Bytes bytes;
  };
  struct Answer {
    std::uint32_t to = 0;
    std::size_t life = 0;
    Executed executed;
  };
  using Event = std::variant<Delivery, Answer>;

  void step(std::uint32_t id, Input input);
  void carry_out(std::uint32_t id, Actions actions);
  void execute(std::uint32_t id, const ExecuteRequest& request);
  void finalise(std::uint32_t id, FinaliseRequest request);
  void transmit(std::uint32_t from, const Send& send);
  void deliver(const Delivery& delivery);
  void answer_fetch_final(std::uint32_t asker, std::uint32_t id, Height first);
  void check_vote(const SignedVote& vote);
  void check(bool holds, const char* what);
  UnixMillis wall_clock_of(std::uint32_t id) const;
  bool run_one(TimePoint until);

  ledger::ChainConfig config_;
  std::vector<Node> nodes_;
  std::multimap<TimePoint, Event> events_;
  TimePoint now_{};
  Filter filter_;
  Delay delay_;
  std::set<std::uint32_t> corrupt_;
  std::map<std::uint32_t, std::int64_t> skew_;
  std::map<Height, BlockHash> history_;
  std::map<std::tuple<ReplicaId, View, Height, Phase>, BlockHash> votes_;
  std::uint32_t next_envelope_ = 0;
  std::uint64_t broken_ = 0;
};

}  // namespace aval::consensus::test
