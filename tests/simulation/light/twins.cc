#include "tests/simulation/light/twins.h"

#include <algorithm>
#include <chrono>
#include <iostream>

#include "tests/simulation/light/light_cluster.h"
#include "tests/simulation/prng.h"
#include "tests/simulation/workers.h"

namespace aval::simulation {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t scenarios_in_chunk = 250;
constexpr std::size_t envelopes_of_scenario = 64;
constexpr std::uint64_t large_per_mille = 150;  // 7 validators; they cost four times as much
// From so many scenarios on, so many in a thousand must have seen: a second hash signed by a twin, evidence
// of it found by an honest replica, a final block. Twins that never contradict each other prove nothing.
constexpr std::uint64_t floor_scenarios = 10'000;
constexpr std::uint64_t contradictions_per_mille = 100;
constexpr std::uint64_t evidence_per_mille = 300;
constexpr std::uint64_t final_blocks_per_mille = 1'000;
constexpr std::size_t reported_failures_max = 20;

struct Round {
  std::vector<std::uint32_t> group;  // of each instance
  Duration length{};
  ReplicaId client_asks{};
};

struct Scenario {
  LightCluster::Setup setup;
  std::vector<Round> rounds;
};

std::vector<ReplicaId> draw_twins(std::size_t validators, Prng& prng) {
  std::set<ReplicaId> twins;
  while (twins.size() < (validators - 1) / 3)
    twins.insert(ReplicaId{static_cast<std::uint32_t>(prng.below(validators))});
  return {twins.begin(), twins.end()};
}

Round draw_round(const LightCluster::Setup& setup, Prng& prng) {
  constexpr std::array lengths = {milliseconds(2),  milliseconds(3),  milliseconds(4),  milliseconds(12),
                                  milliseconds(30), milliseconds(65), milliseconds(160)};
  Round round;
  const std::uint64_t parts =
      prng.between(1, 5) / 2 + 1;  // 1 in a fifth of the rounds, 2 and 3 in two fifths each
  for (std::size_t i = 0; i < setup.validators + setup.twins.size(); ++i)
    round.group.push_back(static_cast<std::uint32_t>(prng.below(parts)));
  round.length = lengths[prng.below(lengths.size())];
  round.client_asks = ReplicaId{static_cast<std::uint32_t>(prng.below(setup.validators))};
  return round;
}

void draw_scenario(Scenario& scenario, std::uint64_t number) {
  Prng prng(number);
  scenario.setup.validators = prng.chance(large_per_mille) ? 7 : 4;
  scenario.setup.twins = draw_twins(scenario.setup.validators, prng);
  const std::uint64_t rounds = prng.between(4, 7);
  for (std::uint64_t i = 0; i < rounds; ++i) scenario.rounds.push_back(draw_round(scenario.setup, prng));
}

// ---- every scenario of two rounds with four validators and one twin

constexpr std::size_t small_instances = 5;

/// All ways to put the instances into one, two or three parts: each part is named by its first member.
std::vector<std::vector<std::uint32_t>> all_partitions() {
  std::vector<std::vector<std::uint32_t>> all = {{0}};
  for (std::size_t i = 1; i < small_instances; ++i) {
    std::vector<std::vector<std::uint32_t>> longer;
    for (const auto& each : all) {
      const std::uint32_t parts = *std::max_element(each.begin(), each.end()) + 1;
      for (std::uint32_t part = 0; part <= parts && part < 3; ++part) {
        longer.push_back(each);
        longer.back().push_back(part);
      }
    }
    all = std::move(longer);
  }
  return all;
}

/// Cut in the middle of a block, after it, after one view timeout, after two.
constexpr std::array small_lengths = {milliseconds(3), milliseconds(12), milliseconds(65), milliseconds(160)};

const std::vector<Round>& all_rounds() {
  static const std::vector<Round> rounds = [] {
    std::vector<Round> out;
    for (const auto& group : all_partitions())
      for (const Duration length : small_lengths) out.push_back({group, length, ReplicaId{0}});
    return out;
  }();
  return rounds;
}

std::uint64_t enumerated() { return 4 * all_rounds().size() * all_rounds().size(); }

void enumerate_scenario(Scenario& scenario, std::uint64_t number) {
  const std::vector<Round>& rounds = all_rounds();
  const auto twin = static_cast<std::uint32_t>(number % 4);
  scenario.setup.validators = 4;
  scenario.setup.twins = {ReplicaId{twin}};
  scenario.rounds = {rounds[number / 4 % rounds.size()],
                     rounds[number / 4 / rounds.size()],
                     {std::vector<std::uint32_t>(small_instances, 0), small_lengths.back(), {}}};
  for (Round& each : scenario.rounds) each.client_asks = ReplicaId{(twin + 1) % 4};
}

Scenario scenario_of(std::uint64_t number, Fault fault) {
  Scenario scenario;
  scenario.setup.faults.quorum_off_by_one = fault == Fault::QuorumOffByOne;
  scenario.setup.faults.votes_below_tip = fault == Fault::VotesBelowTip;
  if (number < enumerated())
    enumerate_scenario(scenario, number);
  else
    draw_scenario(scenario, number);
  return scenario;
}

void run_scenario(const Scenario& scenario, LightWorld& world, Verdict& verdict, Counters& counters) {
  LightCluster cluster(world, scenario.setup, verdict);
  std::size_t asked = 0;
  for (const Round& round : scenario.rounds) {
    cluster.split(round.group);
    // Two at once, so that the twins' batches and blocks may differ.
    cluster.submit(round.client_asks, world.envelope(asked++));
    cluster.submit(scenario.setup.twins.front(), world.envelope(asked++));
    cluster.run(round.length);
  }
  const LightCluster::Counts counts = cluster.counts();
  // In the simulator's terms: treachery is a second hash that a twin signed for one place.
  counters.events += counts.events;
  counters.final_blocks += counts.final_blocks;
  counters.view_changes += counts.views_opened;
  counters.treachery += counts.contradictions;
  counters.evidence += counts.evidence;
}

/// Chunk c is the scenarios from c on. Ends at the first failure.
Outcome run_chunk(const TwinsOptions& options, std::uint64_t first) {
  static LightWorld world(envelopes_of_scenario);
  const std::uint64_t end = std::min(first + scenarios_in_chunk, options.first + options.scenarios);
  Outcome outcome;
  for (std::uint64_t number = first; number < end && !outcome.violation; ++number) {
    Verdict verdict;
    run_scenario(scenario_of(number, options.fault), world, verdict, outcome.counters);
    outcome.violation = verdict.violation();
    if (outcome.violation)
      outcome.violation->what += "\n  reproduce: aval-sim twins --first " + std::to_string(number);
  }
  return outcome;
}

bool is_above_floor(const TwinsOptions& options, const Counters& counters) {
  return counters.treachery * 1000 >= options.scenarios * contradictions_per_mille &&
         counters.evidence * 1000 >= options.scenarios * evidence_per_mille &&
         counters.final_blocks * 1000 >= options.scenarios * final_blocks_per_mille;
}

std::string twins_floor(const TwinsOptions& options, const Counters& counters) {
  if (options.scenarios < floor_scenarios || options.fault != Fault::None) return "not-applied";
  return is_above_floor(options, counters) ? "ok" : "missed";
}

}  // namespace

int run_twins(const TwinsOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  WorkOrder order{{}, options.jobs, options.expect_caught, [&](std::uint64_t first) {
                    return run_chunk(options, first);
                  }};
  for (std::uint64_t i = 0; i < options.scenarios; i += scenarios_in_chunk)
    order.seeds.push_back(options.first + i);
  Counters counters;
  std::size_t failures = 0;
  for (const Outcome& each : run_in_processes(order)) {
    counters.add(each.counters);
    if (each.violation && ++failures <= reported_failures_max)
      std::cout << "invariant=" << each.violation->invariant << ": " << each.violation->what << '\n';
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started).count();
  std::cout << "stage=twins scenarios=" << options.scenarios << " failures=" << failures
            << " events=" << counters.events << " final_blocks=" << counters.final_blocks
            << " views_opened=" << counters.view_changes << " contradictions=" << counters.treachery
            << " evidence=" << counters.evidence << " jobs=" << options.jobs << " seconds=" << seconds
            << " floor=" << twins_floor(options, counters) << std::endl;
  if (options.expect_caught) return failures > 0 ? 0 : 1;
  return failures > 0 || twins_floor(options, counters) == "missed" ? 1 : 0;
}

}  // namespace aval::simulation
