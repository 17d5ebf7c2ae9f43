#include <catch2/catch.hpp>

#include "tests/unit/contracts/world.h"

namespace aval::contracts::payment_test {
namespace {

pb::Obligation obligation(const World& world, const std::string& id = "inv-1") {
  return world.get<pb::Obligation>(obligation_key(id));
}

}  // namespace

TEST_CASE("the obligor pays what it owes, whole or in parts, and no more", "[payment]") {
  World world = accepted_world();
  play(world, {
                  {"buyer", pay("inv-1", 1, ""), Status::Malformed},
                  {"buyer", pay("inv-1", 1, std::string(36, 'e')), Status::Malformed},
                  {"buyer", pay("Inv", 1, "e"), Status::Malformed},
                  {"buyer", pay("inv-1", 0, "e"), Status::WrongAmount},
                  {"buyer", pay("inv-1", -1, "e"), Status::WrongAmount},
                  {"buyer", pay("inv-1", 1, "e", "EUX"), Status::WrongCurrency},
                  {"buyer", pay("inv-1", 1, "e", "USD"), Status::WrongCurrency},
                  {"buyer", pay("inv-9", 1, "e"), Status::NotFound},
                  {"seller", pay("inv-1", 1, "e"), Status::NotPermitted},
                  {"buyer", pay("inv-1", 100'001, "e"), Status::WrongAmount},
                  {"buyer", pay("inv-1", 30'000, "e"), Status::Applied},
                  {"buyer", pay("inv-1", 30'000, "e"), Status::ReferenceReused},
                  {"buyer", pay("inv-1", 70'001, "f"), Status::WrongAmount},
                  {"buyer", pay("inv-1", 70'000, "f"), Status::Applied},
                  {"buyer", pay("inv-1", 1, "f"), Status::ReferenceReused},
                  {"buyer", pay("inv-1", 1, "g"), Status::WrongState},
              });
  REQUIRE(world.cash("seller") == 100'000);
  REQUIRE(obligation(world).status() == pb::OBLIGATION_DISCHARGED);
  REQUIRE(world.get<pb::Note>(note_key("inv-1")).status() == pb::NOTE_PAID);
  REQUIRE(world.get<pb::Invoice>(invoice_key("inv-1")).status() == pb::INVOICE_CLOSED);
}

TEST_CASE("an end-to-end id is single use per obligor, not for everybody", "[payment]") {
  World world = accepted_world();
  const InvoiceFields other = {.id = "inv-2", .number = "2", .buyer = "trader"};
  world.apply("bank-a", issue("trader", 100'000));
  play(world, {
                  {"seller", submit(other), Status::Applied},
                  {"trader", accept(other), Status::Applied},
                  {"buyer", pay("inv-1", 1, "e"), Status::Applied},
                  {"trader", pay("inv-2", 1, "e"), Status::Applied},
              });
  const auto payment = world.get<pb::Payment>(payment_key("buyer", "e"));
  REQUIRE(payment.obligation() == "inv-1");
  REQUIRE(payment.amount() == 1);
}

TEST_CASE("an obligor without funds pays nothing", "[payment]") {
  World world = accepted_world();
  world.apply("buyer", transfer_cash("trader", 100'000'000 - 99'999));
  REQUIRE(world.run("buyer", pay("inv-1", 100'000, "e")) == Status::InsufficientFunds);
  REQUIRE(world.run("buyer", pay("inv-1", 99'999, "e")) == Status::Applied);
}

TEST_CASE("funds must cover the whole payment even when a part comes back to the payer", "[payment]") {
  World world = accepted_world();
  world.apply("seller", split("inv-1", {50'000, 50'000}));
  world.apply("seller", transfer_note("inv-1-1", "buyer"), {"seller/maker", "buyer/maker"});
  world.apply("buyer", transfer_cash("trader", 100'000'000 - 60'000));
  REQUIRE(world.run("buyer", pay("inv-1", 100'000, "e")) == Status::InsufficientFunds);
  REQUIRE(world.run("buyer", pay("inv-1", 60'000, "e")) == Status::Applied);
  REQUIRE(world.cash("buyer") == 30'000);
  REQUIRE(world.cash("seller") == 30'000);
}

TEST_CASE("cash goes to the present holders by largest remainder", "[payment]") {
  const InvoiceFields hundred = {.amount = 10'000'002};
  World world = accepted_world(hundred);
  world.apply("seller", split("inv-1", {3'333'334, 3'333'334, 3'333'334}));
  world.apply("seller", transfer_note("inv-1-2", "trader"), {"seller/maker", "trader/maker"});
  world.apply("seller", transfer_note("inv-1-3", "bank-c"), {"seller/maker", "bank-c/maker"});
  world.apply("buyer", pay("inv-1", 10'000'000, "e"));  // V11a: thirds of 100,000.00
  REQUIRE(world.cash("seller") == 3'333'334);
  REQUIRE(world.cash("trader") == 3'333'333);
  REQUIRE(world.cash("bank-c") == 3'333'333);
  REQUIRE(world.get<pb::Note>(note_key("inv-1-1")).status() == pb::NOTE_PAID);
  REQUIRE(obligation(world).notes_size() == 2);
  world.apply("buyer", pay("inv-1", 2, "f"));
  REQUIRE(world.cash("bank-c") == 3'333'334);
  REQUIRE(obligation(world).status() == pb::OBLIGATION_DISCHARGED);
}

TEST_CASE("a holder of a note gets its share when the obligor pays early, the financing its collection",
          "[payment]") {
  World world = accepted_world();
  play(world, {
                  {"seller", request("fin-1"), Status::Applied},
                  {"bank-b", approve("fin-1"), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::Applied},
                  {"buyer", pay("inv-1", 25'000, "e"), Status::Applied},
              });
  auto financing = world.get<pb::Financing>(financing_key("fin-1"));
  REQUIRE(financing.status() == pb::FINANCING_PART_REPAID);
  REQUIRE(financing.collected() == 25'000);
  world.apply("buyer", pay("inv-1", 75'000, "f"));
  financing = world.get<pb::Financing>(financing_key("fin-1"));
  REQUIRE(financing.status() == pb::FINANCING_SETTLED);
  REQUIRE(world.cash("bank-b") == 100'000'000 - financing.proceeds() + 100'000);
}

TEST_CASE("random splits of a debt and random payments of it sum exactly", "[payment][property]") {
  Numbers numbers(8);
  for (int round = 0; round < 25; ++round) {
    const auto amount = static_cast<std::int64_t>(1000 + numbers.below(1'000'000));
    World world = accepted_world({.amount = amount});
    const auto first = static_cast<std::int64_t>(1 + numbers.below(static_cast<std::uint64_t>(amount) - 2));
    world.apply("seller", split("inv-1", {first, amount - first}));
    world.apply("seller", transfer_note("inv-1-1", "trader"), {"seller/maker", "trader/maker"});
    std::int64_t left = amount;
    for (int payment = 0; left > 0; ++payment) {
      const auto share = static_cast<std::int64_t>(1 + numbers.below(static_cast<std::uint64_t>(left)));
      const std::int64_t now = payment == 5 ? left : share;
      world.apply("buyer", pay("inv-1", now, "e" + std::to_string(payment)));
      left -= now;
    }
    REQUIRE(world.cash("trader") == first);
    REQUIRE(world.cash("seller") == amount - first);
  }
}

}  // namespace aval::contracts::payment_test
