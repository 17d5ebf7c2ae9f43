#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/simulation/cluster.h"

namespace aval::simulation {

constexpr std::size_t jobs_max = 64;

struct WorkOrder {
  std::vector<std::uint64_t> seeds;
  std::size_t jobs = 1;  // child processes, at most jobs_max
  bool stops_at_failure = false;
  std::function<Outcome(std::uint64_t seed)> run;
};

/// Runs the seeds in child processes and returns their outcomes in the order of the list: of all, or of
/// those up to the first failure in that order. The answer is the same for every number of jobs. A seed
/// that ends its process has failed (S0), and the others still run.
std::vector<Outcome> run_in_processes(const WorkOrder& order);

}  // namespace aval::simulation
