#pragma once

#include "contracts/context.h"

namespace aval::contracts {

/// Moves cash between two accounts: InsufficientFunds, Overflow, or both legs done. The amount is
/// positive and the parties differ in no way from the same member: then nothing moves but funds must
/// still suffice.
Status move_cash(const std::string& from, const std::string& to, const pb::Money& amount,
                 ContractContext& context);

}  // namespace aval::contracts
