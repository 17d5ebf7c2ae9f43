#include "contracts/invariants.h"

#include <catch2/catch.hpp>

#include "ledger/canonical.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::invariants_test {
namespace {

/// A state with one of everything: a financed note, a locked one, a free one, a paid invoice.
World rich_world() {
  World world = accepted_world();
  const InvoiceFields paid = {.id = "inv-2", .number = "2"};
  world.apply("seller", submit(paid));
  world.apply("buyer", accept(paid));
  world.apply("buyer", pay("inv-2", 100'000, "e2e-0"));
  world.apply("seller", split("inv-1", {50'000, 30'000, 20'000}));
  world.apply("seller", request("fin-1", "inv-1-1"));
  world.apply("bank-b", approve("fin-1"));
  world.apply("bank-b", disburse("fin-1"));
  world.apply("seller", request("fin-2", "inv-1-2"));
  world.apply("bank-b", approve("fin-2"));
  return world;
}

/// Breaks one entity by hand; the invariant named must be found broken in the change, and where
/// `in_state` also in the whole state.
template <class Entity, class Change>
void check_found(const std::string& key, Change change, const std::string& invariant, bool in_state = true) {
  World world = rich_world();
  REQUIRE(check_invariants(world.state));
  Entity entity = world.get<Entity>(key);
  change(entity);
  const ledger::WriteSet writes = {{key, ledger::canonical(entity)}};
  const auto by_change = check_invariants(world.state, writes);
  REQUIRE_FALSE(by_change);
  INFO(by_change.error().message);
  REQUIRE(by_change.error().message.substr(0, invariant.size()) == invariant);
  world.state.apply(writes);
  const auto whole = check_invariants(world.state);
  REQUIRE(whole.has_value() != in_state);
}

constexpr bool only_in_change = false;

}  // namespace

TEST_CASE("cash from nowhere is found", "[invariants]") {
  const std::string key = cash_key("EUR", "seller");
  check_found<pb::CashAccount>(
      key, [](auto& a) { a.set_balance(a.balance() + 1); }, "I1");
  check_found<pb::CashAccount>(
      key, [](auto& a) { a.set_balance(-1); }, "I2");
  check_found<pb::CashIssued>(
      cash_issued_key("EUR"), [](auto& i) { i.set_total(i.total() - 1); }, "I1");
}

TEST_CASE("a debt that does not add up is found", "[invariants]") {
  const std::string key = obligation_key("inv-1");
  check_found<pb::Obligation>(
      key, [](auto& o) { o.set_paid(1); }, "I3");
  check_found<pb::Obligation>(
      key, [](auto& o) { o.set_outstanding(-1); }, "I3");
  check_found<pb::Obligation>(
      key, [](auto& o) { o.mutable_notes()->RemoveLast(); }, "I4");
  check_found<pb::Obligation>(
      key, [](auto& o) { o.add_notes("inv-2"); }, "I4");
  check_found<pb::Obligation>(
      key,
      [](auto& o) {
        o.set_accepted(99'999);
        o.set_outstanding(99'999);
      },
      "I4");
}

TEST_CASE("an irrevocable debt that softens or grows is found", "[invariants]") {
  const std::string key = obligation_key("inv-1");
  check_found<pb::Obligation>(
      key, [](auto& o) { o.set_status(pb::OBLIGATION_CONDITIONAL); }, "I17", only_in_change);
  check_found<pb::Obligation>(
      obligation_key("inv-2"), [](auto& o) { o.set_status(pb::OBLIGATION_CONDITIONAL); }, "I17",
      only_in_change);
  check_found<pb::Obligation>(
      key, [](auto& o) { o.set_terms_hash("other"); }, "I12");
}

TEST_CASE("notes out of line with their obligation are found", "[invariants]") {
  check_found<pb::Note>(
      note_key("inv-1-3"), [](auto& n) { n.set_amount(20'001); }, "I4");
  check_found<pb::Note>(
      note_key("inv-1-3"), [](auto& n) { n.clear_controller(); }, "I8");
  check_found<pb::Note>(
      note_key("inv-1-3"), [](auto& n) { n.set_terms_hash("other"); }, "I12");
  check_found<pb::Note>(
      note_key("inv-1-3"), [](auto& n) { n.set_status(pb::NOTE_PAID); }, "I4");
  check_found<pb::Note>(
      note_key("inv-1"), [](auto& n) { n.set_status(pb::NOTE_ACTIVE); }, "I4");
  check_found<pb::Note>(
      note_key("inv-1-3"), [](auto& n) { n.set_obligation("inv-9"); }, "I5");
}

TEST_CASE("a note bound twice, to nothing or to the wrong financing is found", "[invariants]") {
  check_found<pb::Note>(
      note_key("inv-1-3"), [](auto& n) { n.set_financing("fin-1"); }, "I9");
  check_found<pb::Note>(
      note_key("inv-1-3"), [](auto& n) { n.set_status(pb::NOTE_LOCKED); }, "I9");
  check_found<pb::Note>(
      note_key("inv-1-1"), [](auto& n) { n.set_status(pb::NOTE_LOCKED); }, "I9");
  check_found<pb::Note>(
      note_key("inv-1-2"), [](auto& n) { n.set_status(pb::NOTE_ACTIVE); }, "I9");
  check_found<pb::Financing>(
      financing_key("fin-2"), [](auto& f) { f.set_note("inv-1-3"); }, "I9");
  check_found<pb::Financing>(
      financing_key("fin-2"), [](auto& f) { f.set_note("inv-9"); }, "I9");
}

TEST_CASE("proceeds that are not face less discount and fee are found", "[invariants]") {
  check_found<pb::Financing>(
      financing_key("fin-1"), [](auto& f) { f.set_proceeds(f.proceeds() + 1); }, "I7");
  check_found<pb::Financing>(
      financing_key("fin-1"), [](auto& f) { f.set_collected(1); }, "I7");
}

TEST_CASE("a financed fingerprint that is freed, moved or reopened is found", "[invariants]") {
  const std::string financed = register_key("x", fingerprint("x", "A-1100000"));
  const std::string paid = register_key("x", fingerprint("x", "2100000"));
  check_found<pb::RegisterEntry>(
      financed, [](auto& e) { e.set_status(pb::CANC); }, "I13");
  check_found<pb::RegisterEntry>(
      financed, [](auto& e) { e.set_invoice("inv-2"); }, "I15");
  check_found<pb::RegisterEntry>(
      paid, [](auto& e) { e.set_status(pb::REGU); }, "I15", only_in_change);
}

TEST_CASE("a financing whose invoice the register does not call financed is found", "[invariants]") {
  const std::string financed = register_key("x", fingerprint("x", "A-1100000"));
  World world = rich_world();
  pb::RegisterEntry entry = world.get<pb::RegisterEntry>(financed);
  entry.set_status(pb::REGU);
  world.state.apply({{financed, ledger::canonical(entry)}});
  REQUIRE(check_invariants(world.state).error().message.substr(0, 3) == "I13");
}

TEST_CASE("keys that change and devices that run backwards are found", "[invariants]") {
  World world = rich_world();
  world.apply("seller", revoke_key("seller/second"));
  pb::Member member = world.get<pb::Member>(member_key("seller"));
  for (pb::MemberKey& key : *member.mutable_keys()) key.set_revoked(false);
  const auto back = check_invariants(world.state, {{member_key("seller"), ledger::canonical(member)}});
  REQUIRE(back.error().message.substr(0, 3) == "I20");

  check_found<pb::Member>(
      member_key("seller"), [](auto& m) { m.mutable_keys(0)->set_role(pb::KEY_GATEWAY); }, "I20",
      only_in_change);
  check_found<pb::Member>(
      member_key("seller"), [](auto& m) { m.mutable_keys()->RemoveLast(); }, "I20", only_in_change);
}

TEST_CASE("an entity that is removed is found", "[invariants]") {
  World world = rich_world();
  const auto removed = check_invariants(world.state, {{note_key("inv-1"), std::nullopt}});
  REQUIRE(removed.error().message.substr(0, 3) == "I27");
}

TEST_CASE("device counters and revocations only go forward", "[invariants]") {
  World world;
  pb::Device device = world.get<pb::Device>(device_key("device-1"));
  device.set_counter(5);
  device.set_revoked(true);
  world.state.apply({{device_key("device-1"), ledger::canonical(device)}});
  device.set_counter(4);
  REQUIRE_FALSE(check_invariants(world.state, {{device_key("device-1"), ledger::canonical(device)}}));
  device.set_counter(6);
  REQUIRE(check_invariants(world.state, {{device_key("device-1"), ledger::canonical(device)}}));
  device.set_revoked(false);
  REQUIRE_FALSE(check_invariants(world.state, {{device_key("device-1"), ledger::canonical(device)}}));
}

}  // namespace aval::contracts::invariants_test
