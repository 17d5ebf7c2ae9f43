#pragma once

#include <string>
#include <string_view>

#include "cli/session.h"

namespace aval::cli {

/// What a user can do about a refusal with this code, as one line; empty when there is nothing useful
/// to say. Codes are those of contracts/status.h, the rules and terms of EN 16931 and the words of
/// Error::Code.
std::string next_step_for(std::string_view code);

/// A refusal under a stable code, with its next step.
Failure refusal(std::string code, std::string cause);

}  // namespace aval::cli
