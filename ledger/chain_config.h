#pragma once

#include "ledger/certificate.h"
#include "ledger/parameters.h"

namespace aval::ledger {

/// What the genesis fixes about a chain, as far as ledger and consensus need to know it.
struct ChainConfig {
  crypto::Digest chain_id;          // tagged(Genesis, canonical genesis)
  UnixMillis genesis_time_ms = 0;
  crypto::Digest genesis_state_root;
  ValidatorSet validators;
  Parameters parameters;
};

/// The header below block 1: height 0, parent zero, roots of the empty lists, genesis state root.
/// Block 1 names its hash as parent. It needs no certificate.
Header genesis_header(const ChainConfig& config);

}  // namespace aval::ledger
