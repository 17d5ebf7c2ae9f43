#pragma once

#include "ledger/certificate.h"
#include "ledger/chain_config.h"

namespace aval::ledger {

/// May a block with `header` stand on top of `parent`? Checks chain, epoch, height, parent hash,
/// strictly growing time, validators and parameters hash. Pure; says the first thing that is wrong.
Result<void> follows(const Header& parent, const Header& header, const ChainConfig& config);

}  // namespace aval::ledger
