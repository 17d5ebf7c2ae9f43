#include <catch2/catch.hpp>

#include "consensus/view_change.h"
#include "tests/unit/consensus/probe.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

ledger::ValidatorSet one_epoch_later(ledger::ValidatorSet set) {
  set.epoch = next(set.epoch);
  return set;
}

ledger::ValidatorSet with_observer(const ledger::ValidatorSet& before) {
  ledger::ValidatorSet set = one_epoch_later(before);
  set.validators.push_back(toy_chain(before.validators.size() + 1).validators.validators.back());
  set.validators.back().standing = ledger::SeatStanding::Observer;
  return set;
}

/// The block at height 1 of `probe`, which leaves the next one to `next`.
Block last_block(Probe& probe, const ledger::ValidatorSet& next) {
  probe.end_epoch_at(Height{1}, next);
  Block block = probe.fresh_block(probe.genesis(), View{0}, 1);
  block.header.validators_hash = ledger::hash_of(next);
  return block;
}

void finish(Probe& probe, const Block& block) {
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, View{0})));
  for (const Phase phase : {Phase::Prepare, Phase::Commit}) {
    for (const auto from : {0U, 2U, 3U})
      REQUIRE(probe.receive(from, vote_of(probe.config(), from, block.header, View{0}, phase)));
  }
  REQUIRE(probe.status().final_header == block.header);
}

ledger::ChainConfig config_after(const Probe& probe, const Block& last, const ledger::ValidatorSet& next) {
  ledger::ChainConfig config = probe.config();
  config.validators = next;
  config.base = last.header;
  return config;
}

}  // namespace

TEST_CASE("GV-01 nothing is voted on above the block that ends an epoch", "[epoch]") {
  Probe probe(1);
  const Block last = last_block(probe, one_epoch_later(probe.config().validators));
  REQUIRE(probe.receive(0, proposal_of(probe.config(), last, View{0})));
  CHECK(probe.has_voted(last.header, View{0}, Phase::Prepare));
  const Block above = probe.fresh_block(last.header, View{0}, 2);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), above, View{0})));
  CHECK_FALSE(probe.has_voted(above.header, View{0}, Phase::Prepare));
  CHECK(probe.wishes_to_leave());  // the primary has shown that it does not keep to the rule
}

TEST_CASE("GV-01 a primary puts nothing on top of the block that ends its epoch", "[epoch]") {
  Probe probe(0);
  probe.end_epoch_at(Height{1}, one_epoch_later(probe.config().validators));
  probe.known_batch(1, 1);
  REQUIRE(probe.sent<Proposal>().size() == 1);
  probe.known_batch(1, 2);
  probe.known_batch(2, 3);
  CHECK(probe.sent<Proposal>().size() == 1);
}

TEST_CASE("a block that names other validators than executing it gives gets no vote", "[epoch]") {
  Probe probe(1);
  Block block = probe.fresh_block(probe.genesis(), View{0}, 1);
  block.header.validators_hash = ledger::hash_of(one_epoch_later(probe.config().validators));
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, View{0})));
  CHECK(probe.votes(Phase::Prepare).empty());
  CHECK(probe.wishes_to_leave());
}

TEST_CASE("when the last block is final the epoch is over, and what waits is handed on", "[epoch]") {
  Probe probe(1);
  const Block last = last_block(probe, one_epoch_later(probe.config().validators));
  probe.submit(7);
  probe.submit(8);
  finish(probe, last);
  CHECK(probe.is_epoch_over());
  CHECK(probe.replica().unfinished().size() == 2);
  probe.forget_sent();
  probe.tick(60'000);
  CHECK(probe.sent<ViewChange>().empty());  // nobody is to blame that nothing follows
  CHECK(probe.sent<StatusMessage>().size() > 1);
}

TEST_CASE("the next epoch begins at view 0 on the last block, with its own quorum", "[epoch]") {
  Probe before(1);
  ledger::ValidatorSet five = with_observer(before.config().validators);
  five.validators.back().standing = ledger::SeatStanding::Voter;
  const Block last = last_block(before, five);
  finish(before, last);
  Probe after(1, config_after(before, last, five), {last.header, before.ledger().back().certificate, before.journal()});
  CHECK(after.status().epoch == Epoch{1});
  CHECK(after.status().view == View{0});
  CHECK(after.votes(Phase::Prepare).empty());
  const Block next_one = after.fresh_block(last.header, View{0}, 5);
  REQUIRE(after.receive(0, proposal_of(after.config(), next_one, View{0})));
  CHECK(after.has_voted(next_one.header, View{0}, Phase::Prepare));
  for (const auto from : {0U, 2U})
    REQUIRE(after.receive(from, vote_of(after.config(), from, next_one.header, View{0}, Phase::Prepare)));
  CHECK_FALSE(after.has_voted(next_one.header, View{0}, Phase::Commit));  // three of five are no quorum
  REQUIRE(after.receive(4, vote_of(after.config(), 4, next_one.header, View{0}, Phase::Prepare)));
  CHECK(after.has_voted(next_one.header, View{0}, Phase::Commit));
}

TEST_CASE("GV-06 votes of an epoch that is over count for nothing", "[epoch]") {
  Probe before(1);
  const ledger::ValidatorSet later = one_epoch_later(before.config().validators);
  const Block last = last_block(before, later);
  finish(before, last);
  Probe after(1, config_after(before, last, later), {last.header, std::nullopt, {}});
  const Block block = after.fresh_block(last.header, View{0}, 5);
  CHECK_FALSE(after.receive(0, vote_of(before.config(), 0, block.header, View{0}, Phase::Prepare)));
  CHECK_FALSE(after.receive(0, proposal_of(before.config(), block, View{0})));
}

TEST_CASE("an observer follows what the voters decide and says nothing signed", "[epoch]") {
  Probe four(1);
  const ledger::ValidatorSet set = with_observer(four.config().validators);
  const Block last = last_block(four, set);
  Probe observer(4, config_after(four, last, set), {last.header, std::nullopt, {}});
  const Block block = observer.fresh_block(last.header, View{0}, 5);
  REQUIRE(observer.receive(0, proposal_of(observer.config(), block, View{0})));
  for (const Phase phase : {Phase::Prepare, Phase::Commit}) {
    for (const auto from : {0U, 1U, 2U})
      REQUIRE(observer.receive(from, vote_of(observer.config(), from, block.header, View{0}, phase)));
  }
  CHECK(observer.status().final_header == block.header);
  observer.submit(9);
  observer.tick(60'000);
  CHECK(observer.sent<SignedVote>().empty());
  CHECK(observer.sent<ViewChange>().empty());
  CHECK(observer.sent<Proposal>().empty());
  CHECK_FALSE(four.receive(4, BatchMessage{four.batch(0, 9)}));  // no seat in the epoch before
}

TEST_CASE("GV-07 a validator whose vote key was replaced never votes with the old one again", "[epoch]") {
  Probe before(1);
  ledger::ValidatorSet rotated = one_epoch_later(before.config().validators);
  rotated.validators[1].vote_key = ToySigner(77).public_key();
  const Block last = last_block(before, rotated);
  finish(before, last);
  Probe old_key(1, config_after(before, last, rotated), {last.header, std::nullopt, before.journal()});
  const Block block = old_key.fresh_block(last.header, View{0}, 5);
  REQUIRE(old_key.receive(0, proposal_of(old_key.config(), block, View{0})));
  old_key.tick(60'000);
  CHECK(old_key.sent<SignedVote>().empty());
  CHECK(old_key.sent<ViewChange>().empty());
}

TEST_CASE("GV-03 views go round those who vote when a seat is left", "[epoch]") {
  ledger::ValidatorSet set = toy_chain(5).validators;
  set.validators[0].standing = ledger::SeatStanding::Left;
  CHECK(primary_of(View{0}, set) == ReplicaId{1});
  CHECK(primary_of(View{3}, set) == ReplicaId{4});
  CHECK(primary_of(View{4}, set) == ReplicaId{1});
}

TEST_CASE("a view change of a new epoch shows the block it stands on without a certificate", "[epoch]") {
  Probe before(1);
  const ledger::ValidatorSet later = one_epoch_later(before.config().validators);
  const Block last = last_block(before, later);
  finish(before, last);
  Probe after(1, config_after(before, last, later), {last.header, before.ledger().back().certificate, {}});
  after.known_batch(2, 9);
  after.tick(5'000);
  const auto sent = after.sent<ViewChange>();
  REQUIRE_FALSE(sent.empty());
  CHECK(sent[0].epoch == Epoch{1});
  CHECK(sent[0].final_header == last.header);
  CHECK_FALSE(sent[0].final_certificate);
  CHECK(validate(sent[0], after.config(), &check_toy));
  ViewChange of_genesis = sent[0];
  of_genesis.final_header = ledger::genesis_header(before.config());
  CHECK_FALSE(validate(signed_by_sender(after.config(), of_genesis), after.config(), &check_toy));
}
