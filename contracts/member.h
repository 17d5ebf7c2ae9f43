#pragma once

#include "contracts/finance.h"

namespace aval::contracts {

bool has_role(const pb::Member& member, pb::Role role);

}  // namespace aval::contracts
