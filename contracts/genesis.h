#pragma once

#include <filesystem>

#include "contracts/finance.h"
#include "ledger/chain_config.h"
#include "ledger/state.h"

namespace aval::contracts {

/// A checked genesis: what ledger and consensus need, and the first state.
struct GenesisState {
  pb::Genesis document;
  Bytes canonical;             // what the chain id is the tagged hash of
  ledger::ChainConfig config;  // with chain_id and genesis_state_root filled in
  ledger::WriteSet state;
};

/// Checks a genesis (at least 4 validators, each a member; ids, keys and order well-formed; no key
/// twice; parameters in bounds) and derives the chain from it. The first fault is named.
Result<GenesisState> make_genesis(const pb::Genesis& document);

/// genesis.json is the protobuf JSON mapping of pb::Genesis (proto field names, bytes as base64).
/// Unknown fields are refused.
Result<GenesisState> read_genesis(const std::filesystem::path& path);
std::string genesis_json(const pb::Genesis& document);

}  // namespace aval::contracts
