#pragma once

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "consensus/journal.h"
#include "tests/simulation/agreement_checker.h"

namespace aval::simulation {

using ledger::View;

/// B1: nothing leaves a node before what it depends on is on that node's disk: the vote itself, the
/// prepare certificate behind a commit, the bodies of the block and of all blocks between it and the
/// final ones, the view change, the new view. Reads the records on the disk, not the replica.
class DurabilityChecker {
 public:
  explicit DurabilityChecker(Verdict& verdict) : verdict_(verdict) {}

  /// These records were added to the node's journal and are on disk.
  void on_durable(ReplicaId node, const std::vector<consensus::Record>& records);
  /// The node's journal on disk now consists of these records.
  void on_replaced(ReplicaId node, const std::vector<consensus::Record>& records);
  /// The node starts, with this head and these records on its disk. B3: no vote of the latest view it
  /// has spoken in, above the head, is missing.
  void on_start(ReplicaId node, Height head, const std::vector<consensus::Record>& records);
  /// The node's replica knows that blocks up to `height` are final, or has known it before a crash: a
  /// quorum holds them, so no vote of this node on top of them needs their bodies in its journal.
  void on_known_final(ReplicaId node, Height height) {
    disks_[node].final = std::max(disks_[node].final, height);
  }
  void on_sent(ReplicaId node, const consensus::Message& message);
  /// The node has passed into another epoch with an empty journal: its earlier votes bind nobody.
  void on_epoch(ReplicaId node);

 private:
  struct StoredBlock {
    BlockHash parent;
    Height height{};
    std::vector<ledger::BatchRef> batches;
  };
  struct Disk {
    std::set<ledger::Vote> votes;
    std::map<BlockHash, StoredBlock> blocks;
    std::set<crypto::Digest> batches;
    std::map<View, Height> prepared;  // highest prepare certificate of each view
    std::set<View> view_changes;
    std::set<View> new_views;
    Height final{};
    View spoken_in{};
    std::set<ledger::Vote> judged;  // votes that left once with everything in place
  };
  static void take(Disk& disk, const consensus::Record& record);
  void check_vote(ReplicaId node, const ledger::Vote& vote);
  /// What of the block or its ancestors is not on the disk; empty when all is.
  static std::string missing_of(const Disk& disk, const ledger::Vote& vote);

  Verdict& verdict_;
  std::map<ReplicaId, Disk> disks_;
};

}  // namespace aval::simulation
