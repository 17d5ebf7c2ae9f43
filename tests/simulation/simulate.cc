// aval-sim: whole clusters in one thread, from a seed. README.md says what is simulated and checked.

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "consensus/fault_switches.h"
#include "tests/simulation/attack.h"
#include "tests/simulation/joins/joins.h"
#include "tests/simulation/light/mutation.h"
#include "tests/simulation/light/twins.h"
#include "tests/simulation/reduce.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/suite.h"
#include "tests/simulation/workers.h"

namespace aval::simulation {
namespace {

constexpr int exit_usage = 64;

/// What the command line says about seeds and results; a swarm is what there is without a scenario.
struct SeedChoice {
  std::optional<std::uint64_t> one;
  std::uint64_t first = 1;
  std::uint64_t count = 1;
  std::string file;
  bool is_swarm = false;
  std::string out_file;
};

/// One seed a line; everything after '#' is a comment.
std::vector<std::uint64_t> read_seeds(const std::string& path) {
  std::vector<std::uint64_t> seeds;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::string text = line.substr(0, line.find('#'));
    if (text.find_first_of("0123456789") != std::string::npos) seeds.push_back(std::stoull(text));
  }
  return seeds;
}

std::vector<std::uint64_t> seeds_of(const SeedChoice& choice) {
  if (choice.one) return {*choice.one};
  if (!choice.file.empty()) return read_seeds(choice.file);
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < choice.count; ++i) seeds.push_back(choice.first + i);
  return seeds;
}

std::string refuse_unknown_fault(const std::string& name) {
  if (!consensus::has_fault_switches()) return "this program has no fault switches; aval-sim-faulty has: " + name;
  return fault_named(name) ? std::string() : "no such fault: " + name;
}

void add_plan_options(CLI::App& command, SuiteOptions& options) {
  command.add_option("--fault", options.fault, "switch on a fault of the test build")->check(refuse_unknown_fault);
  command.add_option("--treachery", options.treachery, "what hostile validators do, instead of drawn")
      ->check(CLI::IsMember(treachery_names()));
  command.add_flag("--real-storage", options.real_storage, "the program's own journal and LevelDB on the simulated disk");
  command.add_flag("--membership", options.membership, "validators, their keys and the parameters change as it goes");
  command.add_option("--replicas", options.replicas, "instead of 4, 5, 6, 7, 10 or 13, drawn")
      ->check(CLI::Range(4, 16));
}

CLI::Option* add_scenario_option(CLI::App& command, SuiteOptions& options) {
  return command.add_option("--scenario", options.scenario_file, "play this file with each seed")
      ->excludes("--replicas");
}

void add_jobs_option(CLI::App& command, SuiteOptions& options) {
  command.add_option("--jobs", options.jobs, "processes that share the seeds")
      ->check(CLI::Range(std::size_t{1}, jobs_max));
}

void add_run(CLI::App& app, SeedChoice& choice, SuiteOptions& options) {
  CLI::App& command = *app.add_subcommand("run", "run seeds and judge them");
  auto* const one = command.add_option("--seed", choice.one, "run this seed and print its trace hash");
  auto* const count = command.add_option("--seeds", choice.count, "how many seeds to run")->excludes(one);
  command.add_option("--first", choice.first, "the first of them")->needs(count);
  command.add_option("--seeds-file", choice.file, "run the seeds listed in this file")
      ->check(CLI::ExistingFile)
      ->excludes(one)
      ->excludes(count);
  add_plan_options(command, options);
  CLI::Option* const scenario = add_scenario_option(command, options);
  command
      .add_flag("--swarm", choice.is_swarm, "draw everything from the seed, as is done without a scenario")
      ->excludes(scenario);
  add_jobs_option(command, options);
  command.add_option("--trace", options.trace_file, "write every event as a line of JSON")->needs(one);
  command.add_flag("--real-signatures", options.real_signatures, "votes are signed with P-256");
  command.add_flag("--expect-caught", options.expect_caught, "succeed when a seed fails, and stop there");
}

/// Prints what the seed draws as a scenario file.
void add_plan(CLI::App& app, SeedChoice& choice, SuiteOptions& options) {
  CLI::App& command = *app.add_subcommand("plan", "print what a seed draws as a scenario file");
  command.add_option("--seed", choice.one, "the seed")->required();
  add_plan_options(command, options);
}

void add_twins(CLI::App& app, TwinsOptions& options) {
  CLI::App& command = *app.add_subcommand("twins", "run clusters in which a few keys are used by two replicas each");
  command.add_option("--scenarios", options.scenarios, "how many");
  command.add_option("--first", options.first, "the number of the first of them");
  command.add_option("--jobs", options.jobs, "processes that share them")->check(CLI::Range(std::size_t{1}, jobs_max));
  command
      .add_option_function<std::string>("--fault", [&](const std::string& name) { options.fault = *fault_named(name); },
                                        "switch on a fault of the test build")
      ->check(refuse_unknown_fault);
  command.add_flag("--expect-caught", options.expect_caught, "succeed when a scenario fails, and stop there");
}

void add_joins(CLI::App& app, JoinsOptions& options) {
  CLI::App& command = *app.add_subcommand("joins", "join by a snapshot, among liars and in spite of power cuts");
  command.add_option("--seeds", options.seeds, "how many");
  command.add_option("--first", options.first, "the first of them");
  command.add_option("--jobs", options.jobs, "processes that share them")->check(CLI::Range(std::size_t{1}, jobs_max));
}

void add_mutate(CLI::App& app, MutationOptions& options) {
  CLI::App& command = *app.add_subcommand("mutate", "change every field of every message on its way, in every way");
  command.add_option("--passes", options.passes, "how often each");
  command.add_option("--target", options.one, "the number of one change of one field");
  command.add_option("--jobs", options.jobs, "processes that share them")->check(CLI::Range(std::size_t{1}, jobs_max));
}

void add_reduce(CLI::App& app, SeedChoice& choice, SuiteOptions& options) {
  CLI::App& command = *app.add_subcommand("reduce", "make the plan of a failing seed as simple as it can be");
  command.add_option("--seed", choice.one, "the seed that fails")->required();
  add_plan_options(command, options);
  add_scenario_option(command, options);
  add_jobs_option(command, options);
  command.add_flag("--real-signatures", options.real_signatures, "votes are signed with P-256");
  command.add_option("--out", choice.out_file, "write the scenario file here instead of printing it");
}

void add_attack(CLI::App& app, AttackOptions& options) {
  CLI::App& command = *app.add_subcommand("attack", "compare a load with hostile validators and without");
  command.add_option("--behaviour", options.behaviour, "instead of each in turn")->check(CLI::IsMember(attack_names()));
  command.add_option("--replicas", options.replicas, "instead of 4 and 7")
      ->check(CLI::IsMember(std::vector<std::size_t>{4, 7}));
  command.add_option("--seed", options.seed, "of delays and flushes");
  command.add_option("--jobs", options.jobs, "processes that share the behaviours")
      ->check(CLI::Range(std::size_t{1}, jobs_max));
}

/// False, saying why, when the scenario file cannot be used.
bool take_scenario(SuiteOptions& options) {
  if (options.scenario_file.empty()) return true;
  const Result<Plan> scenario = read_scenario(options.scenario_file);
  if (scenario)
    options.scenario = *scenario;
  else
    std::cerr << "aval-sim: " << scenario.error().message << '\n';
  return options.scenario.has_value();
}

int main_with(int argc, char** argv) {
  SeedChoice choice;
  SuiteOptions options;
  CLI::App app("Deterministic simulation of whole Aval clusters");
  app.require_subcommand(1);
  add_run(app, choice, options);
  add_plan(app, choice, options);
  add_reduce(app, choice, options);
  TwinsOptions twins;
  add_twins(app, twins);
  JoinsOptions joins;
  add_joins(app, joins);
  MutationOptions mutations;
  add_mutate(app, mutations);
  AttackOptions attack;
  add_attack(app, attack);
  CLI11_PARSE(app, argc, argv);
  if (app.got_subcommand("attack")) return run_attacks(attack);
  if (app.got_subcommand("twins")) return run_twins(twins);
  if (app.got_subcommand("joins")) return run_joins(joins);
  if (app.got_subcommand("mutate")) return run_mutations(mutations);
  if (!take_scenario(options)) return exit_usage;
  options.seeds = seeds_of(choice);
  options.is_single = choice.one.has_value();
  if (app.got_subcommand("run")) return run_suite(options);
  if (app.got_subcommand("reduce")) return reduce(options, choice.out_file);
  std::cout << scenario_text(plan_for(options, *choice.one));
  return 0;
}

}  // namespace
}  // namespace aval::simulation

int main(int argc, char** argv) { return aval::simulation::main_with(argc, argv); }
