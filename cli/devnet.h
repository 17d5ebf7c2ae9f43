#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/ubl.h"
#include "crypto/base/result.h"

namespace aval::cli {

/// A development network of four banks or more on this machine, in one folder:
///   devnet.json genesis.json profile.json ca.pem keys/ node-1/ … node-4/
/// each node folder with node.json, its keys, data/ and avald.log. Everything but the place is real:
/// own processes, own keys, mutual TLS, own databases.
struct DevnetNode {
  unsigned index = 0;  // from 1, as people count
  std::string member;
  std::filesystem::path folder;
  std::uint16_t peer_port = 0;
  std::uint16_t api_port = 0;
  int pid = 0;  // of the last start

  std::filesystem::path config() const { return folder / "node.json"; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(api_port); }
};

struct Devnet {
  std::filesystem::path folder;
  std::vector<DevnetNode> nodes;
};

struct DevnetPlan {
  std::filesystem::path folder;
  std::uint16_t base_port = 7400;  // peers from here, APIs ten higher; 0: any free ports
  std::vector<UblParty> parties;   // registered as traders, with a key each
  std::string spec_overrides;      // JSON object merged into the genesis "parameters"; may be empty
};

/// Makes keys, certificates, genesis, configurations and profile. Conflict when the folder holds one.
Result<Devnet> create_devnet(const DevnetPlan& plan);
/// One more node, with keys, a configuration that waits for a seat, and what the ledger is to be told of it:
/// member.json and seat.json in its folder, for `aval gov propose`. Does not start it.
Result<DevnetNode> add_node(Devnet& devnet);
/// New keys beside those of a node, with ".next" behind the names, for `aval gov rotate`. Keys that were put
/// there before take the places of those that they have replaced.
Result<void> add_next_keys(const Devnet& devnet, const DevnetNode& node);
Result<Devnet> load_devnet(const std::filesystem::path& folder);
Result<void> save_devnet(const Devnet& devnet);

/// Starts the nodes that do not run. `avald` is the program's path.
Result<void> start_nodes(Devnet& devnet, const std::filesystem::path& avald);
/// Waits until every node answers ready; the error quotes the log of one that does not.
Result<void> wait_until_ready(const Devnet& devnet, std::chrono::milliseconds limit);
bool runs(const DevnetNode& node);

}  // namespace aval::cli
