#pragma once

#include <functional>
#include <set>
#include <vector>

#include "contracts/finance.h"
#include "contracts/genesis.h"
#include "ledger/envelope.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/epoch_book.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/keyring.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/prng.h"
#include "tests/simulation/verdict.h"

namespace aval::simulation {

/// The members as they govern: one change of the plan after another, each proposed and approved by as many as
/// it takes, through the chain like everything else. G1: a change that has all its approvals begins an epoch.
class Council {
 public:
  struct World {
    EventQueue& queue;
    const EpochBook& epochs;  // as agreed
    Verdict& verdict;
    Counters& counters;
    std::function<void(const std::vector<ledger::EnvelopePtr>&)> ask;
    std::function<std::optional<ledger::Header>(ledger::ReplicaId)> head_of;  // nullopt when it is down
    std::function<void(ledger::ReplicaId)> wake;                              // a newcomer
    std::function<ledger::ReplicaId()> primary;
  };

  Council(World world, const Plan& plan, const contracts::GenesisState& genesis, Keyring& keys);
  Council(const Council&) = delete;
  Council& operator=(const Council&) = delete;

  void begin(const Prng& prng);
  /// An honest node has made the transaction final.
  void on_final(const ledger::TxId& tx_id);
  /// Every change of the plan is made.
  bool is_done() const { return made_ == plan_.membership.size(); }
  /// How far it has come, for the report of a failure.
  std::string text() const;

 private:
  using Next = void (Council::*)();
  using Change = contracts::pb::Change;

  void schedule();
  void decide();
  void seat_newcomer();
  void await_newcomer();
  void promote_newcomer();
  void remove(ledger::ReplicaId seat);
  void rotate_somebody();
  void set_parameters();
  void propose(const Change& change, std::uint64_t Counters::*kind);
  void approve();
  void enact();

  const ledger::ValidatorSet& seats() const { return world_.epochs.current().validators; }
  ledger::ReplicaId draw_voter();
  ledger::ReplicaId newcomer() const { return ledger::ReplicaId{static_cast<std::uint32_t>(plan_.replicas)}; }
  ledger::EnvelopePtr sealed(ledger::ReplicaId seat, const contracts::pb::Command& command);
  void send(const std::vector<ledger::EnvelopePtr>& envelopes, Next next);

  World world_;
  const Plan& plan_;
  const contracts::GenesisState& genesis_;
  Keyring& keys_;
  Prng prng_{0};
  TimePoint begun_;
  std::size_t made_ = 0;
  std::uint32_t drawn_ = 0;  // references, proposals and keys
  std::set<ledger::TxId> pending_;
  Next next_ = nullptr;
  // The change under way.
  Change change_;
  std::uint64_t Counters::*kind_ = nullptr;
  ledger::ReplicaId proposer_{};
  ledger::Epoch epoch_before_{};
};

}  // namespace aval::simulation
