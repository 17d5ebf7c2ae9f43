#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;

struct StatusFlags {
  bool all = false;
};

/// The status object of one node, or {"url","error"} when it cannot be had.
json ask(const std::string& url) {
  const auto failed = [&](const std::string& cause) { return json{{"url", url}, {"error", cause}}; };
  auto client = node::HttpClient::open(url, std::chrono::seconds(3));
  if (!client) return failed(client.error().message);
  const auto answer = client->get("/v1/status");
  if (!answer) return failed(answer.error().message);
  auto object = node::parse_strict_json(answer->body);
  if (!object || !object->is_object()) return failed("answered something that is no status");
  (*object)["url"] = url;
  return *object;
}

std::vector<std::string> row_of(const json& node) {
  const std::string url = node.value("url", "");
  if (node.contains("error")) return {url, "-", "unreachable", "-", "-", "-", "-", printable(node.value("error", ""))};
  return {url,
          printable(node.value("member", "")),
          node.value("is_primary", false) ? "primary" : "backup",
          std::to_string(node.value("height", 0ULL)),
          std::to_string(node.value("view", 0ULL)),
          node.value("head_hash", "").substr(0, 16),
          node.value("state_root", "").substr(0, 16),
          printable(node.value("waiting_for", ""))};
}

/// Nodes at one height must show one root; says so, or names the height at which they differ.
std::string verdict(const json& nodes) {
  std::map<std::uint64_t, std::string> roots;
  std::size_t reached = 0;
  for (const auto& node : nodes) {
    if (node.contains("error")) continue;
    ++reached;
    const auto height = node.value("height", 0ULL);
    const auto root = node.value("state_root", "");
    const auto [found, fresh] = roots.emplace(height, root);
    if (!fresh && found->second != root) return fmt::format("DIVERGENCE at height {}: two state roots\n", height);
  }
  if (reached == 0) return "no node answers: start the network (aval devnet up), or check --endpoint and the profile\n";
  return fmt::format("{} of {} nodes reached{}\n", reached, nodes.size(),
                     reached > 1 ? "; no two state roots at one height" : "");
}

int status(const Session& session, const StatusFlags& flags) {
  const auto profile = session.profile();
  if (!profile) return fail(session, failure_of(profile.error()));
  auto urls = session.endpoint_override.empty() ? profile->endpoints
                                                : std::vector<std::string>{session.endpoint_override};
  if (!flags.all && urls.size() > 1) urls.resize(1);
  json nodes = json::array();
  std::vector<std::vector<std::string>> rows;
  std::size_t reached = 0;
  for (const auto& url : urls) {
    nodes.push_back(ask(url));
    rows.push_back(row_of(nodes.back()));
    if (!nodes.back().contains("error")) ++reached;
  }
  const std::string said = verdict(nodes);
  print(session, {{"nodes", nodes}, {"verdict", said.substr(0, said.size() - 1)}},
        table({"api", "member", "role", "height", "view", "head", "state root", "waiting for"}, rows) + said);
  if (said.starts_with("DIVERGENCE")) return exit_unsound;
  return reached > 0 ? exit_ok : exit_unavailable;
}

}  // namespace

void add_status_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto flags = std::make_shared<StatusFlags>();
  auto* command = app.add_subcommand("status", "Where a node stands; with --all every node of the profile in one table");
  command->add_flag("--all", flags->all, "Ask every node of the profile");
  command->callback([&session, &chosen, flags] { chosen = [&session, flags] { return status(session, *flags); }; });
}

}  // namespace aval::cli
