#include <catch2/catch.hpp>

#include "tests/unit/contracts/world.h"

namespace aval::contracts::note_test {
namespace {

pb::Note note(const World& world, const std::string& id) { return world.get<pb::Note>(note_key(id)); }

Status transferred(World& world, const std::string& from, const std::string& id, const std::string& to,
                   const std::vector<std::string>& keys) {
  return world.run(from, transfer_note(id, to), keys);
}

}  // namespace

TEST_CASE("I5: a split makes children that sum to the parent, which never lives again", "[note]") {
  World world = accepted_world();
  play(world, {
                  {"seller", split("inv-1", {60'000, 39'999}), Status::WrongAmount},
                  {"seller", split("inv-1", {60'000, 40'001}), Status::WrongAmount},
                  {"seller", split("inv-1", {100'000, 0}), Status::WrongAmount},
                  {"seller", split("inv-1", {100'001, -1}), Status::WrongAmount},
                  {"seller", split("inv-1", {std::numeric_limits<std::int64_t>::max(), 1}), Status::Overflow},
                  {"seller", split("inv-1", {100'000}), Status::Malformed},
                  {"seller", split("inv-1", {}), Status::Malformed},
                  {"seller", split("inv-1", std::vector<std::int64_t>(65, 1)), Status::Malformed},
                  {"seller", split("inv-2", {1, 2}), Status::NotFound},
                  {"seller", split("Inv", {1, 2}), Status::Malformed},
                  {"buyer", split("inv-1", {60'000, 40'000}), Status::NotController},
                  {"seller", split("inv-1", {60'000, 40'000}), Status::Applied},
                  {"seller", split("inv-1", {60'000, 40'000}), Status::WrongState},
                  {"seller", request("fin-1", "inv-1"), Status::WrongState},
              });
  REQUIRE(note(world, "inv-1").status() == pb::NOTE_SPLIT);
  const pb::Note child = note(world, "inv-1-2");
  REQUIRE(child.amount() == 40'000);
  REQUIRE(child.parent() == "inv-1");
  REQUIRE(child.obligation() == "inv-1");
  REQUIRE(child.terms_hash() == note(world, "inv-1").terms_hash());
}

TEST_CASE("children stand where their parent stood", "[note]") {
  World world = accepted_world();
  world.apply("seller", split("inv-1", {50'000, 30'000, 20'000}));
  world.apply("seller", split("inv-1-2", {10'000, 20'000}));
  const auto obligation = world.get<pb::Obligation>(obligation_key("inv-1"));
  const std::vector<std::string> live(obligation.notes().begin(), obligation.notes().end());
  REQUIRE(live == std::vector<std::string>{"inv-1-1", "inv-1-2-1", "inv-1-2-2", "inv-1-3"});
}

TEST_CASE("I8: control passes by the controller and the transferee together", "[note]") {
  World world = accepted_world();
  REQUIRE(transferred(world, "seller", "inv-1", "trader", {"seller/maker"}) == Status::CounterpartMissing);
  REQUIRE(transferred(world, "seller", "inv-1", "trader", {"trader/maker"}) == Status::UnknownKey);
  REQUIRE(transferred(world, "trader", "inv-1", "trader", {"trader/maker"}) == Status::NotController);
  REQUIRE(transferred(world, "seller", "inv-1", "seller", {"seller/maker"}) == Status::NotPermitted);
  REQUIRE(transferred(world, "seller", "inv-1", "nobody", {"seller/maker"}) == Status::UnknownMember);
  REQUIRE(transferred(world, "seller", "inv-1", "frozen", {"seller/maker", "frozen/maker"}) ==
          Status::MemberSuspended);
  REQUIRE(transferred(world, "seller", "inv-1", "logistics", {"seller/maker", "logistics/maker"}) ==
          Status::NotPermitted);
  REQUIRE(transferred(world, "seller", "inv-9", "trader", {"seller/maker", "trader/maker"}) ==
          Status::NotFound);
  REQUIRE(transferred(world, "seller", "inv-1", "careful", {"seller/maker", "careful/maker"}) ==
          Status::CounterpartMissing);
  REQUIRE(transferred(world, "seller", "inv-1", "trader", {"seller/maker", "trader/maker"}) ==
          Status::Applied);
  REQUIRE(note(world, "inv-1").controller() == "trader");
  REQUIRE(transferred(world, "seller", "inv-1", "trader", {"seller/maker", "trader/maker"}) ==
          Status::NotController);
}

TEST_CASE("a locked or financed note can be neither split nor passed on", "[note]") {
  World world = accepted_world();
  world.apply("seller", request("fin-1"));
  REQUIRE(world.run("seller", split("inv-1", {1, 99'999})) == Status::NoteLocked);
  REQUIRE(transferred(world, "seller", "inv-1", "trader", {"seller/maker", "trader/maker"}) ==
          Status::NoteLocked);
  world.apply("bank-b", approve("fin-1"));
  world.apply("bank-b", disburse("fin-1"));
  REQUIRE(world.run("bank-b", split("inv-1", {1, 99'999})) == Status::NoteLocked);
  REQUIRE(transferred(world, "bank-b", "inv-1", "bank-c", {"bank-b/maker", "bank-c/maker"}) ==
          Status::NoteLocked);
}

TEST_CASE("splitting has bounds: live notes of one obligation, and the length of an id", "[note]") {
  World world = accepted_world();
  const std::vector<std::int64_t> hundredths(50, 2'000);
  world.apply("seller", split("inv-1", hundredths));
  world.apply("seller", split("inv-1-1", std::vector<std::int64_t>(50, 40)));
  REQUIRE(world.run("seller", split("inv-1-2", std::vector<std::int64_t>(50, 40))) == Status::LimitReached);
  world.apply("seller", split("inv-1-2", std::vector<std::int64_t>(8, 250)));

  const InvoiceFields longest = {.id = std::string(63, 'a'), .number = "long"};
  world.apply("seller", submit(longest));
  world.apply("buyer", accept(longest));
  REQUIRE(world.run("seller", split(longest.id, {1, 99'999})) == Status::LimitReached);
}

TEST_CASE(
    "the three-tier voucher: split, passed on, split again, financed at the third tier, paid at maturity",
    "[note][story]") {
  const InvoiceFields anchor = {.amount = 100'000'000};
  World world = accepted_world(anchor);
  world.apply("bank-a", issue("buyer", 100'000'000));
  world.apply("seller", split("inv-1", {60'000'000, 40'000'000}));
  world.apply("seller", transfer_note("inv-1-2", "trader"), {"seller/maker", "trader/maker"});
  world.apply("trader", split("inv-1-2", {25'000'000, 15'000'000}));
  world.apply("trader", transfer_note("inv-1-2-1", "careful"),
              {"trader/maker", "careful/maker", "careful/checker"});
  world.apply("careful", request("fin-1", "inv-1-2-1"), {"careful/maker", "careful/checker"});
  world.apply("bank-b", approve("fin-1"));
  world.apply("bank-b", disburse("fin-1"));
  world.apply("buyer", pay("inv-1", 100'000'000, "maturity"));
  REQUIRE(world.cash("seller") == 60'000'000);
  REQUIRE(world.cash("trader") == 15'000'000);
  const auto financing = world.get<pb::Financing>(financing_key("fin-1"));
  REQUIRE(financing.status() == pb::FINANCING_SETTLED);
  REQUIRE(world.cash("careful") == financing.proceeds());
  REQUIRE(world.cash("bank-b") == 100'000'000 - financing.proceeds() + 25'000'000);
}

}  // namespace aval::contracts::note_test
