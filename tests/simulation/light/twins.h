#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/plan.h"

namespace aval::simulation {

struct TwinsOptions {
  std::uint64_t first = 1;
  std::uint64_t scenarios = 1;
  std::size_t jobs = 1;
  Fault fault = Fault::None;
  bool expect_caught = false;  // stops at the first failure, which is what is wanted
};

/// Runs so many scenarios in which a few keys are used by two replicas each, prints every failure and one
/// counted line. Returns the exit code. A scenario follows from its number: 4 validators of which one is
/// a twin, or 7 with two; 4 to 7 rounds, in each of which everybody hears his part of two or three, or
/// everybody, for less than a view timeout or for one or two of them, so that the views and their
/// primaries fall into the rounds in all ways.
int run_twins(const TwinsOptions& options);

}  // namespace aval::simulation
