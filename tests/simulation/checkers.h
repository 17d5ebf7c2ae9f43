#pragma once

#include <set>

#include "consensus/actions.h"
#include "consensus/replica.h"
#include "tests/simulation/agreement_checker.h"
#include "tests/simulation/bounds_checker.h"
#include "tests/simulation/durability_checker.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/evidence_checker.h"
#include "tests/simulation/expectation_checker.h"
#include "tests/simulation/new_view_checker.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/vote_checker.h"
#include "tests/simulation/witness.h"

namespace aval::simulation {

/// Every checker, told by the nodes what happens; the witness writes it down before anybody judges. What a
/// hostile replica says and believes is nobody's promise and is passed over.
class Checkers {
 public:
  struct World {
    const EventQueue& queue;
    Trace& trace;
    const Plan& plan;
    const contracts::GenesisState& genesis;
    ledger::SignatureCheck check;
    bool rebuilds;  // state roots from all entries, at every block
  };
  Checkers(const World& world, Verdict& verdict);

  /// The node starts, for the first time or again, with this on its disk.
  void on_start(ReplicaId node, ledger::Epoch epoch, const consensus::Recovered& recovered);
  /// It has passed into another epoch, without a stop.
  void on_epoch(ReplicaId node);
  /// Its replica has been rebuilt from them.
  void on_started(ReplicaId node, const consensus::ReplicaStatus& status, bool is_restart);
  void on_step(ReplicaId node, const consensus::ReplicaStatus& status);
  void on_evidence(ReplicaId node, const std::vector<ledger::Evidence>& found);
  void on_alarm(ReplicaId node, TimePoint when);
  void on_sent(ReplicaId node, const consensus::Message& message);
  void on_durable(ReplicaId node, const std::vector<consensus::Record>& records);
  void on_journal_replaced(ReplicaId node, const std::vector<consensus::Record>& records);
  void on_final(ReplicaId node, const ledger::CertifiedBlock& block, const BlockRoots& computed);
  /// A message of `from` was refused by decoding or verification at its receiver.
  void on_refused(ReplicaId from, std::string_view kind, const std::string& why);
  /// The driver's contract (consensus/actions.h) or the replica's was broken, or it stopped itself.
  void on_broken_contract(ReplicaId node, const std::string& what);

  BoundsChecker& bounds() { return bounds_; }
  AgreementChecker& agreement() { return agreement_; }
  const VoteChecker& votes() const { return votes_; }
  const EvidenceChecker& evidence() const { return evidence_; }
  ExpectationChecker& expectations() { return expectations_; }

 private:
  bool is_honest(ReplicaId node) const { return !hostile_.contains(node); }
  void take_proofs(ReplicaId node, const std::vector<consensus::Record>& records);

  const EventQueue& queue_;
  std::set<ReplicaId> hostile_;
  Verdict& verdict_;
  Witness witness_;
  AgreementChecker agreement_;
  VoteChecker votes_;
  std::map<ReplicaId, ledger::Epoch> epochs_;
  NewViewChecker new_views_;
  EvidenceChecker evidence_;
  BoundsChecker bounds_;
  DurabilityChecker durability_;
  ExpectationChecker expectations_;
};

}  // namespace aval::simulation
