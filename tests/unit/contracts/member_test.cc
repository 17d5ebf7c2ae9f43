#include <catch2/catch.hpp>

#include "tests/unit/contracts/world.h"

namespace aval::contracts::member_test {
namespace {

/// Who signs, with which keys, and what the envelope is answered.
struct Signing {
  std::string member;
  std::vector<std::string> keys;
  Status expected;
};

void play(World& world, const pb::Command& command, const std::vector<Signing>& table) {
  for (const Signing& line : table) {
    INFO(line.member << " with " << (line.keys.empty() ? "no key" : line.keys.front()) << " of "
                     << line.keys.size());
    REQUIRE(world.run(line.member, command, line.keys) == line.expected);
  }
}

}  // namespace

TEST_CASE("the sender's own keys must sign, and nobody else's", "[member]") {
  World world;
  world.apply("bank-a", issue("seller", 1000));
  play(world, transfer_cash("buyer", 1),
       {
           {"seller", {"seller/maker"}, Status::Applied},
           {"seller", {"seller/second"}, Status::Applied},
           {"seller", {"seller/maker", "seller/second"}, Status::Applied},
           {"seller", {"buyer/maker"}, Status::UnknownKey},
           {"seller", {"stranger/maker"}, Status::UnknownKey},
           {"seller", {"seller/maker", "stranger/maker"}, Status::UnknownKey},
           {"seller", {"seller/maker", "buyer/maker"}, Status::UnknownKey},
           {"nobody", {"seller/maker"}, Status::UnknownMember},
           {"No Member", {"seller/maker"}, Status::UnknownMember},
           {"frozen", {"frozen/maker"}, Status::MemberSuspended},
       });
}

TEST_CASE("GV-13 I10: neither a validator's keys nor a device's move cash", "[member]") {
  World world;
  world.apply("bank-a", issue("bank-b", 1000));
  play(world, transfer_cash("buyer", 1),
       {
           {"bank-b", {"bank-b/vote"}, Status::UnknownKey},
           {"bank-b", {"bank-b/tls"}, Status::UnknownKey},
           {"logistics", {"device-1"}, Status::UnknownKey},
           {"bank-b", {"bank-b/maker"}, Status::Applied},
       });
}

TEST_CASE("I20: under dual control a maker and a checker must both sign", "[member]") {
  World world;
  world.apply("bank-a", issue("careful", 1000));
  play(world, transfer_cash("buyer", 1),
       {
           {"careful", {"careful/maker"}, Status::CheckerMissing},
           {"careful", {"careful/checker"}, Status::CheckerMissing},
           {"careful", {"careful/maker", "careful/second"}, Status::CheckerMissing},
           {"careful", {"careful/maker", "buyer/maker"}, Status::UnknownKey},
           {"careful", {"careful/maker", "careful/checker"}, Status::Applied},
           {"careful", {"careful/second", "careful/checker"}, Status::Applied},
       });
}

TEST_CASE("a gateway key may attest and nothing else", "[member]") {
  World world;
  world.apply("bank-a", issue("logistics", 1000));
  REQUIRE(world.run("logistics", transfer_cash("buyer", 1), {"logistics/gateway"}) == Status::NotPermitted);
  REQUIRE(world.run("logistics", revoke_device("device-1"), {"logistics/gateway"}) == Status::NotPermitted);
  REQUIRE(world.run("logistics", revoke_key("logistics/maker"), {"logistics/gateway"}) ==
          Status::NotPermitted);
  REQUIRE(world.run("logistics", attest("x"), {"logistics/gateway"}) == Status::AttestationMalformed);
  REQUIRE(world.run("logistics", attest("x"), {"logistics/maker"}) == Status::AttestationMalformed);
  REQUIRE(world.run("logistics", transfer_cash("buyer", 1), {"logistics/gateway", "logistics/maker"}) ==
          Status::Applied);
}

TEST_CASE("a key is revoked by another key of the same member, and never signs again", "[member]") {
  World world;
  world.apply("bank-a", issue("seller", 1000));
  play(world, revoke_key("seller/maker"),
       {
           {"seller", {"seller/maker"}, Status::NotPermitted},  // not by itself alone
           {"buyer", {"buyer/maker"}, Status::NotFound},        // not another member's
           {"seller", {"seller/second"}, Status::Applied},
           {"seller", {"seller/second"}, Status::KeyRevoked},
       });
  play(world, transfer_cash("buyer", 1),
       {
           {"seller", {"seller/maker"}, Status::KeyRevoked},
           {"seller", {"seller/maker", "seller/second"}, Status::KeyRevoked},
           {"seller", {"seller/second"}, Status::Applied},
       });
}

TEST_CASE("a revoked checker no longer completes dual control", "[member]") {
  World world;
  world.apply("bank-a", issue("careful", 1000));
  world.apply("careful", revoke_key("careful/checker"), {"careful/maker", "careful/checker"});
  REQUIRE(world.run("careful", transfer_cash("buyer", 1), {"careful/maker", "careful/checker"}) ==
          Status::KeyRevoked);
}

TEST_CASE("a revocation counts from the next envelope of the same block", "[member]") {
  World world;
  world.apply("bank-a", issue("seller", 1000));
  const auto first = world.envelope(world.body("seller", {revoke_key("seller/maker")}), {"seller/second"});
  const auto second = world.envelope(world.body("seller", {transfer_cash("buyer", 1)}), {"seller/maker"});
  const auto batch = ledger::make_batch(ledger::ReplicaId{0}, 0, {first, second});
  ledger::Overlay changes(world.state);
  const ExecutedBlock executed = execute_block(world.block, {batch}, changes);
  REQUIRE(executed.receipts.at(0).status == 0);
  REQUIRE(executed.included == std::vector<ledger::EnvelopePtr>{first});
}

}  // namespace aval::contracts::member_test
