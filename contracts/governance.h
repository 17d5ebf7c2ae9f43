#pragma once

#include "contracts/executor.h"

namespace aval::contracts {

/// What happens by itself at the end of a block: the change that was scheduled for this height takes
/// effect, or is void when the state no longer allows it.
void finish_block(const BlockContext& block, ledger::Overlay& state);

}  // namespace aval::contracts
