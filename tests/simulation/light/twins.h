#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/plan.h"

namespace aval::simulation {

struct TwinsOptions {
  std::uint64_t first = 0;
  std::uint64_t scenarios = 1;
  std::size_t jobs = 1;
  Fault fault = Fault::None;
  bool expect_caught = false;  // stops at the first failure, which is what is wanted
};

/// Runs so many scenarios in which a few keys are used by two replicas each, prints every failure and one
/// counted line. Returns the exit code. A scenario follows from its number. The first ones are all those
/// of two rounds with four validators and one twin, whose rounds end in the middle of a block, after it,
/// after a view timeout or after two, with everybody in one, two or three parts, before all hear each
/// other again. Behind them scenarios are drawn: also 7 validators with two twins, 4 to 7 rounds.
int run_twins(const TwinsOptions& options);

}  // namespace aval::simulation
