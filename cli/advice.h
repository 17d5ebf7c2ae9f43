#pragma once

#include <string>
#include <string_view>

namespace aval::cli {

/// What a user can do about a refusal with this code, as one line; empty when there is nothing useful
/// to say. Codes are those of contracts/status.h and the words of Error::Code.
std::string next_step_for(std::string_view code);

}  // namespace aval::cli
