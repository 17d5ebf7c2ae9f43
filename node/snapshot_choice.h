#pragma once

#include <map>
#include <optional>
#include <vector>

#include "node/snapshot_messages.h"

namespace aval::node {

/// Which of the snapshots that peers offer may be trusted: the highest one whose block is proved final and
/// whose manifest f+1 voters of that block's epoch have, so at least one honest one. A peer speaks for its seat
/// only when the epoch still names the TLS key that we know it by.
class SnapshotChoice {
 public:
  /// `genesis` must outlive it.
  explicit SnapshotChoice(const ledger::ChainConfig& genesis) : genesis_(&genesis) {}

  struct Choice {
    ledger::SnapshotManifest manifest;
    ledger::FinalityProof finality;
    std::vector<ledger::ReplicaId> sources;  // all that offer it, ascending
  };

  /// Takes the place of what this peer offered before. Refused when the offer proves nothing; then the peer
  /// counts as one that has none.
  Result<void> on_offer(ledger::ReplicaId peer, SnapshotOffer offer);
  /// How many peers have answered.
  std::size_t answers() const { return offers_.size(); }
  std::optional<Choice> best() const;

 private:
  struct Proved {
    SnapshotOffer::Snapshot snapshot;
    bool is_voter = false;
    std::size_t needed = 0;  // f+1 in the epoch of the block
  };
  bool speaks_for_voter(ledger::ReplicaId peer, const ledger::ValidatorSet& set) const;

  const ledger::ChainConfig* genesis_;
  std::map<ledger::ReplicaId, std::optional<Proved>> offers_;
};

}  // namespace aval::node
