#include "cli/devnet.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/process.h"
#include "node/client.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;

std::string last_lines(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto from = text.size();
  for (int lines = 0; lines < 4 && from > 0; ++lines) {
    const auto newline = text.rfind('\n', from < 2 ? 0 : from - 2);
    from = newline == std::string::npos ? 0 : newline + 1;
  }
  return text.substr(from);
}

/// Why a node does not serve yet, in its own words. Nothing when it does.
std::optional<std::string> why_not_ready(const DevnetNode& node) {
  auto client = node::HttpClient::open(node.url(), std::chrono::seconds(2));
  if (!client) return client.error().message;
  const auto answer = client->get("/readyz");
  if (!answer) return answer.error().message;
  if (answer->status == 200) return std::nullopt;
  return std::string(answer->body.begin(), answer->body.end());
}

}  // namespace

bool runs(const DevnetNode& node) { return is_running(node.pid, node.config().string()); }

Result<void> save_devnet(const Devnet& devnet) {
  json nodes = json::array();
  for (const auto& node : devnet.nodes) {
    nodes.push_back({{"index", node.index},
                     {"member", node.member},
                     {"peer_port", node.peer_port},
                     {"api_port", node.api_port},
                     {"pid", node.pid}});
  }
  const auto path = devnet.folder / "devnet.json";
  const auto fresh = devnet.folder / "devnet.json.new";
  std::ofstream file(fresh);
  file << json{{"nodes", nodes}}.dump(2) << '\n';
  if (!file.flush()) return unexpected(Error::Code::Io, "cannot write " + fresh.string());
  file.close();
  std::filesystem::rename(fresh, path);
  return {};
}

Result<Devnet> load_devnet(const std::filesystem::path& folder) {
  const auto path = folder / "devnet.json";
  std::ifstream file(path);
  if (!file) {
    return unexpected(Error::Code::Io, "no development network in " + folder.string() +
                                                 " (no devnet.json); make one with: aval devnet up --dir " +
                                                 folder.string());
  }
  const Bytes text(std::istreambuf_iterator<char>(file), {});
  AVAL_ASSIGN(const json object, node::parse_strict_json(text));
  Devnet devnet;
  devnet.folder = std::filesystem::absolute(folder);
  try {
    for (const auto& entry : object.at("nodes")) {
      DevnetNode node;
      node.index = entry.at("index").get<unsigned>();
      node.member = entry.at("member").get<std::string>();
      node.folder = devnet.folder / fmt::format("node-{}", node.index);
      node.peer_port = entry.at("peer_port").get<std::uint16_t>();
      node.api_port = entry.at("api_port").get<std::uint16_t>();
      node.pid = entry.at("pid").get<int>();
      devnet.nodes.push_back(std::move(node));
    }
  } catch (const json::exception& wrong) {
    return unexpected(Error::Code::Malformed, path.string() + ": " + wrong.what());
  }
  return devnet;
}

Result<void> start_nodes(Devnet& devnet, const std::filesystem::path& avald) {
  if (::access(avald.c_str(), X_OK) != 0) {
    return unexpected(Error::Code::NotFound,
                      "cannot run " + avald.string() + "; build it, or name it with --avald PATH");
  }
  for (auto& node : devnet.nodes) {
    if (runs(node)) continue;
    if (!wait_until_gone(node.pid, node.config().string(), std::chrono::seconds(5)))  // killed just now, it may hold its data
      return unexpected(Error::Code::Unavailable, fmt::format("the former process {} of node {} does not end", node.pid, node.index));
    AVAL_ASSIGN(node.pid, spawn({avald.string(), "--config", node.config().string()}, node.folder / "avald.log"));
  }
  return save_devnet(devnet);
}

Result<void> wait_until_ready(const Devnet& devnet, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (const auto& node : devnet.nodes) {
    while (const auto why = why_not_ready(node)) {
      const auto log = [&] { return last_lines(node.folder / "avald.log"); };
      if (!runs(node)) {
        return unexpected(Error::Code::Unavailable,
                          fmt::format("node {} ({}) has ended; its log says:\n{}", node.index, node.member, log()));
      }
      if (std::chrono::steady_clock::now() > deadline) {
        return unexpected(Error::Code::Unavailable, fmt::format("node {} ({}) is not ready yet: {}\nIts log says:\n{}",
                                                                node.index, node.member, *why, log()));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return {};
}

}  // namespace aval::cli
