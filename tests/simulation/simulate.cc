// aval-sim: whole clusters in one thread, from a seed. README.md says what is simulated and checked.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/simulation/cluster.h"

namespace aval::simulation {
namespace {

constexpr std::uint64_t floor_seeds = 500;       // from so many seeds on,
constexpr std::uint64_t floor_per_class = 200;   // each class of faults was injected at least so often
constexpr std::uint64_t reported_failures_max = 20;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t count = 1;
  std::optional<std::uint64_t> seed;
  std::string seeds_file;
  std::string fault;
  std::optional<std::size_t> replicas;
  std::string trace_file;
  bool real_signatures = false;
  bool expect_caught = false;
};

/// What survives the process that runs the seeds: a broken promise in the code under test ends it.
struct Progress {
  std::uint64_t position = 0;  // in the list of seeds, of the one that is running
  std::uint64_t failures = 0;
  Counters counters;
  crypto::Digest traces;
};

Progress* shared_progress() {
  void* const memory =
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  AVAL_CHECK(memory != MAP_FAILED);
  return new (memory) Progress;
}

std::string command_for(const Options& options, std::uint64_t seed) {
  std::string command = "aval-sim run --seed " + std::to_string(seed);
  if (!options.fault.empty()) command += " --fault " + options.fault;
  if (options.replicas) command += " --replicas " + std::to_string(*options.replicas);
  if (options.real_signatures) command += " --real-signatures";
  return command;
}

void report(const Options& options, std::uint64_t seed, const Violation& violation) {
  std::cout << "seed=" << seed << " invariant=" << violation.invariant << ": " << violation.what
            << "\n  reproduce: " << command_for(options, seed) << std::endl;
}

Plan plan_for(const Options& options, std::uint64_t seed) {
  PlanOptions wanted;
  wanted.seed = seed;
  wanted.replicas = options.replicas;
  if (!options.fault.empty()) wanted.fault = *fault_named(options.fault);
  return draw_plan(wanted);
}

void run_seed(const Options& options, std::uint64_t seed, Progress& progress) {
  std::ofstream lines;
  if (!options.trace_file.empty()) lines.open(options.trace_file);
  Cluster cluster(plan_for(options, seed), options.real_signatures, lines.is_open() ? &lines : nullptr);
  const Outcome outcome = cluster.run();
  progress.counters.add(outcome.counters);
  progress.traces = crypto::sha256(Bytes(progress.traces.view()) + Bytes(outcome.trace_hash.view()));
  if (options.seed) std::cout << "seed=" << seed << " trace=" << outcome.trace_hash.hex() << '\n';
  if (!outcome.violation) return;
  ++progress.failures;
  if (progress.failures <= reported_failures_max) report(options, seed, *outcome.violation);
}

bool is_enough(const Options& options, const Progress& progress) {
  return options.expect_caught && progress.failures > 0;
}

void run_from_position(const Options& options, const std::vector<std::uint64_t>& seeds, Progress& progress) {
  for (; progress.position < seeds.size() && !is_enough(options, progress); ++progress.position)
    run_seed(options, seeds[progress.position], progress);
}

/// Runs the seeds in a child, so that a seed that ends the process is named and the rest still run.
void run_all(const Options& options, const std::vector<std::uint64_t>& seeds, Progress& progress) {
  while (progress.position < seeds.size() && !is_enough(options, progress)) {
    std::cout.flush();
    const ::pid_t child = ::fork();
    AVAL_CHECK(child >= 0);
    if (child == 0) {
      run_from_position(options, seeds, progress);
      std::cout.flush();
      ::_exit(0);
    }
    int status = 0;
    AVAL_CHECK(::waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    const std::string how = WIFEXITED(status) ? "code " + std::to_string(WEXITSTATUS(status))
                                              : "signal " + std::to_string(WTERMSIG(status));
    ++progress.failures;
    report(options, seeds[progress.position++], {"S0", "the process ended with " + how});
  }
}

bool is_above_floor(const Counters& counters) {
  for (const auto& [name, count] : Counters::faults)
    if (counters.*count < floor_per_class) return false;
  return true;
}

std::string floor_text(const Options& options, std::size_t seeds, const Counters& counters) {
  if (seeds < floor_seeds || !options.fault.empty()) return "not-applied";
  return is_above_floor(counters) ? "ok" : "missed";
}

void print_summary(const Options& options, std::size_t seeds, const Progress& progress) {
  const Counters& counters = progress.counters;
  std::cout << "stage=sim seeds=" << seeds << " failures=" << progress.failures
            << " sim_seconds=" << counters.sim_micros / 1'000'000 << " events=" << counters.events << " faults:";
  for (const auto& [name, count] : Counters::faults) std::cout << ' ' << name << '=' << counters.*count;
  std::cout << " view_changes=" << counters.view_changes << " final_blocks=" << counters.final_blocks
            << " transactions=" << counters.transactions << " rejected=" << counters.rejected
            << " traces=" << progress.traces.hex().substr(0, 16) << " floor=" << floor_text(options, seeds, counters)
            << std::endl;
}

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

std::vector<std::uint64_t> seeds_of(const Options& options) {
  if (options.seed) return {*options.seed};
  if (!options.seeds_file.empty()) return read_seeds(options.seeds_file);
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < options.count; ++i) seeds.push_back(options.first + i);
  return seeds;
}

int run(const Options& options) {
  const std::vector<std::uint64_t> seeds = seeds_of(options);
  Progress& progress = *shared_progress();
  run_all(options, seeds, progress);
  const bool is_caught = progress.failures > 0;
  print_summary(options, seeds.size(), progress);
  if (options.expect_caught) {
    std::cout << "fault=" << options.fault << (is_caught ? " caught" : " NOT CAUGHT") << std::endl;
    return is_caught ? 0 : 1;
  }
  return is_caught || floor_text(options, seeds.size(), progress.counters) == "missed" ? 1 : 0;
}

std::string refuse_unknown_fault(const std::string& name) {
#ifdef AVAL_FAULT_SWITCHES
  return fault_named(name) ? std::string() : "no such fault: " + name;
#else
  return "this build has no fault switches (AVAL_FAULT_SWITCHES): " + name;
#endif
}

int main_with(int argc, char** argv) {
  Options options;
  CLI::App app("Deterministic simulation of whole Aval clusters");
  app.require_subcommand(1);
  CLI::App& command = *app.add_subcommand("run", "run seeds and judge them");
  auto* const one = command.add_option("--seed", options.seed, "run this seed and print its trace hash");
  auto* const count = command.add_option("--seeds", options.count, "how many seeds to run")->excludes(one);
  command.add_option("--first", options.first, "the first of them")->needs(count);
  command.add_option("--seeds-file", options.seeds_file, "run the seeds listed in this file")
      ->check(CLI::ExistingFile)->excludes(one)->excludes(count);
  command.add_option("--fault", options.fault, "switch on a fault of the test build")->check(refuse_unknown_fault);
  command.add_option("--replicas", options.replicas, "instead of 4, 5, 6, 7, 10 or 13, drawn")->check(CLI::Range(4, 16));
  command.add_option("--trace", options.trace_file, "write every event as a line of JSON")->needs(one);
  command.add_flag("--real-signatures", options.real_signatures, "votes are signed with P-256");
  command.add_flag("--expect-caught", options.expect_caught, "succeed when a seed fails, and stop there");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}

}  // namespace
}  // namespace aval::simulation

int main(int argc, char** argv) { return aval::simulation::main_with(argc, argv); }
