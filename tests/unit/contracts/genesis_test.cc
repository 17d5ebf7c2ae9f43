#include "contracts/genesis.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "contracts/genesis_check.h"
#include "ledger/canonical.h"
#include "ledger/state_tree.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::genesis_test {
namespace {

/// The fault of the sample genesis with one thing changed.
template <class Change>
std::string fault_of(Change change) {
  pb::Genesis genesis = sample_genesis();
  change(genesis);
  const auto made = make_genesis(genesis);
  return made ? "none" : made.error().message;
}

bool names(const std::string& message, const std::string& what) {
  INFO(message);
  return message.find(what) != std::string::npos;
}

/// A file that is gone when the test ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("aval-genesis-" + crypto::sha256(text).hex().substr(0, 16) + ".json")) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Result<GenesisState> read_text(const std::string& text) { return read_genesis(TemporaryFile(text).path()); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

pb::Member& member(pb::Genesis& genesis, const std::string& id) {
  for (pb::Member& each : *genesis.mutable_members()) {
    if (each.id() == id) return each;
  }
  FAIL("no member " << id);
  return *genesis.mutable_members(0);
}

}  // namespace

TEST_CASE("a genesis gives the chain its id, its validators and its first state", "[genesis]") {
  const GenesisState genesis = make_genesis(sample_genesis()).value();
  REQUIRE(genesis.config.chain_id == crypto::tagged(crypto::Tag::Genesis, genesis.canonical));
  REQUIRE(genesis.config.validators.size() == 4);
  REQUIRE(genesis.config.validators.validators[1].member == "bank-b");
  ledger::MemoryState state;
  state.apply(genesis.state);
  REQUIRE(genesis.config.genesis_state_root == ledger::StateTree::of(state).root());
  REQUIRE(state.get(member_key("seller")).has_value());
  REQUIRE(state.get(device_key("device-1")).has_value());
  REQUIRE(state.get(programme_key()) == ledger::canonical(sample_genesis().programme()));
}

TEST_CASE("every change of a genesis is another chain", "[genesis]") {
  const auto chain_id = make_genesis(sample_genesis()).value().config.chain_id;
  pb::Genesis other = sample_genesis();
  other.set_time_ms(other.time_ms() + 1);
  REQUIRE(make_genesis(other).value().config.chain_id != chain_id);
}

TEST_CASE("the first fault of a genesis is named", "[genesis]") {
  using G = pb::Genesis;
  REQUIRE(fault_of([](G&) {}) == "none");
  REQUIRE(names(fault_of([](G& g) { g.clear_name(); }), "name"));
  REQUIRE(names(fault_of([](G& g) { g.set_parameters("?"); }), "parameters"));
  REQUIRE(names(fault_of([](G& g) { g.set_register_key_check("?"); }), "register_key_check"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_validators()->RemoveLast(); }), "4..100"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_validators(1)->set_member("nobody"); }), "validator 'nobody'"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_validators(1)->set_member("bank-a"); }), "one validator"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_validators(1)->clear_address(); }), "address"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_validators(1)->set_vote_key("?"); }), "vote_key"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_members()->SwapElements(0, 1); }), "not ascending"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_devices()->SwapElements(0, 1); }), "not ascending"));
  REQUIRE(names(fault_of([](G& g) { *g.add_members() = g.members(11); }), "one twice"));
  REQUIRE(names(fault_of([](G& g) { g.mutable_devices(0)->set_owner("nobody"); }), "device 'device-1'"));
}

TEST_CASE("a public key may appear once in a genesis, whatever it is for", "[genesis]") {
  using G = pb::Genesis;
  const auto twice = [](auto change) { return names(fault_of(change), "used twice"); };
  REQUIRE(twice([](G& g) { g.mutable_validators(1)->set_tls_key(g.validators(0).vote_key()); }));
  REQUIRE(twice([](G& g) { g.mutable_devices(1)->set_public_key(g.devices(0).public_key()); }));
  REQUIRE(
      twice([](G& g) { g.mutable_devices(1)->set_public_key(member(g, "seller").keys(0).public_key()); }));
  REQUIRE(
      twice([](G& g) { g.mutable_validators(0)->set_vote_key(member(g, "bank-a").keys(0).public_key()); }));
}

TEST_CASE("members are well-formed", "[genesis]") {
  const auto fault = [](auto change) {
    return fault_of([&](pb::Genesis& g) { change(member(g, "seller")); });
  };
  REQUIRE(names(fault([](pb::Member& m) { m.clear_name(); }), "name"));
  REQUIRE(names(fault([](pb::Member& m) { m.set_lei("213800KUD8LXJWSQ9D15"); }), "LEI"));
  REQUIRE(fault([](pb::Member& m) { m.set_lei("213800KUD8LAJWSQ9D15"); }) == "none");
  REQUIRE(names(fault([](pb::Member& m) { m.set_country("se"); }), "country"));
  REQUIRE(names(fault([](pb::Member& m) { m.clear_roles(); }), "no role"));
  REQUIRE(names(fault([](pb::Member& m) { m.add_roles(pb::ROLE_TRADER); }), "roles are not ascending"));
  REQUIRE(names(fault([](pb::Member& m) { m.add_roles(pb::ROLE_CASH_BANK); }), "cash_currencies"));
  REQUIRE(names(fault([](pb::Member& m) { m.add_cash_currencies("EUR"); }), "cash_currencies"));
  REQUIRE(names(fault([](pb::Member& m) { m.mutable_keys(0)->set_role(pb::KEY_NONE); }), "without a role"));
  REQUIRE(
      names(fault([](pb::Member& m) { m.mutable_keys()->SwapElements(0, 1); }), "keys are not ascending"));
  REQUIRE(names(fault([](pb::Member& m) { m.mutable_keys(0)->set_public_key(Bytes(33, '\x01')); }), "P-256"));
}

TEST_CASE("the programme has its bounds", "[genesis]") {
  const auto fault = [](auto change) {
    return fault_of([&](pb::Genesis& g) { change(*g.mutable_programme()); });
  };
  REQUIRE(names(fault([](pb::Programme& p) { p.set_day_count_basis(364); }), "360 or 365"));
  REQUIRE(names(fault([](pb::Programme& p) { p.set_acceptance_window_days(0); }), "acceptance_window_days"));
  REQUIRE(names(fault([](pb::Programme& p) { p.set_tenor_days_max(3661); }), "tenor_days_max"));
  REQUIRE(names(fault([](pb::Programme& p) { p.set_attestation_age_max_ms(0); }), "attestation_age_max_ms"));
}

TEST_CASE("genesis.json reads back as the same chain", "[genesis]") {
  const pb::Genesis document = sample_genesis();
  const std::string text = genesis_json(document);
  REQUIRE(names(text, "\"register_key_check\""));  // field names as in finance.proto
  REQUIRE(read_text(text).value().canonical == make_genesis(document).value().canonical);
}

TEST_CASE("genesis.json with a name unknown, twice, escaped or in another spelling is refused", "[genesis]") {
  const std::string text = genesis_json(sample_genesis());
  const std::string name = "\"name\": \"test\"";
  REQUIRE_FALSE(read_text(replaced(text, name, name + ", \"colour\": 1")));
  REQUIRE_FALSE(read_text(replaced(text, name, name + ", \"name\": \"test\"")));
  REQUIRE_FALSE(read_text(replaced(text, name, name + ", \"n\\u0061me\": \"test\"")));
  REQUIRE_FALSE(read_text(replaced(text, "\"time_ms\"", "\"timeMs\"")));
  REQUIRE_FALSE(read_text(text + "x"));
  REQUIRE_FALSE(read_text("{"));
  REQUIRE_FALSE(read_text(""));
  REQUIRE(read_text(replaced(text, name, "\"name\": \"a \\\"quoted: {name}\\\"\"")));
}

TEST_CASE("a genesis file that is not there is named", "[genesis]") {
  const auto read = read_genesis("/nowhere/genesis.json");
  REQUIRE(read.error().code == Error::Code::Io);
  REQUIRE(names(read.error().message, "/nowhere/genesis.json"));
}

TEST_CASE("LEIs carry the check digits of ISO 17442", "[genesis]") {
  REQUIRE(is_lei("213800KUD8LAJWSQ9D15"));
  for (const char* lei : {"213800KUD8LXJWSQ9D15", "SPARSE00000000000001", "213800kud8lajwsq9d15",
                          "213800KUD8LAJWSQ9D1", "213800KUD8LAJWSQ9DA5", ""}) {
    CAPTURE(lei);
    REQUIRE_FALSE(is_lei(lei));
  }
}

}  // namespace aval::contracts::genesis_test
