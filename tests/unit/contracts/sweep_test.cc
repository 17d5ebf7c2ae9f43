#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/contracts/page.h"
#include "tests/unit/contracts/situations.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::sweep_test {
namespace {

using Setup = std::function<void(World&)>;

/// A way to bring inv-1 and what hangs on it into a situation that the page names.
struct Situation {
  std::string name;
  Setup setup;
};

void lapsed(World& world) {
  conditional(world);
  world.pass_days(31);
}

/// `setup`, then one more command.
Setup then(const Setup& setup, const std::string& member, const pb::Command& command) {
  return [=](World& world) {
    setup(world);
    world.apply(member, command);
  };
}

std::vector<Situation> situations() {
  return {
      {"nothing there", [](World&) {}},
      {"presented", presented},
      {"rejected", then(presented, "buyer", reject())},
      {"withdrawn", then(presented, "seller", withdraw())},
      {"conditional", conditional},
      {"lapsed", lapsed},
      {"void", then(lapsed, "seller", withdraw())},
      {"unconditional", accepted},
      {"split", then(accepted, "seller", split("inv-1", {60'000, 40'000}))},
      {"part paid", then(accepted, "buyer", pay("inv-1", 10'000, "e2e-0"))},
      {"requested", requested},
      {"approved", approved},
      {"cancelled", then(approved, "bank-b", cancel("fin-1"))},
      {"disbursed", disbursed},
      {"part repaid", then(disbursed, "buyer", pay("inv-1", 10'000, "e2e-0"))},
      {"discharged", then(disbursed, "buyer", pay("inv-1", 100'000, "e2e-0"))},
  };
}

/// Two parts that sum to the note's amount now.
pb::Command split_in_two(const World& world) {
  if (!world.state.get(note_key("inv-1"))) return split("inv-1", {1, 2});
  const std::int64_t amount = world.get<pb::Note>(note_key("inv-1")).amount();
  return split("inv-1", {1, amount - 1});
}

/// The commands of the sweep, each by the party it belongs to; notes by whoever controls them.
std::vector<std::pair<std::string, pb::Command>> commands_in(const World& world,
                                                             const std::string& controller) {
  return {
      {"seller", submit()},
      {"trader", submit({.id = "inv-2", .seller = "trader"})},  // the same fingerprint
      {"buyer", accept()},
      {"buyer", reject()},
      {"seller", withdraw()},
      {controller, request("fin-9", "inv-1", "bank-c")},
      {"bank-b", approve("fin-1")},
      {"bank-b", disburse("fin-1")},
      {"bank-b", cancel("fin-1")},
      {"buyer", pay("inv-1", 20'000, "e2e-9")},
      {controller, transfer_note("inv-1", "trader")},
      {controller, split_in_two(world)},
      {"logistics", attested(world, "device-1", 1)},
  };
}

std::vector<std::string> answers(const World& start, const std::string& controller) {
  std::vector<std::string> codes;
  for (const auto& [member, command] : commands_in(start, controller)) {
    World world = start;
    std::vector<std::string> keys = {member + "/maker"};
    if (command.has_transfer_note()) keys.push_back("trader/maker");
    codes.emplace_back(code_of(world.run(member, command, keys)));
  }
  return codes;
}

std::string controller_of(const World& world) {
  return world.state.get(note_key("inv-1")) ? world.get<pb::Note>(note_key("inv-1")).controller() : "seller";
}

}  // namespace

TEST_CASE("every command in every situation gives the answer that the page publishes", "[sweep]") {
  const std::string page = contracts_page();
  for (const Situation& situation : situations()) {
    World world;
    world.apply("bank-a", issue("bank-b", 100'000'000));
    world.apply("bank-a", issue("buyer", 100'000'000));
    situation.setup(world);
    std::string row = "| " + situation.name + " |";
    for (const std::string& code : answers(world, controller_of(world))) row += " " + code + " |";
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
  }
}

}  // namespace aval::contracts::sweep_test
