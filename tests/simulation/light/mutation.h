#pragma once

#include <cstdint>

#include "tests/simulation/plan.h"

namespace aval::simulation {

struct MutationOptions {
  std::uint64_t passes = 1;          // over every change of every field
  std::optional<std::uint64_t> one;  // this target alone, by its number
  std::size_t jobs = 1;
};

/// For every field of every kind of message and every change of it: runs in which one validator changes
/// one to three of its messages under way in that place, and signs them again. Prints every failure and one
/// counted line; a field that no run has changed fails. Returns the exit code.
int run_mutations(const MutationOptions& options);

}  // namespace aval::simulation
