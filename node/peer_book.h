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

  /// All seats of the present epoch, seen from the one with number `self` (no_seat: from outside).
  PeerNetwork::Seats seats(ledger::ReplicaId self) const;
  PeerDirectory directory() const { return PeerDirectory(entries()); }

  /// The seat of the present epoch whose node has this TLS key in the epoch that `proof` (epoch_proof.h) leads to; the
  /// book then says what that epoch says. Nothing when it leads nowhere, and when there are too many to look at.
  std::optional<ledger::ReplicaId> recognise(const crypto::PublicKey& tls_key, ByteView proof);

 private:
  ledger::ValidatorSet entries() const;

  const Config& config_;
  ledger::ChainConfig chain_;
  std::optional<ledger::ValidatorSet> later_;
  RateLimit proofs_{4};  // a second: each costs a quorum's signatures for each epoch that it walks through
};

}  // namespace aval::node
