#pragma once

#include <string>

#include "crypto/base/result.h"
#include "tests/simulation/plan.h"

namespace aval::simulation {

/// Reads a scenario file (README.md has the schema) into a plan without a seed. What the file leaves
/// out is what a healthy world has. Refused, with the place: an unknown key, naming the nearest known
/// one, a value of the wrong kind or outside its bounds, and everything that the strict JSON reader of
/// the node refuses.
Result<Plan> parse_scenario(std::string_view text);
Result<Plan> read_scenario(const std::string& path);

/// The plan as a scenario file: read again and run with the same seed it gives the same trace.
std::string scenario_text(const Plan& plan);

}  // namespace aval::simulation
