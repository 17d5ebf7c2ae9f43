#include "tests/simulation/joins/joins.h"

#include <chrono>
#include <iostream>

#include "tests/simulation/joins/join_run.h"
#include "tests/simulation/workers.h"

namespace aval::simulation {
namespace {

static_assert(source_deeds.size() <= std::tuple_size_v<TreacheryCounts>);

// From so many seeds on, of a thousand: so many have joined, and as many power cuts and lies of each kind.
constexpr std::uint64_t floor_seeds = 200;
constexpr std::uint64_t joined_per_mille = 800;
constexpr std::uint64_t power_cuts_per_mille = 500;
constexpr std::uint64_t deeds_per_mille = 50;

const JoinWorld& world_of(std::uint64_t seed) {
  static const JoinWorld four(4);
  static const JoinWorld seven(7);
  return seed % 2 == 0 ? four : seven;
}

/// In the simulator's terms: final_blocks are those who joined, deeds those of `source_deeds`, evidence what was
/// remarked about bad sources, and cut_off links that were cut.
Outcome run_seed(std::uint64_t seed) {
  Outcome outcome;
  Verdict verdict;
  JoinRun run(world_of(seed), Prng(seed), verdict, outcome.counters);
  run.run();
  outcome.counters.final_blocks = run.has_joined() ? 1 : 0;
  outcome.violation = verdict.violation();
  if (outcome.violation) outcome.violation->what += "\n  reproduce: aval-sim joins --first " + std::to_string(seed);
  return outcome;
}

std::string joins_floor(std::uint64_t seeds, const Counters& counters) {
  if (seeds < floor_seeds) return "not-applied";
  if (counters.final_blocks * 1000 < seeds * joined_per_mille) return "missed:joined";
  if (counters.crash * 1000 < seeds * power_cuts_per_mille) return "missed:power_cuts";
  for (std::size_t i = 0; i < source_deeds.size(); ++i)
    if (counters.deeds[i] * 1000 < seeds * deeds_per_mille) return "missed:" + std::string(source_deeds[i]);
  return "ok";
}

}  // namespace

int run_joins(const JoinsOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  WorkOrder order{{}, options.jobs, false, &run_seed};
  for (std::uint64_t i = 0; i < options.seeds; ++i) order.seeds.push_back(options.first + i);
  Counters counters;
  std::size_t failures = 0;
  for (const Outcome& each : run_in_processes(order)) {
    counters.add(each.counters);
    if (!each.violation) continue;
    ++failures;
    std::cout << "invariant=" << each.violation->invariant << ": " << each.violation->what << '\n';
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started).count();
  const std::string floor = joins_floor(options.seeds, counters);
  std::cout << "stage=joins seeds=" << options.seeds << " failures=" << failures << " joined=" << counters.final_blocks
            << " power_cuts=" << counters.crash << " links_cut=" << counters.cut_off
            << " bad_sources=" << counters.evidence;
  for (std::size_t i = 0; i < source_deeds.size(); ++i) std::cout << ' ' << source_deeds[i] << '=' << counters.deeds[i];
  std::cout << " jobs=" << options.jobs << " seconds=" << seconds << " floor=" << floor << std::endl;
  return failures > 0 || floor.starts_with("missed") ? 1 : 0;
}

}  // namespace aval::simulation
