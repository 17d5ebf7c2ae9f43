#pragma once

#include "node/config.h"
#include "node/peer_network.h"

/// What the peer network is told about the seats of an epoch.
namespace aval::node {

/// Where a seat's node listens: as the ledger says, or as the configuration does instead.
Result<HostPort> peer_address(const Config& config, const ledger::Validator& validator);

/// What a link must carry under these parameters, and no more.
LinkLimits limits_for(const ledger::Parameters& parameters);

/// Whether this node and the voters that it has links to are a quorum.
bool reaches_quorum(const PeerNetwork& network, const ledger::ValidatorSet& set, ledger::ReplicaId self);

/// All seats, seen from the one with number `self` (no_seat: from outside). `entries` are the chain's validators with
/// the addresses and TLS keys that they have by now.
PeerNetwork::Seats seats_of(const Config& config, const ledger::ChainConfig& chain, const ledger::ValidatorSet& entries,
                            ledger::ReplicaId self);

}  // namespace aval::node
