#include "tests/simulation/suite.h"

#include <fstream>
#include <iostream>

#include "tests/simulation/workers.h"

namespace aval::simulation {
namespace {

// Least figures of a whole run of 2,000 seeds, as so much for each seed. From 500 seeds on they are
// demanded: a simulator that no longer injects proves nothing.
constexpr std::uint64_t floor_seeds = 500;
constexpr std::uint64_t seeds_per_fault_of_a_class = 4;     // of each class 500 in 2,000 seeds
constexpr std::uint64_t faults_per_seed = 100;              // 200,000 in all
constexpr std::uint64_t sim_micros_per_seed = 180'000'000;  // 100 hours
constexpr std::uint64_t seeds_per_evidence = 50;            // 40 contradictions that were proved
constexpr std::size_t membership_floor_seeds = 100;
constexpr std::uint64_t seeds_per_change_of_a_kind = 8;
constexpr std::size_t reported_failures_max = 20;

std::string command_for(const SuiteOptions& options, std::uint64_t seed) {
  std::string command = "aval-sim run --seed " + std::to_string(seed);
  if (!options.scenario_file.empty()) command += " --scenario " + options.scenario_file;
  if (!options.fault.empty()) command += " --fault " + options.fault;
  if (!options.treachery.empty()) command += " --treachery " + options.treachery;
  if (options.replicas) command += " --replicas " + std::to_string(*options.replicas);
  if (options.real_signatures) command += " --real-signatures";
  if (options.real_storage) command += " --real-storage";
  if (options.membership) command += " --membership";
  return command;
}

Outcome run_seed(const SuiteOptions& options, std::uint64_t seed) {
  std::ofstream lines;
  if (!options.trace_file.empty()) lines.open(options.trace_file);
  Cluster cluster(plan_for(options, seed), options.real_signatures, lines.is_open() ? &lines : nullptr);
  return cluster.run();
}

/// The outcomes of all seeds as one.
struct Tally {
  std::size_t seeds = 0;
  std::size_t failures = 0;
  Counters counters;
  crypto::Digest traces;
};

Tally tally_of(const std::vector<Outcome>& outcomes) {
  Tally tally;
  for (const Outcome& each : outcomes) {
    ++tally.seeds;
    if (each.violation) ++tally.failures;
    tally.counters.add(each.counters);
    tally.traces = crypto::sha256(Bytes(tally.traces.view()) + Bytes(each.trace_hash.view()));
  }
  return tally;
}

void print_failures(const SuiteOptions& options, const std::vector<Outcome>& outcomes) {
  std::size_t reported = 0;
  for (std::size_t i = 0; i < outcomes.size() && reported < reported_failures_max; ++i) {
    if (!outcomes[i].violation) continue;
    ++reported;
    std::cout << "seed=" << options.seeds[i] << " invariant=" << outcomes[i].violation->invariant << ": "
              << outcomes[i].violation->what << "\n  reproduce: " << command_for(options, options.seeds[i])
              << '\n';
  }
}

/// The first floor that is missed, in words; empty when none is.
std::string missed_floor(const Tally& tally) {
  for (const auto& [name, count] : Counters::faults)
    if (tally.counters.*count < tally.seeds / seeds_per_fault_of_a_class) return std::string(name);
  for (std::size_t i = 0; i < treacheries.size(); ++i)
    if (tally.counters.deeds[i] < tally.seeds / seeds_per_fault_of_a_class)
      return std::string(treacheries[i].first);
  if (tally.counters.faults_in_all() < tally.seeds * faults_per_seed) return "faults";
  if (tally.counters.hostile_seeds * 2 < tally.seeds) return "hostile_seeds";
  if (tally.counters.evidence < tally.seeds / seeds_per_evidence) return "evidence";
  if (tally.counters.sim_micros < tally.seeds * sim_micros_per_seed) return "sim_hours";
  return {};
}

/// The same of runs whose membership changes.
std::string missed_membership_floor(const Tally& tally) {
  const Counters& counters = tally.counters;
  if (counters.epochs < tally.seeds) return "epochs";
  for (const auto& [name, count] : Counters::changes)
    if (counters.*count < tally.seeds / seeds_per_change_of_a_kind) return std::string(name);
  return {};
}

bool has_floor(const SuiteOptions& options, const Tally& tally) {
  if (options.membership) return tally.seeds >= membership_floor_seeds;
  const bool is_drawn =
      !options.scenario && options.fault.empty() && options.treachery.empty() && !options.replicas;
  return tally.seeds >= floor_seeds && is_drawn;
}

std::string suite_floor(const SuiteOptions& options, const Tally& tally) {
  if (!has_floor(options, tally)) return "not-applied";
  const std::string missed = options.membership ? missed_membership_floor(tally) : missed_floor(tally);
  return missed.empty() ? "ok" : "missed:" + missed;
}

std::string hours(std::uint64_t micros) {
  const std::uint64_t tenths = micros / 360'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void print_summary(const SuiteOptions& options, const Tally& tally) {
  const Counters& counters = tally.counters;
  std::cout << "stage=sim seeds=" << tally.seeds << " failures=" << tally.failures
            << " sim_hours=" << hours(counters.sim_micros) << " faults=" << counters.faults_in_all();
  for (const auto& [name, count] : Counters::faults) std::cout << ' ' << name << '=' << counters.*count;
  std::cout << " behaviours:";
  for (const auto& [name, treachery] : treacheries)
    std::cout << ' ' << name << '=' << counters.deeds[index_of(treachery)];
  for (const auto& [name, count] : Counters::results)
    if (name != "sim_micros") std::cout << ' ' << name << '=' << counters.*count;
  if (options.membership)
    for (const auto& [name, count] : Counters::changes) std::cout << ' ' << name << '=' << counters.*count;
  std::cout << " traces=" << tally.traces.hex().substr(0, 16) << " floor=" << suite_floor(options, tally)
            << std::endl;
}

}  // namespace

Plan plan_for(const SuiteOptions& options, std::uint64_t seed) {
  if (options.scenario) {
    Plan plan = *options.scenario;
    plan.seed = seed;
    if (!options.fault.empty()) plan.fault = *fault_named(options.fault);
    return plan;
  }
  PlanOptions wanted;
  wanted.seed = seed;
  wanted.replicas = options.replicas;
  wanted.real_storage = options.real_storage;
  wanted.membership = options.membership;
  if (!options.fault.empty()) wanted.fault = *fault_named(options.fault);
  wanted.treachery = treachery_named(options.treachery);
  return draw_plan(wanted);
}

int run_suite(const SuiteOptions& options) {
  const auto run = [&](std::uint64_t seed) { return run_seed(options, seed); };
  const std::vector<Outcome> outcomes =
      run_in_processes({options.seeds, options.jobs, options.expect_caught, run});
  const Tally tally = tally_of(outcomes);
  if (options.is_single)
    std::cout << "seed=" << options.seeds.front() << " trace=" << outcomes.front().trace_hash.hex() << '\n';
  print_failures(options, outcomes);
  print_summary(options, tally);
  if (options.expect_caught) {
    std::cout << "fault=" << options.fault << (tally.failures > 0 ? " caught" : " NOT CAUGHT") << std::endl;
    return tally.failures > 0 ? 0 : 1;
  }
  return tally.failures > 0 || suite_floor(options, tally).starts_with("missed") ? 1 : 0;
}

}  // namespace aval::simulation
