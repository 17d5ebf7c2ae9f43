#include <fmt/format.h>
#include <map>

#include "cli/devnet_files.h"
#include "cli/genesis_spec.h"
#include "cli/process.h"
#include "contracts/genesis.h"
#include "crypto/random.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;

constexpr unsigned bank_count = 4;

/// What making a network carries from step to step.
struct Workshop {
  DevnetPlan plan;
  std::string passphrase;
  Issuer issuer;
  json spec;
};

Result<json> member_of(const Workshop& shop, const std::string& id, const std::string& name,
                       const std::vector<std::string>& roles) {
  return member_with_key(shop.plan.folder, shop.passphrase, id, name, roles);
}

Result<void> add_bank(Workshop& shop, const DevnetNode& node) {
  AVAL_ASSIGN(const json seat, node_seat(node, shop.passphrase, shop.issuer));
  AVAL_ASSIGN(const json member, bank_member(shop.plan.folder, shop.passphrase, node));
  shop.spec["validators"].push_back(seat);
  shop.spec["members"].push_back(member);
  return {};
}

/// The logistics firm: owner of three devices, with a gateway key for the node that takes their messages.
Result<void> add_logistics(Workshop& shop) {
  AVAL_ASSIGN(json member, member_of(shop, "logistics", "Nordsee Logistik", {"oracle"}));
  AVAL_ASSIGN(const auto gateway, new_key(shop.plan.folder / "keys" / "logistics-gateway.pem", shop.passphrase));
  member["keys"].push_back({{"public_key", gateway.hex()}, {"role", "gateway"}});
  shop.spec["members"].push_back(member);
  for (const char* id : {"device-1", "device-2", "device-3"}) {
    AVAL_ASSIGN(const auto key, new_key(shop.plan.folder / "keys" / (std::string(id) + ".pem"), shop.passphrase));
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
    AVAL_ASSIGN(json member, member_of(shop, id, party.name, {"trader"}));
    member["lei"] = party.lei;
    member["vat"] = party.vat;
    member["electronic_address"] = party.electronic_address;
    member["country"] = party.country;
    shop.spec["members"].push_back(member);
  }
  return {};
}

Result<std::vector<DevnetNode>> plan_nodes(const DevnetPlan& plan) {
  std::vector<DevnetNode> nodes;
  std::uint16_t candidate = any_port();
  const auto take = [&](std::uint16_t wanted) -> Result<std::uint16_t> {
    if (plan.base_port == 0) return take_free_port(candidate);
    if (port_is_free(wanted)) return wanted;
    return unexpected(Error::Code::Conflict, fmt::format("port {} on 127.0.0.1 is in use; choose other ports "
                                                         "with --base-port, or 0 for any free ones",
                                                         wanted));
  };
  for (unsigned index = 1; index <= bank_count; ++index) {
    DevnetNode node = node_at(plan.folder, index);
    AVAL_ASSIGN(node.peer_port, take(static_cast<std::uint16_t>(plan.base_port + index - 1)));
    AVAL_ASSIGN(node.api_port, take(static_cast<std::uint16_t>(plan.base_port + 10 + index - 1)));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Result<void> start_spec(Workshop& shop, const Bytes& register_key) {
  shop.spec = json{{"name", "devnet"},
                   {"time_ms", static_cast<std::uint64_t>(shop.issuer.now) * 1000},
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

Result<Devnet> fill_folder(const DevnetPlan& plan) {
  AVAL_ASSIGN(Issuer issuer, new_issuer());
  Workshop shop{plan, to_hex(crypto::random_bytes(16)), std::move(issuer), {}};
  shop.plan.folder = std::filesystem::absolute(plan.folder);
  const Bytes register_key = crypto::random_bytes(32);
  Devnet devnet{shop.plan.folder, {}};
  AVAL_ASSIGN(devnet.nodes, plan_nodes(shop.plan));
  AVAL_TRY(make_private_folder(devnet.folder));
  AVAL_TRY(write_secrets(shop, register_key));
  AVAL_TRY(start_spec(shop, register_key));

  AVAL_TRY(write_text(devnet.folder / "ca.pem", shop.issuer.certificate_pem, 0644));
  for (const auto& node : devnet.nodes) AVAL_TRY(add_bank(shop, node));
  AVAL_TRY(add_logistics(shop));
  AVAL_ASSIGN(const json auditor, member_of(shop, "auditor", "Auditor", {"auditor"}));
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
