#pragma once

#include <map>
#include <string_view>

#include "ledger/parameters.h"

namespace aval::ledger {

/// The parameters by the names that people read and write, in alphabetical order.
const std::map<std::string_view, std::uint32_t Parameters::*>& parameter_names();

}  // namespace aval::ledger
