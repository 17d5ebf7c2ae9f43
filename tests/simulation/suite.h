#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/plan.h"

namespace aval::simulation {

/// What `aval-sim run` was asked for.
struct SuiteOptions {
  std::vector<std::uint64_t> seeds;
  bool is_single = false;  // one seed: its trace hash is printed
  std::string scenario_file;
  std::optional<Plan> scenario;  // what stands in it, in place of what the seed draws
  std::string fault;
  std::string treachery;
  std::optional<std::size_t> replicas;
  std::string trace_file;
  std::size_t jobs = 1;
  bool real_signatures = false;
  bool real_storage = false;
  bool membership = false;  // validators and parameters change
  bool expect_caught = false;  // stops at the first failure, which is what is wanted
};

/// The plan of one seed under these options.
Plan plan_for(const SuiteOptions& options, std::uint64_t seed);

/// Runs and judges the seeds, prints every failure with the command that runs it again, and one counted
/// line. Returns the exit code.
int run_suite(const SuiteOptions& options);

}  // namespace aval::simulation
