#include <signal.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/calendar_today.h"
#include "cli/commands.h"
#include "cli/devnet.h"
#include "cli/output.h"
#include "cli/process.h"
#include "cli/sample_invoice.h"

namespace aval::cli {
namespace {

struct DevnetFlags {
  std::string folder = "aval-devnet";
  std::uint16_t base_port = 7400;
  std::vector<std::string> parties;
  std::string parameters;
  std::string avald;
  unsigned node = 0;
};

std::filesystem::path avald_path(const DevnetFlags& flags) {
  return flags.avald.empty() ? program_folder() / "avald" : std::filesystem::path(flags.avald);
}

/// The parties of the given files and of the built-in sample; a file that is no invoice still fails by name.
Result<std::vector<UblParty>> parties_of(const DevnetFlags& flags) {
  std::vector<UblParty> parties;
  const auto sample = parse_ubl(sample_invoice_xml("AB-1", iso_today(), iso_today()));
  AVAL_CHECK(sample.ok);
  parties.push_back(sample.invoice.seller);
  parties.push_back(sample.invoice.buyer);
  for (const auto& file : flags.parties) {
    const auto found = read_ubl_parties(file);
    if (!found) return unexpected(found.error().code, file + ": " + found.error().message);
    parties.insert(parties.end(), found->begin(), found->end());
  }
  return parties;
}

const char* state_of(const DevnetNode& node) {
  if (!runs(node)) return "stopped";
  return is_paused(node.pid) ? "paused" : "runs";
}

nlohmann::json nodes_json(const Devnet& devnet) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const auto& node : devnet.nodes) {
    nodes.push_back({{"index", node.index},
                     {"member", node.member},
                     {"url", node.url()},
                     {"pid", node.pid},
                     {"running", runs(node)},
                     {"state", state_of(node)}});
  }
  return nodes;
}

void show_nodes(const Session& session, const Devnet& devnet, const std::string& last_line) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& node : devnet.nodes) {
    rows.push_back({std::to_string(node.index), node.member, node.url(), state_of(node),
                    std::to_string(node.pid)});
  }
  const nlohmann::json object{{"folder", devnet.folder.string()},
                              {"profile", (devnet.folder / "profile.json").string()},
                              {"nodes", nodes_json(devnet)}};
  print(session, object, table({"node", "member", "api", "state", "pid"}, rows) + last_line);
}

Result<Devnet> create_or_load(const Session& session, const DevnetFlags& flags) {
  if (std::filesystem::exists(std::filesystem::path(flags.folder) / "devnet.json")) return load_devnet(flags.folder);
  AVAL_ASSIGN(const auto parties, parties_of(flags));
  progress(session, fmt::format("making keys, certificates and genesis of four banks and {} parties in {}",
                                parties.size(), flags.folder));
  return create_devnet({flags.folder, flags.base_port, parties, flags.parameters});
}

int devnet_up(const Session& session, const DevnetFlags& flags) {
  auto devnet = create_or_load(session, flags);
  if (!devnet) return fail(session, failure_of(devnet.error()));
  progress(session, "starting the nodes that do not run");
  if (const auto started = start_nodes(*devnet, avald_path(flags)); !started) {
    return fail(session, failure_of(started.error()));
  }
  if (const auto ready = wait_until_ready(*devnet, std::chrono::seconds(30)); !ready) {
    return fail(session, failure_of(ready.error()));
  }
  show_nodes(session, *devnet,
             fmt::format("use it with  aval --profile {0}/profile.json …\nstop it with  aval devnet down --dir {1}\n",
                         devnet->folder.string(), flags.folder));
  return exit_ok;
}

int devnet_down(const Session& session, const DevnetFlags& flags) {
  const auto devnet = load_devnet(flags.folder);
  if (!devnet) return fail(session, failure_of(devnet.error()));
  for (const auto& node : devnet->nodes) send_signal(node.pid, node.config().string(), SIGCONT);
  for (const auto& node : devnet->nodes) send_signal(node.pid, node.config().string(), SIGTERM);
  for (const auto& node : devnet->nodes) {
    if (wait_until_gone(node.pid, node.config().string(), std::chrono::seconds(5))) continue;
    progress(session, fmt::format("node {} did not stop in 5 s; killing it", node.index));
    send_signal(node.pid, node.config().string(), SIGKILL);
    wait_until_gone(node.pid, node.config().string(), std::chrono::seconds(5));
  }
  show_nodes(session, *devnet, "");
  return exit_ok;
}

int devnet_status(const Session& session, const DevnetFlags& flags) {
  const auto devnet = load_devnet(flags.folder);
  if (!devnet) return fail(session, failure_of(devnet.error()));
  show_nodes(session, *devnet, "");
  return exit_ok;
}

int with_node(const Session& session, const DevnetFlags& flags,
              const std::function<int(const Devnet&, const DevnetNode&)>& action) {
  const auto devnet = load_devnet(flags.folder);
  if (!devnet) return fail(session, failure_of(devnet.error()));
  for (const auto& node : devnet->nodes) {
    if (node.index == flags.node) return action(*devnet, node);
  }
  return fail(session, {exit_usage, "usage", fmt::format("there is no node {}", flags.node), fmt::format("nodes are 1 to {}", devnet->nodes.size())});
}

int devnet_logs(const Session& session, const DevnetFlags& flags) {
  return with_node(session, flags, [](const Devnet&, const DevnetNode& node) {
    std::ifstream log(node.folder / "avald.log", std::ios::binary);
    for (std::string line; std::getline(log, line);) std::cout << printable(line) << '\n';
    return static_cast<int>(exit_ok);
  });
}

int devnet_signal(const Session& session, const DevnetFlags& flags, int signal) {
  return with_node(session, flags, [&](const Devnet& devnet, const DevnetNode& node) {
    if (!send_signal(node.pid, node.config().string(), signal)) {
      return fail(session, {exit_refused, "not-running", fmt::format("node {} does not run", node.index),
                            fmt::format("aval devnet up --dir {}", flags.folder)});
    }
    if (signal == SIGKILL) wait_until_gone(node.pid, node.config().string(), std::chrono::seconds(5));
    show_nodes(session, devnet, "");
    return static_cast<int>(exit_ok);
  });
}

int devnet_wipe(const Session& session, const DevnetFlags& flags) {
  return with_node(session, flags, [&](const Devnet&, const DevnetNode& node) {
    if (runs(node)) {
      return fail(session, {exit_refused, "running", fmt::format("node {} runs", node.index),
                            fmt::format("aval devnet kill {} --dir {}", node.index, flags.folder)});
    }
    std::error_code failed;
    const auto removed = std::filesystem::remove_all(node.folder / "data", failed);
    if (failed) return fail(session, {exit_usage, "io", failed.message(), ""});
    print(session, {{"index", node.index}, {"files_removed", removed}},
          fmt::format("removed the data of node {}. It will fetch the chain anew and vote with its old key, though it has "
                      "forgotten what it promised: never do this to a bank of a real network.\n",
                      node.index));
    return static_cast<int>(exit_ok);
  });
}

int devnet_add(const Session& session, const DevnetFlags& flags) {
  auto devnet = load_devnet(flags.folder);
  if (!devnet) return fail(session, failure_of(devnet.error()));
  const auto node = add_node(*devnet);
  if (!node) return fail(session, failure_of(node.error()));
  const std::string folder = node->folder.string();
  print(session,
        {{"index", node->index}, {"member", node->member}, {"api", node->url()},
         {"member_file", folder + "/member.json"}, {"seat_file", folder + "/seat.json"}},
        fmt::format("made node {0} for {1} in {2}\nnext: aval gov propose admit {2}/member.json, aval gov propose seat "
                    "{2}/seat.json, the votes of the others, and  aval devnet up --dir {3}\n",
                    node->index, node->member, folder, flags.folder));
  return exit_ok;
}

int devnet_rekey(const Session& session, const DevnetFlags& flags) {
  return with_node(session, flags, [&](const Devnet& devnet, const DevnetNode& node) {
    if (const auto made = add_next_keys(devnet, node); !made) return fail(session, failure_of(made.error()));
    const std::string folder = node.folder.string();
    print(session, {{"vote_key", folder + "/vote.pem.next"}, {"tls_key", folder + "/tls.pem.next"}},
          fmt::format("made {0}/vote.pem.next, tls.pem.next and tls.crt.next\nnext: aval gov rotate --as {1} --vote-key "
                      "{0}/vote.pem.next --tls-key {0}/tls.pem.next\n",
                      folder, node.member));
    return static_cast<int>(exit_ok);
  });
}

using Run = int (*)(const Session&, const DevnetFlags&);

}  // namespace

void add_devnet_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* devnet = app.add_subcommand("devnet", "Four banks on this machine, as real processes");
  devnet->require_subcommand(1);
  auto flags = std::make_shared<DevnetFlags>();
  const auto add = [&](const char* name, const char* help, auto run) {
    auto* command = devnet->add_subcommand(name, help);
    command->add_option("--dir", flags->folder, "Folder of the network")->capture_default_str();
    command->callback([&session, &chosen, flags, run] {
      chosen = [&session, flags, run] { return run(session, *flags); };
    });
    return command;
  };
  const auto add_for_node = [&](const char* name, const char* help, auto run) {
    add(name, help, run)->add_option("NODE", flags->node, "Number of the node, from 1")->required();
  };
  auto* up = add("up", "Make the network if it is not there, start what does not run, wait until ready",
                 Run(devnet_up));
  up->add_option("--base-port", flags->base_port, "First port; 0 takes any free ones")->capture_default_str();
  up->add_option("--parties", flags->parties, "UBL files whose sellers and buyers become members");
  up->add_option("--parameters", flags->parameters, "Ledger parameters that differ from the defaults, JSON object");
  up->add_option("--avald", flags->avald, "Path of avald (default: beside aval)");
  add("down", "Stop every node", Run(devnet_down));
  add("status", "Show which nodes run", Run(devnet_status));
  add_for_node("logs", "Print a node's log", Run(devnet_logs));
  add_for_node("kill", "kill -9 a node", [](const Session& s, const DevnetFlags& f) { return devnet_signal(s, f, SIGKILL); });
  add_for_node("pause", "Stop a node in its tracks (SIGSTOP)",
               [](const Session& s, const DevnetFlags& f) { return devnet_signal(s, f, SIGSTOP); });
  add_for_node("resume", "Let a paused node go on",
               [](const Session& s, const DevnetFlags& f) { return devnet_signal(s, f, SIGCONT); });
  add("add", "Make one more node, which waits for a seat", Run(devnet_add));
  add_for_node("rekey", "Make the next vote and TLS keys of a node", Run(devnet_rekey));
  add_for_node("wipe", "Remove the data of a stopped node", Run(devnet_wipe));
}

}  // namespace aval::cli
