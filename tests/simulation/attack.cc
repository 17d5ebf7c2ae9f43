#include "tests/simulation/attack.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "tests/simulation/workers.h"

namespace aval::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The load and the machine: a validator has a core that checks 8,000 signatures a second for what comes
// in, and one that executes.
constexpr Duration load_length = seconds(7);
constexpr Duration warm_up = seconds(4);
constexpr Duration load_every = milliseconds(4);
constexpr Duration slow_flush = seconds(1);
constexpr CpuCosts costs{microseconds(30), microseconds(125), microseconds(150)};

// The floors.
struct Floor {
  std::uint64_t rate_per_cent = 50;
  std::uint64_t p99_per_cent = 400;
  std::uint64_t view_changes_max = UINT64_MAX;
};
constexpr std::uint64_t worst_max_us = 7'000'000;  // of any request, whoever is primary when it comes

/// One row of the table.
struct Case {
  std::string name;
  std::size_t replicas = 4;
  std::vector<HostilePlan> hostile = {};
  std::map<ReplicaId, Duration> slow_disks = {};
  std::vector<Happening> script = {};
  Floor floor = {};
  std::size_t faulty_max() const { return (replicas - 1) / 3; }
};

Case fault_free(std::size_t replicas) { return {"none", replicas}; }

/// These lie when a view changes.
bool needs_view_change(Treachery treachery) {
  return treachery == Treachery::BelowTip || treachery == Treachery::LieInViewChange ||
         treachery == Treachery::LieInNewView;
}

/// The first f primaries, or those after the first when it takes a change of view to bring them out: then
/// the first one stops for a second.
Case hostile_case(std::size_t replicas, Treachery treachery) {
  Case out{std::string(name_of(treachery)), replicas};
  const std::uint32_t first = needs_view_change(treachery) ? 1 : 0;
  for (std::uint32_t i = 0; i < out.faulty_max(); ++i)
    out.hostile.push_back({ReplicaId{first + i}, treachery});
  if (first == 0) return out;
  out.script.push_back({.at = milliseconds(500), .deed = Deed::Crash, .groups = {{ReplicaId{0}}}});
  out.script.push_back({.at = milliseconds(1'500), .deed = Deed::Restart, .groups = {{ReplicaId{0}}}});
  return out;
}

/// ST-16: it is replaced, and the rate afterwards is at least 90 %.
Case slow_disk_primary(std::size_t replicas) {
  Case out{"slow-disk-primary", replicas};
  out.slow_disks[ReplicaId{0}] = slow_flush;
  out.floor = {90, 400, 1};
  return out;
}

/// ST-15: nobody is replaced for it, and p99 hardly grows. With four validators a quorum is then all the
/// others.
Case slow_disk_backup(std::size_t replicas) {
  Case out{"slow-disk-backup", replicas};
  out.slow_disks[ReplicaId{2}] = slow_flush;
  out.floor = {98, 110, 0};
  return out;
}

Plan plan_of(const Case& each, std::uint64_t seed) {
  Plan plan;
  plan.seed = seed;
  plan.replicas = each.replicas;
  plan.parameters.validity_window_blocks = 100'000;
  plan.network = calm_network();
  plan.disk.sync_mean = milliseconds(2);
  plan.disk.ledger_lag_max = milliseconds(50);
  plan.disk.slow = each.slow_disks;
  plan.chaos.length = load_length;
  plan.chaos.crash_gap_max = seconds(1);
  plan.chaos.down_max = milliseconds(200);
  plan.script = each.script;
  plan.load.transactions = static_cast<std::size_t>(load_length / load_every);
  plan.load.every = load_every;
  plan.load.warm_up = warm_up;
  plan.load.retry_after = seconds(2);
  for (std::uint32_t i = 0; i < each.faulty_max(); ++i) plan.load.distrusted.insert(ReplicaId{i});
  for (const HostilePlan& liar : each.hostile) plan.load.distrusted.insert(liar.who);
  for (const auto& [slow, flush] : each.slow_disks) plan.load.distrusted.insert(slow);
  plan.cpu = costs;
  plan.hostile = each.hostile;
  plan.liveness_bound = usual_liveness_bound(plan);
  return plan;
}

std::vector<Case> cases_of(const AttackOptions& options, std::size_t replicas) {
  std::vector<Case> all;
  for (const auto& [name, treachery] : treacheries) all.push_back(hostile_case(replicas, treachery));
  all.push_back(slow_disk_primary(replicas));
  all.push_back(slow_disk_backup(replicas));
  std::vector<Case> wanted = {fault_free(replicas)};
  for (Case& each : all)
    if (options.behaviour.empty() || options.behaviour == each.name) wanted.push_back(std::move(each));
  return wanted;
}

/// The seed decides whom a hostile validator treats worse, which may be nobody: then the next one is played.
Outcome outcome_of(const Case& each, std::uint64_t seed) {
  constexpr std::uint64_t seeds_max = 8;
  Outcome outcome;
  for (std::uint64_t i = 0; i < seeds_max; ++i) {
    outcome = Cluster(plan_of(each, seed + i), false, nullptr).run();
    if (each.hostile.empty() || outcome.counters.treachery > 0 || outcome.violation) return outcome;
  }
  return outcome;
}

std::uint64_t per_cent(std::uint64_t value, std::uint64_t of) { return of == 0 ? 0 : value * 100 / of; }

std::string broken_floor(const Case& each, const Outcome& outcome, const LoadFigures& peace) {
  const LoadFigures& load = outcome.load;
  if (!each.hostile.empty() && outcome.counters.treachery == 0) return "nothing hostile was done";
  if (outcome.violation) return outcome.violation->invariant + ": " + outcome.violation->what;
  if (per_cent(load.final_in_time, peace.final_in_time) < each.floor.rate_per_cent)
    return "too few are final";
  if (per_cent(load.p99, peace.p99) > each.floor.p99_per_cent) return "p99 is too long";
  if (load.worst > worst_max_us) return "a request waited too long";
  if (outcome.counters.view_changes > each.floor.view_changes_max) return "too many view changes";
  return {};
}

void print_row(const Case& each, const Outcome& outcome, const LoadFigures& peace) {
  const LoadFigures& load = outcome.load;
  const std::uint64_t rate =
      load.final_in_time * 1'000'000 / static_cast<std::uint64_t>((load_length - warm_up).count());
  std::printf(
      "%-20s %2zu %6llu %5llu%% %8.1f %5llu%% %10.1f %6llu %9llu\n", each.name.c_str(), each.replicas,
      static_cast<unsigned long long>(rate),
      static_cast<unsigned long long>(per_cent(load.final_in_time, peace.final_in_time)),
      static_cast<double>(load.p99) / 1000, static_cast<unsigned long long>(per_cent(load.p99, peace.p99)),
      static_cast<double>(load.worst) / 1000, static_cast<unsigned long long>(outcome.counters.view_changes),
      static_cast<unsigned long long>(outcome.counters.treachery));
}

/// The first case is the one in peace. Returns how many rows miss their floor.
std::size_t judge(const std::vector<Case>& cases, const std::vector<Outcome>& outcomes) {
  std::size_t failures = 0;
  const LoadFigures& peace = outcomes.front().load;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    print_row(cases[i], outcomes[i], peace);
    const std::string broken = broken_floor(cases[i], outcomes[i], peace);
    if (broken.empty()) continue;
    ++failures;
    std::cout << "  behaviour=" << cases[i].name << " " << broken
              << "\n  reproduce: aval-sim attack --behaviour " << cases[i].name << " --replicas "
              << cases[i].replicas << std::endl;
  }
  return failures;
}

}  // namespace

std::vector<std::string> attack_names() {
  std::vector<std::string> names = treachery_names();
  names.insert(names.end(), {"slow-disk-primary", "slow-disk-backup"});
  return names;
}

int run_attacks(const AttackOptions& options) {
  std::printf("%-20s %2s %6s %6s %8s %6s %10s %6s %9s\n", "behaviour", "n", "final", "", "p99", "", "worst",
              "views", "deeds");
  std::size_t rows = 0;
  std::size_t failures = 0;
  for (const std::size_t replicas : {4U, 7U}) {
    if (options.replicas && *options.replicas != replicas) continue;
    const std::vector<Case> cases = cases_of(options, replicas);
    WorkOrder order;
    for (std::size_t i = 0; i < cases.size(); ++i) order.seeds.push_back(i);
    order.jobs = options.jobs;
    order.run = [&](std::uint64_t i) { return outcome_of(cases[i], options.seed); };
    rows += cases.size();
    failures += judge(cases, run_in_processes(order));
  }
  std::cout << "stage=sim-attack rows=" << rows << " failures=" << failures
            << " load_per_s=" << seconds(1) / load_every << " floor=" << (failures == 0 ? "ok" : "missed")
            << std::endl;
  return failures == 0 ? 0 : 1;
}

}  // namespace aval::simulation
