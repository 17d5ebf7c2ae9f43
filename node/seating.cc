#include "node/seating.h"

#include <algorithm>

#include "ledger/snapshot.h"
#include "node/host_port.h"
#include "node/log.h"

namespace aval::node {

Result<HostPort> peer_address(const Config& config, const ledger::Validator& validator) {
  for (const std::string& entry : config.p2p.overrides) {
    const std::size_t equals = entry.find('=');
    if (entry.substr(0, equals) == validator.member) return parse_host_port(entry.substr(equals + 1));
  }
  return parse_host_port(validator.address);
}

/// The longest message is a run of blocks under one certificate, or a chunk of a snapshot.
LinkLimits limits_for(const ledger::Parameters& parameters) {
  constexpr std::size_t around = 1U << 20U;
  const std::size_t blocks = std::size_t{parameters.block_bytes_max} * parameters.pipeline_window;
  LinkLimits limits;
  limits.frame_bytes_max = std::max(blocks, ledger::snapshot_chunk_bytes_max) + around;
  return limits;
}

bool reaches_quorum(const PeerNetwork& network, const ledger::ValidatorSet& set, ledger::ReplicaId self) {
  const auto voters = set.voters();
  const auto reached = std::count_if(voters.begin(), voters.end(), [&](ledger::ReplicaId voter) {
    return voter == self || network.connected(voter);
  });
  return static_cast<std::size_t>(reached) >= set.quorum();
}

/// An address that cannot be read keeps one peer away, not this node from its work.
PeerNetwork::Seats seats_of(const Config& config, const ledger::ChainConfig& chain, const ledger::ValidatorSet& entries,
                            ledger::ReplicaId self) {
  PeerNetwork::Seats out;
  out.self = self;
  out.hello = hello_of(chain, self);
  const auto& validators = entries.validators;
  for (std::uint32_t i = 0; i < validators.size(); ++i) {
    const auto address = peer_address(config, validators[i]);
    const bool is_held = chain.validators.has_seat(ledger::ReplicaId{i});
    if (!address && is_held) log_warn("alarm: no link to " + validators[i].member + ": " + address.error().message);
    out.seats.push_back({address ? *address : HostPort{}, validators[i].member, validators[i].tls_key, is_held});
  }
  return out;
}

}  // namespace aval::node
