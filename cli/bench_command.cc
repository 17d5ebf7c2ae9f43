#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/bench_load.h"
#include "cli/calibrate.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/process.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;

const std::map<std::string, LoadKind> load_kinds{{"invoice", LoadKind::Invoice}, {"transfer", LoadKind::Transfer}};

struct BenchFlags {
  std::string folder = "aval-devnet";
  double rate = 0;
  std::uint64_t seconds = 10;
  std::uint64_t count = 0;
  LoadKind load = LoadKind::Transfer;
  std::size_t envelope_bytes = 512;
  std::size_t connections = 64;
  std::string out;
};

/// What the nodes had used at one moment, summed over all of them but for memory.
struct Usage {
  std::uint64_t cpu_us = 0;
  std::uint64_t fsyncs = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t rss_bytes_max = 0;
};

std::uint64_t size_of(const std::filesystem::path& folder) {
  std::uint64_t total = 0;
  std::error_code ignored;
  for (std::filesystem::recursive_directory_iterator it(folder, ignored), end; it != end; it.increment(ignored)) {
    if (it->is_regular_file(ignored)) total += it->file_size(ignored);
  }
  return total;
}

Result<Usage> usage_of(const Devnet& devnet) {
  Usage usage;
  for (const auto& node : devnet.nodes) {
    AVAL_ASSIGN(auto client, node::HttpClient::open(node.url()));
    AVAL_ASSIGN(const auto answer, client.get("/v1/status"));
    AVAL_ASSIGN(const json status, node::parse_strict_json(answer.body));
    usage.cpu_us += status.value("cpu_us", 0ULL);
    usage.fsyncs += status.value("fsyncs", 0ULL);
    usage.rss_bytes_max = std::max<std::uint64_t>(usage.rss_bytes_max, status.value("rss_bytes", 0ULL));
    usage.disk_bytes += size_of(node.folder / "data");
  }
  return usage;
}

std::uint64_t percentile(const std::vector<std::uint64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[std::min(rank, sorted.size() - 1)];
}

/// The measured figures of one run, as they are printed.
json figures_of(const std::vector<node::LoadSample>& samples, const Usage& before, const Usage& after,
                const Calibration& machine) {
  std::vector<std::uint64_t> latencies;
  std::uint64_t first_due = UINT64_MAX;
  std::uint64_t last_done = 0;
  std::uint64_t refused = 0;
  for (const auto& sample : samples) {
    if (!sample.final || sample.tx_status != 0) {
      ++refused;
      continue;
    }
    latencies.push_back(sample.done_us - sample.due_us);
    first_due = std::min(first_due, sample.due_us);
    last_done = std::max(last_done, sample.done_us);
  }
  std::sort(latencies.begin(), latencies.end());
  const std::uint64_t final_count = latencies.size();
  const std::uint64_t span_us = final_count == 0 ? 1 : std::max<std::uint64_t>(1, last_done - first_due);
  const double throughput = static_cast<double>(final_count) * 1e6 / static_cast<double>(span_us);
  const auto per_tx = [&](std::uint64_t from, std::uint64_t to) {
    return final_count == 0 ? 0.0 : static_cast<double>(to - from) / static_cast<double>(final_count);
  };
  return json{{"final", final_count},
              {"not_final_or_refused", refused},
              {"throughput_per_second", throughput},
              {"throughput_over_v", machine.verifies_per_second == 0
                                        ? 0.0
                                        : throughput / static_cast<double>(machine.verifies_per_second)},
              {"latency_ms",
               {{"p50", static_cast<double>(percentile(latencies, 0.5)) / 1000},
                {"p99", static_cast<double>(percentile(latencies, 0.99)) / 1000},
                {"p99_9", static_cast<double>(percentile(latencies, 0.999)) / 1000},
                {"max", latencies.empty() ? 0.0 : static_cast<double>(latencies.back()) / 1000}}},
              {"cpu_us_per_tx", per_tx(before.cpu_us, after.cpu_us)},
              {"fsyncs_per_tx", per_tx(before.fsyncs, after.fsyncs)},
              {"fsyncs", after.fsyncs - before.fsyncs},
              {"disk_bytes_per_tx", per_tx(before.disk_bytes, std::max(before.disk_bytes, after.disk_bytes))},
              {"rss_bytes_max", after.rss_bytes_max},
              {"calibrator",
               {{"verifies_per_second_per_core", machine.verifies_per_second},
                {"fdatasync_p50_us", machine.fdatasync_p50_us}}}};
}

std::string text_of(const json& f) {
  const auto number_text = [](double value) { return fmt::format("{:.3f}", value); };
  const auto& latency = f["latency_ms"];
  return table({"figure", "value"},
               {{"envelope, bytes", std::to_string(f["envelope_bytes"].get<std::uint64_t>())},
                {"final transactions", std::to_string(f["final"].get<std::uint64_t>())},
                {"refused or not final", std::to_string(f["not_final_or_refused"].get<std::uint64_t>())},
                {"throughput, final per second", fmt::format("{:.0f}", f["throughput_per_second"].get<double>())},
                {"throughput / V", number_text(f["throughput_over_v"].get<double>())},
                {"latency p50, ms", number_text(latency["p50"].get<double>())},
                {"latency p99, ms", number_text(latency["p99"].get<double>())},
                {"latency p99.9, ms", number_text(latency["p99_9"].get<double>())},
                {"latency max, ms", number_text(latency["max"].get<double>())},
                {"CPU of four nodes, us per tx", number_text(f["cpu_us_per_tx"].get<double>())},
                {"fsyncs of four nodes", std::to_string(f["fsyncs"].get<std::uint64_t>())},
                {"disk of four nodes, bytes per tx", fmt::format("{:.0f}", f["disk_bytes_per_tx"].get<double>())},
                {"resident memory, largest node, MiB",
                 fmt::format("{:.0f}", static_cast<double>(f["rss_bytes_max"].get<std::uint64_t>()) / 1048576.0)},
                {"calibrator: V, P-256 verifies/s per core",
                 std::to_string(f["calibrator"]["verifies_per_second_per_core"].get<std::uint64_t>())},
                {"calibrator: fdatasync p50, us",
                 std::to_string(f["calibrator"]["fdatasync_p50_us"].get<std::uint64_t>())}});
}

Result<json> run_bench(const Session& session, const BenchFlags& flags) {
  AVAL_ASSIGN(const Devnet devnet, load_devnet(flags.folder));
  progress(session, "calibrating: P-256 verifications and fdatasync");
  const Calibration machine = calibrate(devnet.folder);
  const double expected = flags.rate > 0 ? flags.rate : static_cast<double>(machine.verifies_per_second) * 0.25;
  const std::uint64_t count =
      flags.count > 0 ? flags.count : static_cast<std::uint64_t>(expected * static_cast<double>(flags.seconds));
  progress(session, fmt::format("signing {} envelopes", count));
  AVAL_ASSIGN(auto envelopes, sign_load(session, flags.load, count, flags.envelope_bytes));
  const std::size_t bytes = envelopes.empty() ? 0 : envelopes.back().size();
  node::LoadPlan plan;
  for (const auto& node : devnet.nodes) plan.urls.push_back(node.url());
  plan.envelopes = std::move(envelopes);
  plan.rate_per_second = flags.rate;
  plan.connections = flags.connections;
  plan.wait = std::chrono::seconds(20);
  progress(session, flags.rate > 0 ? fmt::format("sending {:.0f} a second, open loop", flags.rate)
                                   : "sending as fast as answers come back");
  AVAL_ASSIGN(const Usage before, usage_of(devnet));
  AVAL_ASSIGN(const auto samples, node::run_load(plan));
  AVAL_ASSIGN(const Usage after, usage_of(devnet));
  json figures = figures_of(samples, before, after, machine);
  figures["offered_per_second"] = flags.rate;
  figures["envelope_bytes"] = bytes;
  figures["nodes"] = devnet.nodes.size();
  return figures;
}

int bench(const Session& session, const BenchFlags& flags) {
  const auto figures = run_bench(session, flags);
  if (!figures) return fail(session, failure_of(figures.error()));
  if (!flags.out.empty()) std::ofstream(flags.out) << figures->dump(2) << '\n';
  print(session, *figures, text_of(*figures));
  return exit_ok;
}

/// Writes pre-signed envelopes to a file, each with its length in front (4 bytes big endian), for load
/// generators that are not ours.
int bench_sign(const Session& session, const BenchFlags& flags) {
  const auto envelopes = sign_load(session, flags.load, flags.count, flags.envelope_bytes);
  if (!envelopes) return fail(session, failure_of(envelopes.error()));
  std::ofstream file(flags.out, std::ios::binary | std::ios::trunc);
  for (const auto& envelope : *envelopes) file << big_endian(envelope.size()).substr(4) << envelope;
  if (!file.flush()) return fail(session, {exit_usage, "io", "cannot write " + flags.out, ""});
  print(session, {{"file", flags.out}, {"count", envelopes->size()}},
        fmt::format("wrote {} signed envelopes to {}\n", envelopes->size(), flags.out));
  return exit_ok;
}

}  // namespace

void add_bench_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("bench", "Measure a development network");
  group->require_subcommand(1);
  auto flags = std::make_shared<BenchFlags>();
  auto* run = group->add_subcommand("run", "Drive pre-signed single-command envelopes and print one table");
  run->add_option("--dir", flags->folder, "Folder of the network (aval devnet up)")->capture_default_str();
  run->add_option("--rate", flags->rate, "Envelopes a second, open loop; 0: as fast as answers come back");
  run->add_option("--time", flags->seconds, "Seconds of load to prepare")->capture_default_str();
  run->add_option("--count", flags->count, "Number of envelopes instead of --time");
  run->add_option("--load", flags->load, "What each envelope does: transfer (default) or invoice")
      ->transform(CLI::CheckedTransformer(load_kinds).description("KIND"));
  run->add_option("--envelope-bytes", flags->envelope_bytes, "Fill the texts of an envelope up to this size")->capture_default_str();
  run->add_option("--connections", flags->connections, "Connections per node")->capture_default_str();
  run->add_option("--out", flags->out, "Also write the figures as JSON to this file");
  auto* sign = group->add_subcommand("sign", "Only write the pre-signed envelopes to a file");
  sign->add_option("--dir", flags->folder, "Folder of the network")->capture_default_str();
  sign->add_option("--count", flags->count, "Number of envelopes")->required();
  sign->add_option("--load", flags->load, "What each envelope does: transfer (default) or invoice")
      ->transform(CLI::CheckedTransformer(load_kinds).description("KIND"));
  sign->add_option("--envelope-bytes", flags->envelope_bytes, "Fill the texts of an envelope up to this size")->capture_default_str();
  sign->add_option("--out", flags->out, "File to write")->required();
  const auto choose = [&session, &chosen, flags](int (*command)(const Session&, const BenchFlags&)) {
    return [&session, &chosen, flags, command] {
      if (session.profile_path.empty())
        session.profile_path = (std::filesystem::path(flags->folder) / "profile.json").string();
      chosen = [&session, flags, command] { return command(session, *flags); };
    };
  };
  run->callback(choose(&bench));
  sign->callback(choose(&bench_sign));
}

}  // namespace aval::cli
