#pragma once

#include <map>
#include <set>

#include "consensus/replica.h"

namespace aval::fuzz {

/// Holds a validator to what it has said, from what leaves it alone, over all its restarts:
///   - no vote and no view change leaves before its record is in the journal;
///   - one hash for each view, height and phase, and one proposal for each view and height;
///   - no vote in a view that it has left;
///   - a view change shows a prepare certificate at or above every commit it sent, as long as the block
///     it shows as final is below;
///   - neither its view nor its final height ever falls.
class PromiseJudge {
 public:
  explicit PromiseJudge(consensus::ReplicaId self) : self_(self) {}
  void on_persist(const consensus::Record& record);
  void on_sent(const consensus::Message& message);
  void on_status(const consensus::ReplicaStatus& status);

 private:
  using Place = std::tuple<ledger::View, ledger::Height>;
  void on_sent(const consensus::SignedVote& message);
  void on_sent(const consensus::ViewChange& message);
  void on_sent(const consensus::Proposal& message);

  consensus::ReplicaId self_;
  std::set<ledger::Vote> recorded_votes_;
  std::set<ledger::View> recorded_view_changes_;
  std::map<Place, ledger::BlockHash> prepares_;
  std::map<Place, ledger::BlockHash> commits_;
  std::map<Place, ledger::BlockHash> proposals_;
  ledger::View left_{};  // it votes in no view below
  ledger::View view_{};
  ledger::Height final_{};
};

}  // namespace aval::fuzz
