#pragma once

#include <optional>

#include "node/config.h"
#include "node/peer_network.h"
#include "node/rate_limit.h"

namespace aval::node {

/// Where each seat's node listens and which TLS key it shows: as the validators of the present epoch have it, or those
/// of a later one that a peer has proved. So a node that begins with the genesis, or was away while the others' keys were
/// replaced, finds them. Core thread only.
class PeerBook {
 public:
  PeerBook(const Config& config, ledger::ChainConfig chain) : config_(config), chain_(std::move(chain)) {}

  /// The chain in its next epoch; what was proved of that one, or of an earlier one, is of no more use.
  void enter(ledger::ChainConfig chain);

  /// The validators of the present epoch with the TLS keys and addresses that they have by now.
  ledger::ValidatorSet entries() const;
  /// All seats of the present epoch, seen from the one with number `self` (no_seat: from outside).
  PeerNetwork::Seats seats(ledger::ReplicaId self) const;
  PeerDirectory directory() const { return PeerDirectory(entries()); }

  /// True when `proof` (epoch_proof.h) leads from the present epoch, or from the one that the book has come to, to a later
  /// one, as far as it holds; the book has the keys and addresses of that one from now on. False as well when there are
  /// too many to look at.
  bool learn(ByteView proof);

 private:
  const Config& config_;
  ledger::ChainConfig chain_;
  std::optional<ledger::ValidatorSet> later_;
  RateLimit proofs_{4};  // a second: each costs a quorum's signatures for each epoch that it walks through
};

}  // namespace aval::node
