#pragma once

#include <optional>

#include "contracts/genesis.h"
#include "node/config.h"
#include "node/tls.h"

namespace aval::node {

/// Who this node is, read from its key files and checked against the genesis.
struct Identity {
  ledger::ReplicaId self{};
  crypto::PrivateKey vote_key;
  TlsContext tls;
  std::optional<crypto::PrivateKey> gateway_key;
};

/// Refused unless `config.member` is a validator of the genesis, the keys are that validator's, and the
/// files are as private as keys must be; names file and remedy.
Result<Identity> read_identity(const Config& config, const contracts::GenesisState& genesis);

}  // namespace aval::node
