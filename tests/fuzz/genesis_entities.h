#pragma once

#include "ledger/chain_config.h"
#include "ledger/state.h"

namespace aval::fuzz {

/// A few entities, and a chain that begins with them.
const ledger::WriteSet& genesis_entities();
const ledger::ChainConfig& chain_of_genesis_entities();

}  // namespace aval::fuzz
