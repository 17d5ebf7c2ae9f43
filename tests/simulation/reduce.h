#pragma once

#include "tests/simulation/suite.h"

namespace aval::simulation {

/// Runs the one seed of `options`, and while the same invariant still fails, makes its plan simpler:
/// fewer classes of faults, hostile validators, events, validators and transactions, and a shorter
/// chaos. Prints what is left as a scenario file, and on the error stream what was tried and the
/// command that plays the file. Returns the exit code: 1 when nothing fails to begin with.
int reduce(const SuiteOptions& options, const std::string& out_file);

}  // namespace aval::simulation
