#pragma once

#include "ledger/certificate.h"
#include "ledger/parameters.h"
#include "ledger/state.h"

namespace aval::ledger {

/// Where the state keeps the canonical ValidatorSet and Parameters that decide about the next block.
constexpr ByteView validators_key = "chain/validators";
constexpr ByteView parameters_key = "chain/parameters";

/// A chain in one epoch, as far as ledger and consensus need to know it. An epoch is a stretch of
/// blocks under one validator set and one set of parameters. Its last block is the one whose header
/// names other validators for the block above it (every change of either raises the set's epoch).
struct ChainConfig {
  crypto::Digest chain_id;          // tagged(Genesis, canonical genesis)
  UnixMillis genesis_time_ms = 0;
  crypto::Digest genesis_state_root;
  ValidatorSet validators;
  Parameters parameters;
  std::optional<Header> base;  // the last block of the epoch before; absent in the first one
};

/// The header below block 1: height 0, parent zero, roots of the empty lists, genesis state root.
/// Block 1 names its hash as parent. It needs no certificate.
/// Only of a chain in its first epoch.
Header genesis_header(const ChainConfig& config);

/// The final block that the epoch stands on: needs no certificate of this epoch.
Header base_header(const ChainConfig& config);

/// Does the block end the epoch that `config` describes?
bool ends_epoch(const Header& header, const ChainConfig& config);

/// The chain in the epoch after the one that `last` ended, as the state after `last` has it. The state
/// is our own, so anything missing or other than `last` names is a broken promise.
ChainConfig next_epoch(const ChainConfig& config, const Header& last, const StateReader& state);

}  // namespace aval::ledger
