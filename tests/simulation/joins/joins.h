#pragma once

#include <cstddef>
#include <cstdint>

namespace aval::simulation {

struct JoinsOptions {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1;
  std::size_t jobs = 1;
};

/// Runs so many seeds of JoinRun, prints every failure and one counted line. Returns the exit code.
int run_joins(const JoinsOptions& options);

}  // namespace aval::simulation
