#include "contracts/executor.h"

#include <catch2/catch.hpp>

#include "ledger/canonical.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::executor_test {
namespace {

World funded_world() {
  World world;
  world.apply("bank-a", issue("seller", 1000));
  return world;
}

ledger::EnvelopePtr by_seller(World& world, const std::vector<pb::Command>& commands) {
  return world.envelope(world.body("seller", commands), {"seller/maker"});
}

std::uint32_t number(Status status) { return static_cast<std::uint32_t>(status); }

std::vector<std::uint32_t> results_of(const ledger::Receipt& receipt) {
  std::vector<std::uint32_t> statuses;
  for (const ledger::CommandResult& result : receipt.results) statuses.push_back(result.status);
  return statuses;
}

bool is_included(World& world, const ledger::EnvelopePtr& envelope) {
  return !world.run(envelope).included.empty();
}

template <class Change>
ledger::EnvelopePtr with_body(World& world, Change change) {
  ledger::Body body = world.body("seller", {transfer_cash("buyer", 1)});
  change(body);
  return world.envelope(body, {"seller/maker"});
}

}  // namespace

TEST_CASE("CL-16 a transaction is included once for ever", "[executor]") {
  World world = funded_world();
  const auto envelope = by_seller(world, {transfer_cash("buyer", 1)});
  REQUIRE(is_included(world, envelope));
  REQUIRE_FALSE(is_included(world, envelope));
  REQUIRE(world.cash("buyer") == 1);
}

TEST_CASE("the same body under other signatures is the same transaction", "[executor]") {
  World world = funded_world();
  const ledger::Body body = world.body("seller", {transfer_cash("buyer", 1)});
  REQUIRE(is_included(world, world.envelope(body, {"seller/maker"})));
  REQUIRE_FALSE(is_included(world, world.envelope(body, {"seller/second"})));
}

TEST_CASE("twice in one block is once", "[executor]") {
  World world = funded_world();
  const auto envelope = by_seller(world, {transfer_cash("buyer", 1)});
  const auto one = ledger::make_batch(ledger::ReplicaId{0}, 0, {envelope, envelope});
  const auto two = ledger::make_batch(ledger::ReplicaId{1}, 0, {envelope});
  ledger::Overlay changes(world.state);
  const ExecutedBlock executed = execute_block(world.block, {one, two}, changes);
  REQUIRE(executed.included == std::vector<ledger::EnvelopePtr>{envelope});
  REQUIRE(executed.receipts.size() == 1);
}

TEST_CASE("another chain's and expired envelopes leave no trace", "[executor]") {
  World world = funded_world();
  world.block.height = ledger::Height{50};
  const auto before = world.entities();
  REQUIRE_FALSE(
      is_included(world, with_body(world, [](ledger::Body& body) { body.chain_id.bytes[5] ^= 1U; })));
  REQUIRE_FALSE(is_included(
      world, with_body(world, [](ledger::Body& body) { body.valid_until = ledger::Height{49}; })));
  REQUIRE(world.entities() == before);
  world.block.height = ledger::Height{50};
  REQUIRE(is_included(world,
                      with_body(world, [](ledger::Body& body) { body.valid_until = ledger::Height{50}; })));
}

TEST_CASE("a validity beyond the window is refused, at its edge it is not", "[executor]") {
  World world = funded_world();
  world.block.height = ledger::Height{50};
  const auto valid_until = [](std::uint64_t height) {
    return [height](ledger::Body& body) { body.valid_until = static_cast<ledger::Height>(height); };
  };
  const auto beyond = world.run(with_body(world, valid_until(1051)));
  REQUIRE(beyond.receipts.at(0).status == number(Status::ValidityTooLong));
  REQUIRE(beyond.receipts.at(0).results.empty());
  const auto far_beyond = world.run(with_body(world, valid_until(~std::uint64_t{0})));
  REQUIRE(far_beyond.receipts.at(0).status == number(Status::ValidityTooLong));
  world.block.height = ledger::Height{50};
  REQUIRE(world.run(with_body(world, valid_until(1050))).receipts.at(0).status == 0);
}

TEST_CASE("CL-16 all or none: the first refusal undoes the rest and names itself", "[executor]") {
  World world = funded_world();
  const auto before = world.entities();
  const auto executed = world.run(by_seller(
      world, {transfer_cash("buyer", 1), transfer_cash("buyer", 2), transfer_cash("buyer", 1000), submit()}));
  const ledger::Receipt& receipt = executed.receipts.at(0);
  REQUIRE(receipt.status == number(Status::InsufficientFunds));
  REQUIRE(results_of(receipt) ==
          std::vector<std::uint32_t>{number(Status::RolledBack), number(Status::RolledBack),
                                     number(Status::InsufficientFunds), number(Status::RolledBack)});
  for (const auto& result : receipt.results) REQUIRE(result.events.empty());
  REQUIRE(world.entities() == before);
}

TEST_CASE("later commands of an envelope see what earlier ones did", "[executor]") {
  World world = funded_world();
  const auto executed = world.run(by_seller(world, {submit(), withdraw(), submit({.id = "inv-2"})}));
  REQUIRE(executed.receipts.at(0).status == 0);
  REQUIRE(executed.receipts.at(0).results.size() == 3);
  REQUIRE(executed.receipts.at(0).results[1].events.at(0) == ledger::Event{"invoice.withdrawn", "inv-1", ""});
}

TEST_CASE("item by item, each command stands alone", "[executor]") {
  World world = funded_world();
  ledger::Body body = world.body("seller", {transfer_cash("buyer", 400), transfer_cash("buyer", 700),
                                            transfer_cash("buyer", 600), pay("x", 1, "e")});
  body.commands.push_back("not a command");
  body.item_by_item = true;
  const auto executed = world.run(world.envelope(body, {"seller/maker"}));
  REQUIRE(executed.receipts.at(0).status == 0);
  REQUIRE(results_of(executed.receipts.at(0)) ==
          std::vector<std::uint32_t>{0, number(Status::InsufficientFunds), 0, number(Status::NotFound),
                                     number(Status::Malformed)});
  REQUIRE(world.cash("buyer") == 1000);
}

TEST_CASE("bytes that are not the canonical form of a known command are malformed", "[executor]") {
  World world = funded_world();
  const Bytes good = ledger::canonical(transfer_cash("buyer", 1));
  const Bytes bad[] = {"", "x", good + Bytes("\x00", 1), good + good, Bytes("\xfa\x01\x00", 3)};
  for (const Bytes& bytes : bad) {
    ledger::Body body = world.body("seller", {});
    body.commands = {bytes};
    const auto executed = world.run(world.envelope(body, {"seller/maker"}));
    REQUIRE(executed.receipts.at(0).status == number(Status::Malformed));
  }
}

TEST_CASE("a client reference names one transaction for ever", "[executor]") {
  World world = funded_world();
  const auto named = [&](std::int64_t minor, const std::string& reference) {
    ledger::Body body = world.body("seller", {transfer_cash("buyer", minor)});
    body.client_ref = reference;
    return world.envelope(body, {"seller/maker"});
  };
  const auto first = named(1, "po-7");
  REQUIRE(world.run(first).receipts.at(0).status == 0);
  REQUIRE(world.run(named(2, "po-7")).receipts.at(0).status == number(Status::ClientRefReused));
  REQUIRE(world.state.get(ref_index_key("seller", "po-7")) == Bytes(first->tx_id.view()));
  const auto refused = named(5000, "po-8");  // a refusal keeps its reference too
  REQUIRE(world.run(refused).receipts.at(0).status == number(Status::InsufficientFunds));
  REQUIRE(world.run(named(3, "po-8")).receipts.at(0).status == number(Status::ClientRefReused));
  REQUIRE(world.state.get(ref_index_key("seller", "po-8")) == Bytes(refused->tx_id.view()));
}

TEST_CASE("a reference belongs to its member, and no stranger can use it up", "[executor]") {
  World world = funded_world();
  ledger::Body body = world.body("seller", {transfer_cash("buyer", 1)});
  body.client_ref = "po-7";
  REQUIRE_FALSE(is_included(world, world.envelope(body, {"stranger/maker"})));
  body = world.body("buyer", {transfer_cash("seller", 1)});
  body.client_ref = "po-7";
  REQUIRE(world.run(world.envelope(body, {"buyer/maker"})).receipts.at(0).status ==
          number(Status::InsufficientFunds));
  body = world.body("seller", {transfer_cash("buyer", 1)});
  body.client_ref = "po-7";
  REQUIRE(world.run(world.envelope(body, {"seller/maker"})).receipts.at(0).status == 0);
}

TEST_CASE("the guards of an envelope are answered in their published order", "[executor]") {
  World world = funded_world();
  ledger::Body body = world.body("frozen", {transfer_cash("buyer", 1)});
  body.valid_until = ledger::Height{100'000};
  REQUIRE(judge_envelope(world.block, *world.envelope(body, {"stranger/maker"}), world.state) ==
          Status::UnknownKey);
  REQUIRE(world.run(world.envelope(body, {"frozen/maker"})).receipts.at(0).status ==
          number(Status::ValidityTooLong));
  body = world.body("frozen", {transfer_cash("buyer", 1)});
  REQUIRE(world.run(world.envelope(body, {"frozen/maker"})).receipts.at(0).status ==
          number(Status::MemberSuspended));
}

TEST_CASE("nobody can spend a transaction's id with signatures that do not carry its body", "[executor]") {
  struct Forgery {
    std::string member;
    std::vector<pb::Command> commands;
    std::vector<std::vector<std::string>> forged;  // keys that an enemy has or leaves out
    std::vector<std::string> genuine;
  };
  const std::vector<Forgery> forgeries = {
      {"seller",
       {transfer_cash("buyer", 1)},
       {{"stranger/maker"}, {"seller/maker", "stranger/maker"}, {"buyer/maker"}},
       {"seller/maker"}},
      {"careful",
       {transfer_cash("buyer", 1)},
       {{"careful/maker"}, {"careful/checker"}, {"careful/maker", "careful/second"}},
       {"careful/maker", "careful/checker"}},
      {"logistics", {transfer_cash("buyer", 1)}, {{"logistics/gateway"}}, {"logistics/maker"}},
      {"seller", {redeem("seller", 1)}, {{"seller/maker"}, {"bank-a/maker"}}, {"seller/maker", "bank-a/maker"}},
      {"seller", {revoke_key("seller/maker")}, {{"seller/maker"}}, {"seller/second"}},
      // A command that its sender alone may give does not carry the one beside it.
      {"seller",
       {transfer_cash("buyer", 1), redeem("seller", 1)},
       {{"seller/maker"}},
       {"seller/maker", "bank-a/maker"}},
  };
  for (const Forgery& forgery : forgeries) {
    for (const bool item_by_item : {false, true}) {
      World world = funded_world();
      world.apply("bank-a", issue("careful", 1000));
      world.apply("bank-a", issue("logistics", 1000));
      ledger::Body body = world.body(forgery.member, forgery.commands);
      body.item_by_item = item_by_item;
      const auto before = world.entities();
      for (const auto& keys : forgery.forged) {
        INFO(forgery.member << " by " << keys.front());
        const auto forged = world.envelope(body, keys);
        REQUIRE(judge_envelope(world.block, *forged, world.state) != Status::Applied);
        REQUIRE_FALSE(is_included(world, forged));
        REQUIRE(world.entities() == before);
      }
      const auto executed = world.run(world.envelope(body, forgery.genuine));
      REQUIRE(executed.receipts.at(0).status == 0);
      for (const std::uint32_t result : results_of(executed.receipts.at(0))) REQUIRE(result == 0);
    }
  }
}

TEST_CASE("the state remembers height and status of every included transaction", "[executor]") {
  World world = funded_world();
  const auto refused = by_seller(world, {transfer_cash("buyer", 5000)});
  const ledger::Height height = world.block.height;
  world.run(refused);
  const auto record = decode_tx_record(world.state.get(tx_index_key(refused->tx_id.view())).value()).value();
  REQUIRE(record == TxRecord{height, number(Status::InsufficientFunds)});
  REQUIRE(to_hex(encode_tx_record({ledger::Height{258}, 50})) ==
          "0000000000000102"
          "00000032");
  REQUIRE_FALSE(decode_tx_record("short"));
}

TEST_CASE("a node can ask what an envelope would be answered, and nothing changes", "[executor]") {
  World world = funded_world();
  const auto good = by_seller(world, {transfer_cash("buyer", 1)});
  REQUIRE(judge_envelope(world.block, *good, world.state) == Status::Applied);
  const auto bad = world.envelope(world.body("seller", {transfer_cash("buyer", 1)}), {"buyer/maker"});
  REQUIRE(judge_envelope(world.block, *bad, world.state) == Status::UnknownKey);
  REQUIRE(is_included(world, good));
}

TEST_CASE("the same block gives the same writes and receipts every time", "[executor]") {
  World world = funded_world();
  std::vector<ledger::EnvelopePtr> envelopes;
  for (int i = 0; i < 20; ++i) {
    const std::string id = std::to_string(i);
    envelopes.push_back(
        by_seller(world, {submit({.id = "inv-" + id, .number = id}), transfer_cash("buyer", 60)}));
  }
  const auto batch = ledger::make_batch(ledger::ReplicaId{0}, 0, envelopes);
  ledger::Overlay first(world.state);
  ledger::Overlay second(world.state);
  REQUIRE(execute_block(world.block, {batch}, first).receipts ==
          execute_block(world.block, {batch}, second).receipts);
  REQUIRE(first.writes() == second.writes());
}

}  // namespace aval::contracts::executor_test
