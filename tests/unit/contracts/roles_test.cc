#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "tests/unit/contracts/governed.h"
#include "tests/unit/contracts/page.h"
#include "tests/unit/contracts/situations.h"

namespace aval::contracts::roles_test {
namespace {

/// Who asks: a member, and the keys that sign for it.
struct Asker {
  std::string member;
  std::vector<std::string> keys;
};

/// In the order of the page's columns.
std::vector<Asker> askers() {
  std::vector<Asker> out;
  for (const char* member : {"seller", "buyer", "trader", "bank-a", "bank-b", "bank-c", "logistics", "auditor"})
    out.push_back({member, {std::string(member) + "/maker"}});
  out.push_back({"logistics", {"logistics/gateway"}});
  out.push_back({"bank-b", {"bank-b/governor"}});
  out.push_back({"bank-dual", governors("bank-dual")});
  return out;
}

/// Somebody else than the asker, whom it may trade with.
std::string other_than(const std::string& member) { return member == "trader" ? "buyer" : "trader"; }

/// A command as this asker would give it, in a world where its right party may: what names the sender names the
/// asker, and the counterpart of two signatures has signed.
struct Row {
  std::function<void(World&)> setup;
  std::function<pb::Command(const World&, const std::string& asker)> command;
  std::function<std::string(const std::string& asker)> counterpart = {};
};

void nothing(World&) {}

void proposed(World& world) { REQUIRE(govern(world, "bank-a", propose("p", wider_window())) == Status::Applied); }

void proposed_by_b(World& world) {
  REQUIRE(govern(world, "bank-b", propose("p", wider_window())) == Status::Applied);
}

void observed(World& world) {
  REQUIRE(govern(world, "bank-a", propose("seat", observer())) == Status::Applied);
  for (const char* bank : {"bank-b", "bank-c"})
    REQUIRE(govern(world, bank, approve_change("seat", observer())) == Status::Applied);
}

pb::Command add_key() {
  pb::Command command;
  command.mutable_add_key()->set_public_key(Bytes(private_key(9'999).public_key().view()));
  command.mutable_add_key()->set_role(pb::KEY_MAKER);
  return command;
}

/// A row that needs nothing of the world and of who asks.
Row plain(void (*setup)(World&), const pb::Command& command) {
  return {setup, [command](const World&, const std::string&) { return command; }};
}

std::vector<Row> rows() {
  return {
      {nothing,
       [](const World&, const std::string& asker) {
         return submit({.seller = asker, .buyer = asker == "buyer" ? "seller" : "buyer"});
       }},
      plain(presented, accept()),
      plain(presented, reject()),
      plain(presented, withdraw()),
      plain(accepted, request("fin-9", "inv-1", "bank-d")),
      plain(requested, approve("fin-1")),
      plain(approved, disburse("fin-1")),
      plain(requested, cancel("fin-1")),
      {nothing, [](const World&, const std::string& asker) { return issue(other_than(asker), 100); }},
      {nothing, [](const World&, const std::string& asker) { return redeem(asker, 100); },
       [](const std::string&) { return std::string("bank-a"); }},
      {nothing, [](const World&, const std::string& asker) { return transfer_cash(other_than(asker), 100); }},
      plain(accepted, pay("inv-1", 10'000, "e2e-1")),
      {conditional, [](const World& world, const std::string&) { return attested(world, "device-1", 1); }},
      plain(nothing, revoke_device("device-1")),
      plain(nothing, revoke_key("logistics/gateway")),
      {accepted, [](const World&, const std::string& asker) { return transfer_note("inv-1", other_than(asker)); },
       &other_than},
      plain(accepted, split("inv-1", {60'000, 40'000})),
      plain(nothing, propose("p", wider_window())),
      plain(proposed, approve_change("p", wider_window())),
      plain(proposed_by_b, [] {
        pb::Command command;
        command.mutable_withdraw_change()->set_proposal("p");
        return command;
      }()),
      {observed, [](const World& world, const std::string&) { return ready(world); }},
      {nothing, [](const World& world, const std::string& asker) {
         return rotate(world, asker, "device-2", "device-2");
       }},
      plain(nothing, add_key()),
  };
}

/// Everybody who can hold cash has some.
World funded_world() {
  World world = governed_world();
  for (const Asker& asker : askers())
    if (asker.member != "auditor") world.apply("bank-a", issue(asker.member, 1'000'000));
  return world;
}

std::string kind_of(const pb::Command& command) {
  const auto& oneof = *pb::Command::descriptor()->oneof_decl(0);
  return command.GetReflection()->GetOneofFieldDescriptor(command, &oneof)->message_type()->name();
}

std::string line_of(const Row& row) {
  World start = funded_world();
  row.setup(start);
  std::string line = "| " + kind_of(row.command(start, "seller")) + " |";
  for (const Asker& asker : askers()) {
    World world = start;
    std::vector<std::string> keys = asker.keys;
    const std::string counterpart = row.counterpart ? row.counterpart(asker.member) : "";
    if (!counterpart.empty() && counterpart != asker.member) keys.push_back(counterpart + "/maker");
    line += " " + std::string(code_of(world.run(asker.member, row.command(world, asker.member), keys))) + " |";
  }
  return line;
}

}  // namespace

TEST_CASE("GV-13 every command of every role gives the answer that the page publishes", "[roles]") {
  const std::string page = contracts_page();
  CHECK(page.find("| command | seller | buyer | trader | bank-a | bank-b | bank-c | logistics | auditor | "
                  "logistics' gateway key | bank-b's governor key | observer |") != std::string::npos);
  std::set<std::string> kinds;
  for (const Row& row : rows()) {
    const std::string line = line_of(row);
    INFO(line);
    CHECK(page.find(line) != std::string::npos);
    kinds.insert(line.substr(0, line.find('|', 1)));
  }
  CHECK(kinds.size() == static_cast<std::size_t>(pb::Command::descriptor()->field_count()));
}

}  // namespace aval::contracts::roles_test
