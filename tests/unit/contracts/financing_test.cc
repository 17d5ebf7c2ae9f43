#include <catch2/catch.hpp>

#include "contracts/money.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::financing_test {
namespace {

pb::Financing financing(const World& world, const std::string& id = "fin-1") {
  return world.get<pb::Financing>(financing_key(id));
}

pb::Note note(const World& world, const std::string& id = "inv-1") {
  return world.get<pb::Note>(note_key(id));
}

template <class Change>
pb::Command approve_with(Change change) {
  pb::Command command = approve("fin-1");
  change(*command.mutable_approve_financing());
  return command;
}

/// V1's invoice, accepted: 1,234,567.89 due 2026-04-20.
World v1_world() {
  return accepted_world(
      {.amount = 123'456'789, .currency = "EUR", .issued = first_day, .due = first_day + 14 + 95});
}

constexpr Day v1_value_date = first_day + 14;  // 2026-01-15

}  // namespace

TEST_CASE("a financing is requested by the note's controller from a financier", "[financing]") {
  World world = accepted_world();
  play(world, {
                  {"seller", request("Fin"), Status::Malformed},
                  {"seller", request("fin-1", "Inv"), Status::Malformed},
                  {"seller", request("fin-1", "inv-9"), Status::NotFound},
                  {"buyer", request("fin-1"), Status::NotController},
                  {"seller", request("fin-1", "inv-1", "nobody"), Status::UnknownMember},
                  {"seller", request("fin-1", "inv-1", "trader"), Status::NotPermitted},
                  {"seller", request("fin-1", "inv-1", "seller"), Status::NotPermitted},
                  {"seller", request("fin-1", "inv-1", "frozen"), Status::MemberSuspended},
                  {"seller", request("fin-1"), Status::Applied},
                  {"seller", request("fin-1"), Status::AlreadyExists},
                  {"seller", request("fin-2"), Status::NoteLocked},
                  {"seller", request("fin-2", "inv-1", "bank-c"),
                   Status::NoteLocked},  // not at a second bank either
              });
  REQUIRE(note(world).status() == pb::NOTE_LOCKED);
  REQUIRE(note(world).controller() == "seller");
}

TEST_CASE("the financier fixes the terms within the programme", "[financing]") {
  World world = accepted_world();
  world.apply("seller", request("fin-1"));
  using Terms = pb::ApproveFinancing;
  const Day due = InvoiceFields().due;
  play(world,
       {
           {"bank-b", approve("fin-9"), Status::NotFound},
           {"bank-b", approve("Fin"), Status::Malformed},
           {"bank-c", approve("fin-1"), Status::NotPermitted},
           {"seller", approve("fin-1"), Status::NotPermitted},
           {"bank-b", approve_with([](Terms& t) { *t.mutable_fee() = money(1, "USD"); }),
            Status::WrongCurrency},
           {"bank-b", approve_with([](Terms& t) { *t.mutable_fee() = money(-1); }), Status::WrongAmount},
           {"bank-b", approve_with([](Terms& t) { *t.mutable_fee() = money(100'000); }), Status::WrongAmount},
           {"bank-b", approve_with([](Terms& t) { t.set_rate_ppb(rate_ppb_max + 1); }), Status::WrongAmount},
           {"bank-b", approve_with([&](Terms& t) { t.set_value_date(due + 1); }), Status::WrongDate},
           {"bank-b", approve_with([](Terms& t) { t.set_grace_days(day_max); }), Status::WrongDate},
           {"bank-b", approve_with([&](Terms& t) { t.set_value_date(due - 181); }), Status::TenorTooLong},
           {"bank-b", approve_with([&](Terms& t) { t.set_value_date(due - 180); }), Status::Applied},
           {"bank-b", approve("fin-1"), Status::WrongState},
       });
}

TEST_CASE("V1 through the contract: discount, fee and proceeds to the cent", "[financing]") {
  World world = v1_world();
  world.apply("seller", request("fin-1"));
  world.apply("bank-b", approve("fin-1", 53'500'000, 0, v1_value_date, 3));
  REQUIRE(financing(world).days() == 98);
  REQUIRE(financing(world).discount() == 1'798'011);
  REQUIRE(financing(world).proceeds() == 121'658'778);
  World with_fee = v1_world();
  with_fee.apply("seller", request("fin-1"));
  with_fee.apply("bank-b", approve("fin-1", 53'500'000, 100'000, v1_value_date));
  REQUIRE(financing(with_fee).discount() == 1'742'970);
  REQUIRE(financing(with_fee).proceeds() == 121'613'819);
}

TEST_CASE("V2 and V6: basis and rounding are the programme's", "[financing]") {
  pb::Genesis genesis = sample_genesis();
  genesis.mutable_programme()->set_day_count_basis(365);
  genesis.mutable_programme()->set_half_even(true);
  World world(genesis);
  const InvoiceFields fields = {.amount = 123'456'789, .due = first_day + 95};
  world.apply("seller", submit(fields));
  world.apply("buyer", accept(fields));
  world.apply("seller", request("fin-1"));
  world.apply("bank-b", approve("fin-1"));
  REQUIRE(financing(world).discount() == 1'719'094);

  genesis.mutable_programme()->set_day_count_basis(360);
  World even(genesis);
  const InvoiceFields tie = {.amount = 10'000, .due = first_day + 10};
  even.apply("seller", submit(tie));
  even.apply("buyer", accept(tie));
  even.apply("seller", request("fin-1"));
  even.apply("bank-b", approve("fin-1", 59'400'000));
  REQUIRE(financing(even).discount() == 16);
}

TEST_CASE("disbursement is delivery versus payment: both legs or none", "[financing]") {
  World world = accepted_world();
  world.apply("seller", request("fin-1"));
  play(world, {
                  {"bank-b", disburse("fin-1"), Status::WrongState},
                  {"bank-b", approve("fin-1", 53'500'000, 500), Status::Applied},
                  {"seller", disburse("fin-1"), Status::NotPermitted},
                  {"bank-b", disburse("fin-9"), Status::NotFound},
                  {"bank-b", disburse(""), Status::Malformed},
                  {"bank-b", transfer_cash("bank-c", 100'000'000), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::InsufficientFunds},  // LG1F: nothing moved
              });
  REQUIRE(note(world).controller() == "seller");
  REQUIRE(world.cash("seller") == 0);
  play(world, {
                  {"bank-c", transfer_cash("bank-b", 100'000'000), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::WrongState},
              });
  REQUIRE(financing(world).discount() == 1338);  // 1,337.50 rounded away from zero
  REQUIRE(world.cash("seller") == 100'000 - 1338 - 500);
  REQUIRE(world.cash("bank-b") == 100'000'000 - (100'000 - 1338 - 500));  // the fee is kept
  REQUIRE(note(world).controller() == "bank-b");
  REQUIRE(note(world).status() == pb::NOTE_ACTIVE);
  REQUIRE(note(world).financing() == "fin-1");
}

TEST_CASE("an undisbursed financing is cancelled by either side, and the note is free again", "[financing]") {
  World world = accepted_world();
  world.apply("seller", request("fin-1"));
  play(world, {
                  {"buyer", cancel("fin-1"), Status::NotPermitted},
                  {"seller", cancel("fin-1", "NOPE"), Status::Malformed},
                  {"seller", cancel("fin-9"), Status::NotFound},
                  {"seller", cancel("fin-1", "EXNB"), Status::Applied},
                  {"seller", cancel("fin-1"), Status::WrongState},
                  {"bank-b", approve("fin-1"), Status::WrongState},
                  {"seller", request("fin-1"), Status::AlreadyExists},  // an id is used once
                  {"seller", request("fin-2", "inv-1", "bank-c"), Status::Applied},
                  {"bank-c", approve("fin-2"), Status::Applied},
                  {"bank-c", cancel("fin-2", "EXND"), Status::Applied},
                  {"bank-c", disburse("fin-2"), Status::WrongState},
                  {"seller", request("fin-3"), Status::Applied},
                  {"bank-b", approve("fin-3"), Status::Applied},
                  {"bank-b", disburse("fin-3"), Status::Applied},
                  {"seller", cancel("fin-3"), Status::WrongState},
              });
  REQUIRE(financing(world).code() == "EXNB");
}

TEST_CASE("terms fixed over a face that was since paid in part cannot be disbursed", "[financing]") {
  World world = accepted_world();
  play(world, {
                  {"seller", request("fin-1"), Status::Applied},
                  {"bank-b", approve("fin-1"), Status::Applied},
                  {"buyer", pay("inv-1", 40'000, "e2e-1"), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::WrongAmount},
                  {"bank-b", cancel("fin-1", "EXND"), Status::Applied},
                  {"seller", request("fin-2"), Status::Applied},
                  {"bank-b", approve("fin-2"), Status::Applied},
                  {"bank-b", disburse("fin-2"), Status::Applied},
              });
  REQUIRE(financing(world, "fin-2").face() == 60'000);
}

TEST_CASE("a payment in full cancels a financing that was only approved", "[financing]") {
  World world = accepted_world();
  play(world, {
                  {"seller", request("fin-1"), Status::Applied},
                  {"bank-b", approve("fin-1"), Status::Applied},
                  {"buyer", pay("inv-1", 100'000, "e2e-1"), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::WrongState},
              });
  REQUIRE(financing(world).status() == pb::FINANCING_CANCELLED);
  REQUIRE(financing(world).code() == "OBSA");
  REQUIRE(world.cash("seller") == 100'000);
}

TEST_CASE("parts of one invoice are financed by different banks, together never more than the whole",
          "[financing]") {
  World world = accepted_world();
  world.apply("bank-a", issue("bank-c", 100'000'000));
  play(world, {
                  {"seller", split("inv-1", {60'000, 40'000}), Status::Applied},
                  {"seller", request("fin-1", "inv-1-1", "bank-b"), Status::Applied},
                  {"seller", request("fin-2", "inv-1-2", "bank-c"), Status::Applied},
                  {"bank-b", approve("fin-1"), Status::Applied},
                  {"bank-c", approve("fin-2"), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::Applied},
                  {"bank-c", disburse("fin-2"), Status::Applied},
                  {"buyer", pay("inv-1", 100'000, "e2e-1"), Status::Applied},
              });
  REQUIRE(financing(world, "fin-1").collected() == 60'000);
  REQUIRE(financing(world, "fin-2").collected() == 40'000);
  REQUIRE(financing(world, "fin-2").status() == pb::FINANCING_SETTLED);
}

}  // namespace aval::contracts::financing_test
