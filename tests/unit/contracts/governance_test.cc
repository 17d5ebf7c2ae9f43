#include <catch2/catch.hpp>

#include "contracts/replay.h"
#include "contracts/seats.h"
#include "tests/unit/contracts/governed.h"

namespace aval::contracts::governance_test {
namespace {

ledger::ValidatorSet seats_of(const World& world) {
  return ledger::decode_validators(*world.state.get(ledger::validators_key)).value();
}

/// Proposed by bank-a and approved by bank-b and bank-c: three of four.
void decide(World& world, const std::string& id, const pb::Change& change) {
  REQUIRE(govern(world, "bank-a", propose(id, change)) == Status::Applied);
  REQUIRE(govern(world, "bank-b", approve_change(id, change)) == Status::Applied);
  REQUIRE(govern(world, "bank-c", approve_change(id, change)) == Status::Applied);
}

void seat_fifth(World& world) {
  decide(world, "seat", observer());
  REQUIRE(govern(world, "bank-dual", ready(world)) == Status::Applied);
  decide(world, "promote", promote());
}

}  // namespace

TEST_CASE("GV-10 a change needs a quorum of distinct members that vote", "[governance]") {
  World world = governed_world();
  const pb::Change change = wider_window();
  REQUIRE(govern(world, "bank-a", propose("p", change)) == Status::Applied);
  CHECK(govern(world, "bank-a", approve_change("p", change)) == Status::AlreadyExists);
  CHECK(govern(world, "bank-dual", approve_change("p", change)) == Status::NotPermitted);
  CHECK(govern(world, "bank-b", approve_change("p", observer())) == Status::DigestMismatch);
  CHECK(govern(world, "bank-b", approve_change("q", change)) == Status::NotFound);
  CHECK(govern(world, "bank-b", approve_change("p", change)) == Status::Applied);
  CHECK(seats_of(world).epoch == ledger::Epoch{0});
  CHECK(govern(world, "bank-c", approve_change("p", change)) == Status::Applied);
  CHECK(seats_of(world).epoch == ledger::Epoch{1});
  CHECK(world.get<pb::Proposal>(proposal_key("p")).status() == pb::PROPOSAL_APPLIED);
  CHECK(govern(world, "bank-d", approve_change("p", change)) == Status::WrongState);
  CHECK(govern(world, "bank-a", propose("p", observer())) == Status::AlreadyExists);
}

TEST_CASE("GV-10 a proposal expires, and can be withdrawn by who made it alone", "[governance]") {
  World world = governed_world();
  const std::uint64_t now = ledger::number(world.block.height);
  CHECK(govern(world, "bank-a", propose("late", wider_window(), 0, now - 1)) == Status::ProposalExpired);
  REQUIRE(govern(world, "bank-a", propose("p", wider_window(), 0, now + 1)) == Status::Applied);
  CHECK(govern(world, "bank-b", approve_change("p", wider_window())) == Status::ProposalExpired);
  REQUIRE(govern(world, "bank-a", propose("q", wider_window())) == Status::Applied);
  CHECK(world.get<pb::Proposal>(proposal_key("p")).status() == pb::PROPOSAL_VOID);
  pb::Command withdraw;
  withdraw.mutable_withdraw_change()->set_proposal("q");
  CHECK(govern(world, "bank-b", withdraw) == Status::NotPermitted);
  CHECK(govern(world, "bank-a", withdraw) == Status::Applied);
  CHECK(govern(world, "bank-b", approve_change("q", wider_window())) == Status::WrongState);
}

TEST_CASE("GV-13 governor keys govern and do nothing else, two of them under dual control", "[governance]") {
  World world = governed_world();
  world.apply("bank-a", issue("bank-b", 1000));
  CHECK(world.run("bank-b", transfer_cash("buyer", 1), {"bank-b/governor"}) == Status::NotPermitted);
  CHECK(world.run("bank-a", propose("p", wider_window()), {"bank-a/maker"}) == Status::NotPermitted);
  pb::Command revoke = revoke_key("bank-a/governor");
  CHECK(world.run("bank-a", revoke, {"bank-a/maker"}) == Status::NotPermitted);
  seat_fifth(world);
  CHECK(world.run("bank-dual", propose("p", wider_window()), {"bank-dual/governor"}) == Status::NotPermitted);
  CHECK(govern(world, "bank-dual", propose("p", wider_window())) == Status::Applied);
}

TEST_CASE("GV-01 a bank joins as an observer, shows that it has caught up, and then votes", "[governance]") {
  World world = governed_world();
  decide(world, "seat", observer());
  ledger::ValidatorSet set = seats_of(world);
  REQUIRE(set.validators.size() == 5);
  CHECK(set.size() == 4);
  CHECK(set.has_seat(ledger::ReplicaId{4}));
  CHECK(govern(world, "bank-a", propose("early", promote())) == Status::NotReady);
  CHECK(govern(world, "bank-dual", ready(world, "bank-dual/tls")) == Status::BadPossession);
  CHECK(govern(world, "bank-b", ready(world)) == Status::WrongState);
  CHECK(govern(world, "bank-dual", ready(world)) == Status::Applied);
  decide(world, "promote", promote());
  set = seats_of(world);
  CHECK(set.size() == 5);
  CHECK(set.epoch == ledger::Epoch{2});
  CHECK(govern(world, "bank-a", propose("again", observer())) == Status::AlreadyExists);
}

TEST_CASE("GV-02 a seat is removed without its holder, and its number stays empty", "[governance]") {
  World world = governed_world();
  seat_fifth(world);
  const pb::Change change = remove("bank-b");
  REQUIRE(govern(world, "bank-a", propose("r", change)) == Status::Applied);
  for (const char* bank : {"bank-c", "bank-d", "bank-dual"})
    REQUIRE(govern(world, bank, approve_change("r", change)) == Status::Applied);
  const ledger::ValidatorSet set = seats_of(world);
  CHECK(set.size() == 4);
  CHECK_FALSE(set.has_seat(ledger::ReplicaId{1}));
  CHECK(set.validators[4].member == "bank-dual");
  CHECK(govern(world, "bank-b", propose("mine", wider_window())) == Status::NotPermitted);
}

TEST_CASE("GV-04 fewer than four validators are never left", "[governance]") {
  World world = governed_world();
  CHECK(govern(world, "bank-a", propose("r", remove("bank-d"))) == Status::TooFewValidators);
  CHECK(govern(world, "bank-a", propose("r", remove("bank-dual"))) == Status::NotFound);
}

TEST_CASE("GV-05 of two changes in one block the second is refused and can be approved again", "[governance]") {
  World world = governed_world();
  const pb::Change other = parameters([](ledger::Parameters& p) { p.batch_delay_ms = 7; });
  for (const auto& [id, change] : {std::pair("p", wider_window()), std::pair("q", other)}) {
    REQUIRE(govern(world, "bank-a", propose(id, change)) == Status::Applied);
    REQUIRE(govern(world, "bank-b", approve_change(id, change)) == Status::Applied);
  }
  ledger::Body both = world.body("bank-c", {approve_change("p", wider_window()), approve_change("q", other)});
  both.item_by_item = true;
  const auto receipts = world.run(world.envelope(both, {"bank-c/governor"})).receipts;
  REQUIRE(receipts.at(0).results.size() == 2);
  CHECK(receipts[0].results[0].status == 0);
  CHECK(receipts[0].results[1].status == static_cast<std::uint32_t>(Status::ChangeInFlight));
  CHECK(seats_of(world).epoch == ledger::Epoch{1});
  CHECK(govern(world, "bank-c", approve_change("q", other)) == Status::Applied);
  CHECK(seats_of(world).epoch == ledger::Epoch{2});
}

TEST_CASE("GV-05 of two seats that are rotated in one block the second waits", "[governance]") {
  World world = governed_world();
  const pb::Command first = rotate(world, "bank-a", "bank-a/vote-2", "bank-a/vote-2");
  const pb::Command second = rotate(world, "bank-a", "bank-a/fresh", "bank-a/fresh");
  ledger::Body both = world.body("bank-a", {first, second});
  both.item_by_item = true;
  const auto receipts = world.run(world.envelope(both, {"bank-a/governor"})).receipts;
  REQUIRE(receipts.at(0).results.size() == 2);
  CHECK(receipts[0].results[0].status == 0);
  CHECK(receipts[0].results[1].status == static_cast<std::uint32_t>(Status::ChangeInFlight));
  CHECK(seats_of(world).epoch == ledger::Epoch{1});
  CHECK(govern(world, "bank-a", second) == Status::Applied);
}

TEST_CASE("GV-10 the approval of a member that has no vote any more does not count", "[governance]") {
  World world = governed_world();
  seat_fifth(world);
  REQUIRE(govern(world, "bank-dual", propose("p", wider_window())) == Status::Applied);
  REQUIRE(govern(world, "bank-a", approve_change("p", wider_window())) == Status::Applied);
  decide(world, "r", remove("bank-dual"));
  REQUIRE(govern(world, "bank-d", approve_change("r", remove("bank-dual"))) == Status::Applied);
  REQUIRE(seats_of(world).quorum() == 3);
  CHECK(govern(world, "bank-b", approve_change("p", wider_window())) == Status::Applied);
  CHECK(world.get<pb::Proposal>(proposal_key("p")).status() == pb::PROPOSAL_OPEN);
  CHECK(govern(world, "bank-c", approve_change("p", wider_window())) == Status::Applied);
  CHECK(world.get<pb::Proposal>(proposal_key("p")).status() == pb::PROPOSAL_APPLIED);
}

TEST_CASE("GV-07 a seat's keys are rotated by its member, and no key ever comes back", "[governance]") {
  World world = governed_world();
  CHECK(govern(world, "bank-b", rotate(world, "bank-b", "bank-b/vote-2", "bank-b/vote")) ==
        Status::BadPossession);
  CHECK(govern(world, "bank-b", rotate(world, "bank-c", "bank-b/vote-2", "bank-b/vote-2")) ==
        Status::BadPossession);
  CHECK(govern(world, "bank-b", rotate(world, "bank-b", "bank-b/vote-2", "bank-b/vote-2")) ==
        Status::Applied);
  CHECK(seats_of(world).validators[1].vote_key == public_key("bank-b/vote-2"));
  CHECK(seats_of(world).epoch == ledger::Epoch{1});
  CHECK(govern(world, "bank-b", rotate(world, "bank-b", "bank-b/vote", "bank-b/vote")) == Status::KeyUsed);
  CHECK(govern(world, "bank-dual", rotate(world, "bank-dual", "bank-dual/vote", "bank-dual/vote")) ==
        Status::NotPermitted);
  CHECK(govern(world, "bank-a", propose("o", observer("bank-dual", "bank-b/vote"))) == Status::KeyUsed);
}

TEST_CASE("GV-07 a member whose keys are lost or stolen gets a new governor from a quorum", "[governance]") {
  World world = governed_world();
  pb::Change change;
  change.mutable_replace_keys()->set_member("bank-d");
  change.mutable_replace_keys()->set_governor(Bytes(public_key("bank-d/fresh").view()));
  decide(world, "k", change);
  CHECK(seats_of(world).epoch == ledger::Epoch{0});
  CHECK(world.run("bank-d", propose("p", wider_window()), {"bank-d/governor"}) == Status::KeyRevoked);
  CHECK(world.run("bank-d", propose("p", wider_window()), {"bank-d/fresh"}) == Status::Applied);
  pb::Command add;
  add.mutable_add_key()->set_public_key(Bytes(public_key("bank-d/maker-2").view()));
  add.mutable_add_key()->set_role(pb::KEY_MAKER);
  CHECK(world.run("bank-d", add, {"bank-d/fresh"}) == Status::Applied);
  world.apply("bank-a", issue("bank-d", 10));
  CHECK(world.run("bank-d", transfer_cash("buyer", 1), {"bank-d/maker-2"}) == Status::Applied);
}

TEST_CASE("a new member is admitted in the form that a genesis demands", "[governance]") {
  World world = governed_world();
  pb::Change change;
  pb::Member& bank = *change.mutable_admit_member()->mutable_member();
  bank = world.get<pb::Member>(member_key("bank-b"));
  CHECK(govern(world, "bank-a", propose("m", change)) == Status::AlreadyExists);
  bank.set_id("bank-e");
  bank.set_lei("not a LEI");
  CHECK(govern(world, "bank-a", propose("m", change)) == Status::Malformed);
  bank.clear_lei();
  decide(world, "m", change);
  CHECK(world.get<pb::Member>(member_key("bank-e")).id() == "bank-e");
}

TEST_CASE("GV-14 parameters outside their bounds are refused on the chain", "[governance]") {
  World world = governed_world();
  const auto refused = [&](void (*alter)(ledger::Parameters&)) {
    return govern(world, "bank-a", propose("p", parameters(alter))) == Status::ParameterOutOfBounds;
  };
  CHECK(refused([](ledger::Parameters& p) { p.block_bytes_max = 0; }));
  CHECK(refused([](ledger::Parameters& p) { p.block_bytes_max = UINT32_MAX; }));
  CHECK(refused([](ledger::Parameters& p) { p.view_timeout_base_ms = 0; }));
  CHECK(refused([](ledger::Parameters& p) { p.pipeline_window = 0; }));
  CHECK(refused([](ledger::Parameters& p) { p.view_timeout_base_ms = p.view_timeout_max_ms + 1; }));
}

TEST_CASE("GV-16 a change waits for its height and takes effect in that block", "[governance]") {
  World world = governed_world();
  const std::uint64_t at = ledger::number(world.block.height) + 6;
  const pb::Change change = wider_window();
  REQUIRE(govern(world, "bank-a", propose("p", change, at)) == Status::Applied);
  REQUIRE(govern(world, "bank-b", approve_change("p", change)) == Status::Applied);
  REQUIRE(govern(world, "bank-c", approve_change("p", change)) == Status::Applied);
  CHECK(world.get<pb::Proposal>(proposal_key("p")).status() == pb::PROPOSAL_SCHEDULED);
  const pb::Change other = observer();
  REQUIRE(govern(world, "bank-a", propose("o", other)) == Status::Applied);
  REQUIRE(govern(world, "bank-b", approve_change("o", other)) == Status::Applied);
  CHECK(govern(world, "bank-c", approve_change("o", other)) == Status::ChangeInFlight);
  CHECK(seats_of(world).epoch == ledger::Epoch{0});
  REQUIRE(ledger::number(world.block.height) == at);
  world.apply("bank-a", issue("bank-b", 10));
  CHECK(seats_of(world).epoch == ledger::Epoch{1});
  CHECK(govern(world, "bank-c", approve_change("o", other)) == Status::Applied);
}

}  // namespace aval::contracts::governance_test
