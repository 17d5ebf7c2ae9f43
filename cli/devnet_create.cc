#include <sys/stat.h>

#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/devnet.h"
#include "cli/genesis_spec.h"
#include "cli/process.h"
#include "contracts/genesis.h"
#include "crypto/key_file.h"
#include "crypto/random.h"
#include "crypto/x509.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;

constexpr unsigned bank_count = 4;
constexpr int certificate_days = 825;
const std::vector<std::string> cash_currencies{"CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "JPY",
                                               "NOK", "PLN", "RON", "SEK", "USD"};

/// What making a network carries from step to step.
struct Workshop {
  DevnetPlan plan;
  std::string passphrase;
  std::int64_t now = 0;  // seconds since 1970
  json spec;
};

Result<void> write_text(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) return unexpected(Error::Code::Io, "cannot write " + path.string());
  file.close();
  if (::chmod(path.c_str(), mode) != 0) return unexpected(Error::Code::Io, "cannot set the mode of " + path.string());
  return {};
}

Result<void> make_private_folder(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return unexpected(Error::Code::Io, "cannot create " + path.string() + ": " + failed.message());
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, failed);
  return {};
}

/// A new key in a file; returns its public key in hexadecimal, as the description wants it.
Result<crypto::PublicKey> new_key(const Workshop& shop, const std::filesystem::path& path) {
  const auto key = crypto::PrivateKey::generate();
  AVAL_TRY(crypto::write_key_file(path, key, shop.passphrase));
  return key.public_key();
}

Result<json> member_with_key(const Workshop& shop, const std::string& id, const std::string& name,
                             const std::vector<std::string>& roles) {
  AVAL_ASSIGN(const auto key, new_key(shop, shop.plan.folder / "keys" / (id + "-maker.pem")));
  return json{{"id", id},
              {"name", name},
              {"roles", roles},
              {"keys", json::array({{{"public_key", key.hex()}, {"role", "maker"}}})}};
}

Result<void> add_bank(Workshop& shop, DevnetNode& node, const crypto::PrivateKey& ca, const std::string& ca_pem) {
  AVAL_TRY(make_private_folder(node.folder));
  AVAL_ASSIGN(const auto vote, new_key(shop, node.folder / "vote.pem"));
  AVAL_ASSIGN(const auto tls, new_key(shop, node.folder / "tls.pem"));
  AVAL_ASSIGN(const auto certificate,
              crypto::issue_certificate(ca, ca_pem, tls, node.member, shop.now - 3600, certificate_days));
  AVAL_TRY(write_text(node.folder / "tls.crt", certificate, 0644));
  shop.spec["validators"].push_back({{"member", node.member},
                                     {"vote_key", vote.hex()},
                                     {"tls_key", tls.hex()},
                                     {"address", fmt::format("127.0.0.1:{}", node.peer_port)}});
  const std::string name = std::string("Bank ") + static_cast<char>('A' + node.index - 1);
  AVAL_ASSIGN(json member, member_with_key(shop, node.member, name, {"financier", "cash-bank"}));
  member["cash_currencies"] = cash_currencies;
  shop.spec["members"].push_back(member);
  return {};
}

/// The logistics firm: owner of three devices, with a gateway key for the node that takes their messages.
Result<void> add_logistics(Workshop& shop) {
  AVAL_ASSIGN(json member, member_with_key(shop, "logistics", "Nordsee Logistik", {"oracle"}));
  AVAL_ASSIGN(const auto gateway, new_key(shop, shop.plan.folder / "keys" / "logistics-gateway.pem"));
  member["keys"].push_back({{"public_key", gateway.hex()}, {"role", "gateway"}});
  shop.spec["members"].push_back(member);
  for (const char* id : {"device-1", "device-2", "device-3"}) {
    AVAL_ASSIGN(const auto key, new_key(shop, shop.plan.folder / "keys" / (std::string(id) + ".pem")));
    shop.spec["devices"].push_back({{"id", id}, {"owner", "logistics"}, {"public_key", key.hex()}});
  }
  return {};
}

Result<void> add_parties(Workshop& shop) {
  std::map<std::string, UblParty> distinct;
  for (const auto& party : shop.plan.parties) {
    const std::string id = member_id_of(party);
    if (!id.empty()) distinct.emplace(id, party);
  }
  for (const auto& [id, party] : distinct) {
    AVAL_ASSIGN(json member, member_with_key(shop, id, party.name, {"trader"}));
    member["lei"] = party.lei;
    member["vat"] = party.vat;
    member["electronic_address"] = party.electronic_address;
    member["country"] = party.country;
    shop.spec["members"].push_back(member);
  }
  return {};
}

json node_config(const DevnetNode& node) {
  json config{{"genesis", "../genesis.json"},
              {"data_dir", "data"},
              {"member", node.member},
              {"identity",
               {{"vote_key", "vote.pem"},
                {"tls_key", "tls.pem"},
                {"tls_certificate", "tls.crt"},
                {"ca_certificate", "../ca.pem"},
                {"passphrase_file", "../keys/passphrase"}}},
              {"p2p", {{"listen", fmt::format("127.0.0.1:{}", node.peer_port)}}},
              {"api", {{"listen", fmt::format("127.0.0.1:{}", node.api_port)}}}};
  if (node.index == 1) {
    config["gateway"] = {{"key", "../keys/logistics-gateway.pem"},
                         {"passphrase_file", "../keys/passphrase"},
                         {"member", "logistics"}};
  }
  return config;
}

/// Below the ports that Linux gives to outgoing connections (from 32768 on), one of which could take a
/// port between its choice and its use.
constexpr std::uint16_t any_port_first = 12000;
constexpr std::uint16_t any_ports = 20000;

Result<std::vector<DevnetNode>> plan_nodes(const DevnetPlan& plan) {
  std::vector<DevnetNode> nodes;
  auto candidate = static_cast<std::uint16_t>(any_port_first + crypto::random_below(any_ports));
  const auto take = [&](std::uint16_t wanted) -> Result<std::uint16_t> {
    if (plan.base_port != 0) {
      if (port_is_free(wanted)) return wanted;
      return unexpected(Error::Code::Conflict, fmt::format("port {} on 127.0.0.1 is in use; choose other ports "
                                                           "with --base-port, or 0 for any free ones",
                                                           wanted));
    }
    while (!port_is_free(candidate)) ++candidate;
    return candidate++;
  };
  for (unsigned index = 1; index <= bank_count; ++index) {
    DevnetNode node;
    node.index = index;
    node.member = std::string("bank-") + static_cast<char>('a' + index - 1);
    node.folder = plan.folder / fmt::format("node-{}", index);
    AVAL_ASSIGN(node.peer_port, take(static_cast<std::uint16_t>(plan.base_port + index - 1)));
    AVAL_ASSIGN(node.api_port, take(static_cast<std::uint16_t>(plan.base_port + 10 + index - 1)));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Result<void> write_profile(const Devnet& devnet) {
  json endpoints = json::array();
  for (const auto& node : devnet.nodes) endpoints.push_back(node.url());
  const json profile{{"endpoints", endpoints},
                     {"genesis", "genesis.json"},
                     {"keys", "keys"},
                     {"passphrase_file", "keys/passphrase"},
                     {"register_key_file", "keys/register.key"}};
  return write_text(devnet.folder / "profile.json", profile.dump(2) + "\n", 0644);
}

Result<void> start_spec(Workshop& shop, const Bytes& register_key) {
  shop.spec = json{{"name", "devnet"},
                   {"time_ms", static_cast<std::uint64_t>(shop.now) * 1000},
                   {"register_key_check", crypto::sha256(register_key).hex()},
                   {"validators", json::array()},
                   {"members", json::array()},
                   {"devices", json::array()}};
  if (shop.plan.spec_overrides.empty()) return {};
  AVAL_ASSIGN(shop.spec["parameters"], node::parse_strict_json(shop.plan.spec_overrides));
  return {};
}

Result<void> write_secrets(const Workshop& shop, const Bytes& register_key) {
  AVAL_TRY(make_private_folder(shop.plan.folder / "keys"));
  AVAL_TRY(write_text(shop.plan.folder / "keys" / "passphrase", shop.passphrase + "\n", 0600));
  return write_text(shop.plan.folder / "keys" / "register.key", to_hex(register_key) + "\n", 0600);
}

}  // namespace

namespace {

Result<Devnet> fill_folder(const DevnetPlan& plan) {
  Workshop shop{plan, to_hex(crypto::random_bytes(16)), 0, {}};
  shop.plan.folder = std::filesystem::absolute(plan.folder);
  shop.now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count();
  const Bytes register_key = crypto::random_bytes(32);
  Devnet devnet{shop.plan.folder, {}};
  AVAL_ASSIGN(devnet.nodes, plan_nodes(shop.plan));
  AVAL_TRY(make_private_folder(devnet.folder));
  AVAL_TRY(write_secrets(shop, register_key));
  AVAL_TRY(start_spec(shop, register_key));

  const auto ca = crypto::PrivateKey::generate();
  AVAL_ASSIGN(const auto ca_pem,
              crypto::issue_ca_certificate(ca, "Aval development CA", shop.now - 3600, certificate_days));
  AVAL_TRY(write_text(devnet.folder / "ca.pem", ca_pem, 0644));
  for (auto& node : devnet.nodes) AVAL_TRY(add_bank(shop, node, ca, ca_pem));
  AVAL_TRY(add_logistics(shop));
  AVAL_ASSIGN(const json auditor, member_with_key(shop, "auditor", "Auditor", {"auditor"}));
  shop.spec["members"].push_back(auditor);
  AVAL_TRY(add_parties(shop));

  AVAL_ASSIGN(const auto document, genesis_from_spec(shop.spec));
  AVAL_TRY(contracts::make_genesis(document));
  AVAL_TRY(write_text(devnet.folder / "genesis.json", contracts::genesis_json(document) + "\n", 0644));
  for (const auto& node : devnet.nodes) {
    AVAL_TRY(write_text(node.config(), node_config(node).dump(2) + "\n", 0644));
  }
  AVAL_TRY(write_profile(devnet));
  AVAL_TRY(save_devnet(devnet));
  return devnet;
}

}  // namespace

Result<Devnet> create_devnet(const DevnetPlan& plan) {
  if (std::filesystem::exists(plan.folder / "devnet.json")) {
    return unexpected(Error::Code::Conflict, plan.folder.string() + " already holds a development network");
  }
  const bool was_there = std::filesystem::exists(plan.folder);
  auto devnet = fill_folder(plan);
  if (!devnet && !was_there) {  // half a network is of no use to anybody
    std::error_code ignored;
    std::filesystem::remove_all(plan.folder, ignored);
  }
  return devnet;
}

}  // namespace aval::cli
