#include "tests/simulation/reduce.h"

#include <algorithm>
#include <fstream>
#include <iostream>

#include "tests/simulation/scenario.h"
#include "tests/simulation/workers.h"

namespace aval::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A simpler plan draws its chances differently, so each is tried with a few seeds.
constexpr std::uint64_t seeds_per_plan = 6;
constexpr std::size_t plans_max = 400;
constexpr Duration chaos_min = seconds(1);

/// Makes the plan simpler in one respect; false when it cannot.
struct Simplification {
  const char* what;
  bool (*apply)(Plan& plan, std::size_t which);  // `which` of several, counted from 0
};

template <class T>
bool lower(T& value, T to) {
  if (value <= to) return false;
  value = to;
  return true;
}

bool turn_off(bool& flag) { return std::exchange(flag, false); }

bool drop_hostile(Plan& plan, std::size_t which) {
  if (which >= plan.hostile.size()) return false;
  plan.hostile.erase(plan.hostile.begin() + static_cast<std::ptrdiff_t>(which));
  return true;
}

bool drop_event(Plan& plan, std::size_t which) {
  if (which >= plan.script.size()) return false;
  plan.script.erase(plan.script.begin() + static_cast<std::ptrdiff_t>(which));
  return true;
}

/// To the next smaller size; not where events name their nodes.
bool shrink_cluster(Plan& plan, std::size_t) {
  constexpr std::array<std::size_t, 6> sizes = {13, 10, 7, 6, 5, 4};
  const auto smaller =
      std::find_if(sizes.begin(), sizes.end(), [&](std::size_t n) { return n < plan.replicas; });
  if (smaller == sizes.end() || !plan.script.empty()) return false;
  plan.replicas = *smaller;
  std::erase_if(plan.hostile, [&](const HostilePlan& each) { return number(each.who) >= plan.replicas; });
  plan.hostile.resize(std::min(plan.hostile.size(), plan.faulty_max()));
  return true;
}

/// The rarest causes first: what is left at the end is what the failure needs.
constexpr std::array<Simplification, 25> simplifications = {{
    {"no liveness phase", [](Plan& p, std::size_t) { return turn_off(p.expect.all_final); }},
    {"one hostile validator less", drop_hostile},
    {"one event less", drop_event},
    {"no blackouts", [](Plan& p, std::size_t) { return turn_off(p.chaos.blackouts); }},
    {"no crashes", [](Plan& p, std::size_t) { return turn_off(p.chaos.crashes); }},
    {"no crashes at effects", [](Plan& p, std::size_t) { return turn_off(p.chaos.crashes_at_effects); }},
    {"no partitions", [](Plan& p, std::size_t) { return turn_off(p.chaos.partitions); }},
    {"no loss", [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.network.loss_per_mille, 0); }},
    {"no duplicates",
     [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.network.duplicate_per_mille, 0); }},
    {"nothing held up",
     [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.network.hold_per_mille, 0); }},
    {"order kept", [](Plan& p, std::size_t) { return !std::exchange(p.network.keeps_order, true); }},
    {"short delays",
     [](Plan& p, std::size_t) { return lower<Duration>(p.network.delay_mean, milliseconds(1)); }},
    {"no slow flushes",
     [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.disk.slow_sync_per_mille, 0); }},
    {"no slow disks",
     [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.disk.slow_node_per_mille, 0); }},
    {"nothing refused", [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.disk.refuse_per_mille, 0); }},
    {"no full disks", [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.disk.full_per_mille, 0); }},
    {"a disk in name only", [](Plan& p, std::size_t) { return turn_off(p.disk.is_real); }},
    {"no new journals",
     [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.disk.rotate_per_mille, 0); }},
    {"right clocks",
     [](Plan& p, std::size_t) { return lower<Duration>(p.chaos.clock_skew_max, Duration::zero()); }},
    {"nothing sent twice",
     [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.load.twice_per_mille, 0); }},
    {"a smaller cluster", shrink_cluster},
    {"half the transactions",
     [](Plan& p, std::size_t) {
       return lower<std::uint64_t>(p.load.transactions, std::max<std::size_t>(1, p.load.transactions / 2));
     }},
    {"half the chaos",
     [](Plan& p, std::size_t) {
       return lower<Duration>(p.chaos.length, std::max(chaos_min, p.chaos.length / 2));
     }},
    {"single transactions", [](Plan& p, std::size_t) { return lower<std::uint64_t>(p.load.burst_max, 1); }},
    {"one block in flight",
     [](Plan& p, std::size_t) { return lower<std::uint32_t>(p.parameters.pipeline_window, 1); }},
}};

class Reducer {
 public:
  Reducer(const SuiteOptions& options, Plan plan) : options_(options), plan_(std::move(plan)) {}

  /// False when the plan does not fail.
  bool begin() {
    const std::vector<Outcome> outcomes = play(plan_, {plan_.seed});
    if (outcomes.front().violation) violation_ = *outcomes.front().violation;
    return outcomes.front().violation.has_value();
  }

  void run() {
    bool has_changed = true;
    while (has_changed && plans_ < plans_max) {
      has_changed = false;
      for (const Simplification& each : simplifications) has_changed |= apply(each);
    }
  }

  const Plan& plan() const { return plan_; }
  const Violation& violation() const { return violation_; }
  std::size_t plans() const { return plans_; }

 private:
  /// As often as it can be had.
  bool apply(const Simplification& simplification) {
    bool has_changed = false;
    std::size_t which = 0;
    while (plans_ < plans_max) {
      Plan simpler = plan_;
      if (!simplification.apply(simpler, which)) return has_changed;
      if (adopt_if_failing(simpler)) {
        has_changed = true;
        std::cerr << "  " << simplification.what << '\n';
      } else if (!has_parts(simplification)) {
        return has_changed;
      } else {
        ++which;
      }
    }
    return has_changed;
  }

  static bool has_parts(const Simplification& simplification) {
    return simplification.apply == &drop_hostile || simplification.apply == &drop_event;
  }

  bool adopt_if_failing(Plan simpler) {
    ++plans_;
    std::vector<std::uint64_t> seeds = {plan_.seed};
    for (std::uint64_t i = 1; i < seeds_per_plan; ++i) seeds.push_back(plan_.seed + i);
    const std::vector<Outcome> outcomes = play(simpler, seeds);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto& violation = outcomes[i].violation;
      if (!violation || violation->invariant != violation_.invariant) continue;
      plan_ = std::move(simpler);
      plan_.seed = seeds[i];
      violation_ = *violation;
      return true;
    }
    return false;
  }

  std::vector<Outcome> play(const Plan& plan, std::vector<std::uint64_t> seeds) const {
    const auto run = [&](std::uint64_t seed) {
      Plan seeded = plan;
      seeded.seed = seed;
      return Cluster(seeded, options_.real_signatures, nullptr).run();
    };
    return run_in_processes({std::move(seeds), options_.jobs, false, run});
  }

  const SuiteOptions& options_;
  Plan plan_;
  Violation violation_;
  std::size_t plans_ = 0;
};

}  // namespace

int reduce(const SuiteOptions& options, const std::string& out_file) {
  Reducer reducer(options, plan_for(options, options.seeds.front()));
  if (!reducer.begin()) {
    std::cerr << "seed " << options.seeds.front() << " does not fail\n";
    return 1;
  }
  std::cerr << "seed " << options.seeds.front() << " breaks " << reducer.violation().invariant
            << "; it still does with\n";
  reducer.run();
  Plan reduced = reducer.plan();
  reduced.about = reducer.violation().invariant + ": " + reducer.violation().what;
  std::ofstream file;
  if (!out_file.empty()) file.open(out_file);
  (out_file.empty() ? std::cout : file) << scenario_text(reduced);
  std::cerr << "after " << reducer.plans() << " plans: " << reduced.about
            << "\n  reproduce: aval-sim run --seed " << reduced.seed << " --scenario "
            << (out_file.empty() ? "FILE" : out_file) << '\n';
  return 0;
}

}  // namespace aval::simulation
