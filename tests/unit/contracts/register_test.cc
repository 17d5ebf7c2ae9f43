#include <catch2/catch.hpp>

#include "tests/unit/contracts/world.h"

namespace aval::contracts::register_test {
namespace {

pb::RegisterEntry entry(const World& world, const std::string& tier, const std::string& text) {
  return world.get<pb::RegisterEntry>(register_key(tier, fingerprint(tier, text)));
}

/// Tier x of the words' invoices: number and amount.
pb::RegisterEntry exact(const World& world, const std::string& number = "A-1") {
  return entry(world, "x", number + "100000");
}

}  // namespace

TEST_CASE("the exact fingerprint of a live invoice blocks a second one", "[register]") {
  World world;
  play(world, {
                  {"seller", submit(), Status::Applied},
                  {"seller", submit({.id = "inv-2"}), Status::DuplicateRegistered},
                  {"trader", submit({.id = "inv-3", .seller = "trader"}), Status::DuplicateRegistered},
                  {"buyer", accept(), Status::Applied},
                  {"seller", submit({.id = "inv-2"}), Status::DuplicateRegistered},
              });
  REQUIRE(exact(world).status() == pb::REGU);
  REQUIRE(exact(world).invoice() == "inv-1");
}

TEST_CASE("a duplicate of a financed invoice is answered DFIN", "[register]") {
  World world = accepted_world();
  play(world,
       {
           {"seller", request("fin-1"), Status::Applied},
           {"seller", submit({.id = "inv-2"}), Status::DuplicateRegistered},
           {"bank-b", approve("fin-1"), Status::Applied},
           {"bank-b", disburse("fin-1"), Status::Applied},
           {"seller", submit({.id = "inv-2"}), Status::DuplicateFinanced},
           {"buyer", pay("inv-1", 100'000, "e2e-1"), Status::Applied},
           {"seller", submit({.id = "inv-2"}), Status::DuplicateRegistered},  // OBSA: paid, closed for good
       });
  REQUIRE(exact(world).status() == pb::OBSA);
}

TEST_CASE("I15: a cancelled registration frees the fingerprint and keeps its history", "[register]") {
  World world;
  play(world, {
                  {"seller", submit(), Status::Applied},
                  {"seller", withdraw(), Status::Applied},
              });
  REQUIRE(exact(world).status() == pb::CANC);
  REQUIRE(exact(world).code() == "WITH");
  play(world, {
                  {"seller", submit({.id = "inv-2"}), Status::Applied},
                  {"buyer", reject("inv-2"), Status::Applied},
              });
  REQUIRE(exact(world).code() == "RJCT");
  play(world, {{"seller", submit({.id = "inv-3"}), Status::Applied}});
  REQUIRE(exact(world).status() == pb::REGU);
  REQUIRE(exact(world).invoice() == "inv-3");
  REQUIRE(exact(world).duplicates_size() == 2);
  REQUIRE(exact(world).duplicates(0) == "inv-1");
  REQUIRE(exact(world).duplicates(1) == "inv-2");
}

TEST_CASE("the same number with another amount is let in, flagged REDU and told", "[register]") {
  World world;
  world.apply("seller", submit());
  world.apply("seller", submit({.id = "inv-2", .amount = 90'000}));
  REQUIRE(world.events.size() == 2);
  REQUIRE(world.events[0] == ledger::Event{"register.duplicate", "inv-2", "inv-1"});
  REQUIRE(entry(world, "x", "A-190000").status() == pb::REDU);
  REQUIRE(entry(world, "n1", "A-1").status() == pb::REDU);
  REQUIRE(entry(world, "n1", "A-1").duplicates(0) == "inv-2");
  REQUIRE(exact(world).status() == pb::REGU);
}

TEST_CASE("the same purchase order warns, and without one nothing is compared", "[register]") {
  World world;
  world.apply("seller", submit({.id = "inv-1", .number = "1", .purchase_order = "PO-1"}));
  world.apply("seller", submit({.id = "inv-2", .number = "2", .purchase_order = "PO-1"}));
  world.apply("seller", submit({.id = "inv-3", .number = "3"}));
  REQUIRE(exact(world, "1").status() == pb::REGU);
  REQUIRE(exact(world, "2").status() == pb::REDU);
  REQUIRE(exact(world, "3").status() == pb::REGU);
}

TEST_CASE("a flagged invoice is financed like any other: the warning is for people", "[register]") {
  World world = accepted_world();
  const InvoiceFields second = {.id = "inv-2", .amount = 90'000};
  play(world, {
                  {"seller", submit(second), Status::Applied},
                  {"buyer", accept(second), Status::Applied},
                  {"seller", request("fin-2", "inv-2"), Status::Applied},
                  {"bank-b", approve("fin-2"), Status::Applied},
                  {"bank-b", disburse("fin-2"), Status::Applied},
              });
  REQUIRE(entry(world, "x", "A-190000").status() == pb::FNCD);
}

TEST_CASE("an entry remembers a bounded number of duplicates", "[register]") {
  World world;
  for (int i = 0; i < 40; ++i) {
    const std::string id = "inv-" + std::to_string(i);
    world.apply("seller", submit({.id = id}));
    world.apply("seller", withdraw(id));
  }
  REQUIRE(exact(world).invoice() == "inv-39");
  REQUIRE(exact(world).duplicates_size() == 32);
  REQUIRE(exact(world).duplicates(0) == "inv-0");
}

}  // namespace aval::contracts::register_test
