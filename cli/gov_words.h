#pragma once

#include <string>

#include "contracts/finance.h"
#include "ledger/parameters.h"

namespace aval::cli {

/// What a change would do, in one sentence. Changed parameters are shown with what they are at present.
std::string change_in_words(const contracts::pb::Change& change, const ledger::Parameters& present);

}  // namespace aval::cli
