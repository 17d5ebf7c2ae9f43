#include <catch2/catch.hpp>

#include "tests/unit/consensus/cluster.h"
#include "tests/unit/consensus/probe.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

Recovered from_journal(const Probe& probe) {
  return {ledger::genesis_header(probe.config()), std::nullopt, probe.journal()};
}

}  // namespace

TEST_CASE("CS-04 a restarted replica keeps its votes and contradicts none of them", "[restart]") {
  Probe before(1);
  const Block one = before.fresh_block(before.genesis(), View{0}, 1);
  const Block other = before.fresh_block(before.genesis(), View{0}, 2);
  REQUIRE(before.receive(0, proposal_of(before.config(), one, View{0})));

  Probe after(1, before.config(), from_journal(before));
  CHECK(after.has_voted(one.header, View{0}, Phase::Prepare));  // said again, not anew
  CHECK(after.journal().empty());
  REQUIRE(after.receive(0, proposal_of(after.config(), other, View{0})));
  for (const Vote& vote : after.votes(Phase::Prepare)) CHECK(vote.block_hash == ledger::hash_of(one.header));
  for (const auto from : {0U, 2U})
    REQUIRE(after.receive(from, vote_of(after.config(), from, one.header, View{0}, Phase::Commit)));
}

TEST_CASE("CS-03 a replica that was set back finds its own vote in a certificate and in a view change", "[restart]") {
  Probe before(1);
  const auto older = from_journal(before);
  const auto& config = before.config();
  const BatchPtr batch = before.batch(0, 1);
  const Block one = block_on(config, before.genesis(), View{0}, {batch}, before.wall_clock());
  REQUIRE(before.receive(0, BatchMessage{batch}));
  REQUIRE(before.receive(0, proposal_of(config, one, View{0})));
  for (const auto from : {0U, 2U})
    REQUIRE(before.receive(from, vote_of(config, from, one.header, View{0}, Phase::Prepare)));
  REQUIRE(before.has_voted(one.header, View{0}, Phase::Commit));
  const auto is_noticed = [&](const Recovered& journal, std::uint32_t from, const Message& shown) {
    Probe probe(1, config, journal);
    REQUIRE(probe.receive(from, shown));
    return probe.key_elsewhere().has_value();
  };
  const auto certified_by = [&](View view, std::vector<std::uint32_t> signers) {
    return FinalBlocks{{{one, {batch}, certificate_of(config, one.header, view, Phase::Commit, signers)}}};
  };
  const Message with_own = certified_by(View{0}, {0, 1, 2});
  CHECK(is_noticed(older, 0, with_own));
  CHECK_FALSE(is_noticed(from_journal(before), 0, with_own));
  CHECK_FALSE(is_noticed(older, 0, certified_by(View{0}, {0, 2, 3})));
  CHECK(is_noticed(from_journal(before), 0, certified_by(View{1}, {0, 1, 2})));  // it never was in that view

  ViewChange left = showing(config, 2, View{1}, {one}, View{0});
  left.prepared = certificate_of(config, one.header, View{0}, Phase::Prepare, {0, 1, 2});
  const Message shows_own = signed_by_sender(config, left);
  CHECK(is_noticed(older, 2, shows_own));
  CHECK_FALSE(is_noticed(from_journal(before), 2, shows_own));
}

TEST_CASE("CS-03 a replica that was set back finds the view change that it has forgotten in a new view", "[restart]") {
  Probe before(3);
  const auto older = from_journal(before);
  const auto& config = before.config();
  const auto left = [&](std::uint32_t from) { return showing(config, from, View{1}, {}, View{0}); };
  const Message opened = new_view(config, View{1}, {left(0), left(1), left(3)});
  Probe restored(3, config, older);
  REQUIRE(restored.receive(1, opened));
  CHECK(restored.key_elsewhere().has_value());
  Probe other(3, config, older);
  REQUIRE(other.receive(1, new_view(config, View{1}, {left(0), left(1), left(2)})));
  CHECK_FALSE(other.key_elsewhere());
}

TEST_CASE("CS-03 what a replica was shown of its own before it was set back, and may have forgotten, alarms nobody", "[restart]") {
  Probe probe(1);
  const auto& config = probe.config();
  const BatchPtr batch = probe.batch(0, 1);
  const Block one = block_on(config, probe.genesis(), View{0}, {batch}, probe.wall_clock());
  REQUIRE(probe.receive(0, BatchMessage{batch}));
  REQUIRE(probe.receive(0, proposal_of(config, one, View{0})));
  for (const auto from : {0U, 2U}) {
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, View{0}, Phase::Prepare)));
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, View{0}, Phase::Commit)));
  }
  REQUIRE(probe.ledger().size() == 1);
  const Message again =
      FinalBlocks{{{one, {batch}, certificate_of(config, one.header, View{0}, Phase::Commit, {0, 1, 2})}}};
  REQUIRE(probe.receive(0, again));
  CHECK_FALSE(probe.key_elsewhere());
}

TEST_CASE("a restarted replica goes on with the block it had voted for", "[restart]") {
  Probe before(1);
  const Block one = before.fresh_block(before.genesis(), View{0}, 1);
  REQUIRE(before.receive(0, proposal_of(before.config(), one, View{0})));
  Probe after(1, before.config(), from_journal(before));
  for (const auto from : {0U, 2U})
    REQUIRE(after.receive(from, vote_of(after.config(), from, one.header, View{0}, Phase::Prepare)));
  CHECK(after.has_voted(one.header, View{0}, Phase::Commit));
  for (const auto from : {0U, 2U})
    REQUIRE(after.receive(from, vote_of(after.config(), from, one.header, View{0}, Phase::Commit)));
  CHECK(after.ledger().size() == 1);
}

TEST_CASE("a restarted replica shows the prepare certificate it had", "[restart]") {
  Probe before(1);
  const Block one = before.fresh_block(before.genesis(), View{0}, 1);
  REQUIRE(before.receive(0, proposal_of(before.config(), one, View{0})));
  for (const auto from : {0U, 2U})
    REQUIRE(before.receive(from, vote_of(before.config(), from, one.header, View{0}, Phase::Prepare)));
  Probe after(1, before.config(), from_journal(before));
  after.tick(1'001);
  REQUIRE(after.sent<ViewChange>().size() == 1);
  const ViewChange shown = after.sent<ViewChange>().front();
  REQUIRE(shown.prepared.has_value());
  CHECK(shown.prepared->block_hash == ledger::hash_of(one.header));
  CHECK(shown.headers == std::vector{one.header});
}

TEST_CASE("CL-18 a replica that stopped in a view change starts in it and casts no vote below it",
          "[restart]") {
  Probe before(1);
  const Block one = before.fresh_block(before.genesis(), View{0}, 1);
  before.tick(1'001);
  REQUIRE(before.status().in_view_change);
  Probe after(1, before.config(), from_journal(before));
  CHECK(after.status().view == View{1});
  CHECK(after.status().in_view_change);
  CHECK(after.sent<ViewChange>().size() == 1);
  REQUIRE(after.receive(0, proposal_of(after.config(), one, View{0})));
  CHECK(after.sent<SignedVote>().empty());
}

TEST_CASE("the essential records bring back the same replica as the whole journal", "[restart]") {
  Probe before(1);
  std::vector<Block> chain = {before.fresh_block(before.genesis(), View{0}, 1)};
  chain.push_back(before.fresh_block(chain.back().header, View{0}, 2));
  for (const Block& block : chain) {
    REQUIRE(before.receive(0, proposal_of(before.config(), block, View{0})));
    for (const auto from : {0U, 2U})
      REQUIRE(before.receive(from, vote_of(before.config(), from, block.header, View{0}, Phase::Prepare)));
  }
  for (const auto from : {0U, 2U})
    REQUIRE(before.receive(from, vote_of(before.config(), from, chain[0].header, View{0}, Phase::Commit)));
  REQUIRE(before.ledger().size() == 1);
  const Recovered whole{chain[0].header, before.ledger()[0].certificate, before.journal()};
  const Recovered trimmed{chain[0].header, before.ledger()[0].certificate,
                          before.replica().essential_records()};
  CHECK(trimmed.records.size() < whole.records.size());
  for (const Recovered& recovered : {whole, trimmed}) {
    Probe after(1, before.config(), recovered);
    CHECK(after.has_voted(chain[1].header, View{0}, Phase::Prepare));
    CHECK(after.has_voted(chain[1].header, View{0}, Phase::Commit));
    CHECK(after.status().prepared_height == Height{2});
    CHECK(after.journal().empty());
  }
}

TEST_CASE("CL-19 all replicas at once may stop and start at any moment", "[restart]") {
  for (std::uint64_t moment = 0; moment < 14; ++moment) {
    INFO(moment);
    Cluster cluster(4);
    cluster.submit(0, 3);
    cluster.submit(2, 3);
    cluster.run(moment / 2);
    if (moment % 2 != 0) cluster.submit(3);
    for (std::uint32_t id = 0; id < 4; ++id) cluster.stop(id);
    cluster.run(100);
    for (const auto id : {2U, 0U, 3U, 1U}) cluster.start(id);
    cluster.submit(1);
    REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 5'000));
    REQUIRE(cluster.run_until([&] { return cluster.status(1).pending_batches == 0; }, 5'000));
    cluster.run(1'500);
    CHECK(cluster.agree());
  }
}

TEST_CASE("CS-27 the primary may be killed at any moment and continues its view without a second block",
          "[restart]") {
  for (std::uint64_t moment = 0; moment < 10; ++moment) {
    INFO(moment);
    Cluster cluster(4);
    cluster.submit(1, 3);
    cluster.run(moment / 2);
    cluster.stop(0);
    cluster.run(20);
    cluster.start(0);
    cluster.submit(2, 3);
    REQUIRE(cluster.run_until(
        [&] { return cluster.status(2).pending_batches == 0 && cluster.all_at(Height{1}); }, 5'000));
    cluster.run(1'500);
    CHECK(cluster.agree());
  }
}

TEST_CASE("CS-28 a replica that missed many blocks catches up by certified blocks and casts no vote before",
          "[restart]") {
  Cluster cluster(4);
  cluster.isolate({3});
  for (int i = 0; i < 150; ++i) {
    cluster.submit(1);
    cluster.run(20);
  }
  REQUIRE(cluster.final_height(0) > Height{100});
  CHECK(cluster.final_height(3) == Height{0});
  const Height behind = cluster.final_height(0);
  cluster.heal();
  REQUIRE(cluster.run_until([&] { return cluster.final_height(3) >= behind; }, 3'000));
  CHECK(cluster.agree());
  for (std::uint64_t height = 1; height <= number(behind); ++height)
    CHECK(cluster.votes(3, View{0}, Height{height}, Phase::Prepare) == 0);
  cluster.submit(3);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(next(behind)); }, 3'000));
  CHECK(cluster.agree());
}

TEST_CASE(
    "CL-27 a peer that claims to be far ahead and answers nothing does not keep anybody from catching up",
    "[restart]") {
  Cluster cluster(4);
  cluster.isolate({3});
  for (int i = 0; i < 10; ++i) {
    cluster.submit(1);
    cluster.run(20);
  }
  const Height behind = cluster.final_height(0);
  cluster.set_filter([](std::uint32_t from, std::uint32_t to, const Message& message) {
    return !(to == 3 && from == 0) || std::holds_alternative<StatusMessage>(message);
  });
  cluster.inject(0, 3, StatusMessage{Epoch{0}, View{0}, Height{std::uint64_t{1} << 40U}, false});
  CHECK(cluster.run_until([&] { return cluster.final_height(3) >= behind; }, 4'000));
  CHECK(cluster.agree());
}

TEST_CASE("a certified block that contradicts what is final here stops the replica", "[restart]") {
  Probe probe(1);
  const auto& config = probe.config();
  const BatchPtr a = probe.batch(0, 1);
  const BatchPtr b = probe.batch(0, 2);
  const Block one = block_on(config, probe.genesis(), View{0}, {a}, probe.wall_clock());
  const Block fork = block_on(config, probe.genesis(), View{0}, {b}, probe.wall_clock());
  const Block on_fork = block_on(config, fork.header, View{0}, {a}, probe.wall_clock() + 1);
  const auto certified = [&](const Block& block, const BatchPtr& batch) {
    return ledger::CertifiedBlock{
        block, {batch}, certificate_of(config, block.header, View{0}, Phase::Commit, {0, 2, 3})};
  };
  REQUIRE(probe.receive(0, FinalBlocks{{certified(one, a)}}));
  REQUIRE(probe.ledger().size() == 1);
  REQUIRE(probe.receive(0, FinalBlocks{{certified(on_fork, a)}}));
  CHECK(probe.fatal().has_value());
  CHECK(probe.ledger().size() == 1);
}

TEST_CASE("final blocks that are partly known already are taken once", "[restart]") {
  Probe probe(1);
  const auto& config = probe.config();
  std::vector<ledger::CertifiedBlock> certified;
  Header parent = probe.genesis();
  for (std::uint64_t counter = 1; counter <= 3; ++counter) {
    const BatchPtr batch = probe.batch(0, counter);
    const Block block = block_on(config, parent, View{0}, {batch}, probe.wall_clock() + counter);
    parent = block.header;
    certified.push_back({block, {batch}, certificate_of(config, parent, View{0}, Phase::Commit, {0, 2, 3})});
  }
  REQUIRE(probe.receive(0, FinalBlocks{{certified[0], certified[1]}}));
  REQUIRE(probe.receive(2, FinalBlocks{certified}));
  CHECK_FALSE(probe.fatal());
  REQUIRE(probe.ledger().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(probe.ledger()[i].block == certified[i].block);
}

TEST_CASE("a replica that started anew does not number its batches as before", "[restart]") {
  Cluster cluster(4);
  cluster.submit(1);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 500));
  cluster.stop(1);
  cluster.start(1);
  cluster.submit(1);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{2}); }, 2'000));
  const auto& chain = cluster.node(0).ledger;
  CHECK(chain[1].batches.front()->counter > chain[0].batches.front()->counter);
}

TEST_CASE("a replica whose ledger was lost takes all of a long journal's blocks again", "[restart]") {
  constexpr std::size_t blocks = 220;  // more than are kept above the final one otherwise
  Probe before(1);
  Header parent = before.genesis();
  for (std::uint64_t counter = 1; counter <= blocks; ++counter) {
    const Block block = before.fresh_block(parent, View{0}, counter);
    REQUIRE(before.receive(0, proposal_of(before.config(), block, View{0})));
    for (const Phase phase : {Phase::Prepare, Phase::Commit}) {
      for (const auto from : {0U, 2U})
        REQUIRE(before.receive(from, vote_of(before.config(), from, block.header, View{0}, phase)));
    }
    parent = block.header;
  }
  REQUIRE(before.ledger().size() == blocks);
  Probe after(1, before.config(), from_journal(before));
  CHECK(after.ledger().size() == blocks - 1);  // the last certificate was waiting for company
  for (const auto& entry : after.ledger()) CHECK(entry.certificate);  // else what it says of them proves nothing
}

TEST_CASE("a replica that started anew knows which batches are done", "[restart]") {
  Cluster cluster(4);
  cluster.submit(1);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 500));
  const BatchPtr old = cluster.node(1).ledger.front().batches.front();
  cluster.stop(2);
  cluster.start(2);
  cluster.run(300);
  REQUIRE(cluster.inject(1, 2, BatchMessage{old}));
  CHECK(cluster.status(2).pending_batches == 0);
  cluster.run(3'000);
  CHECK(cluster.status(2).view == View{0});
  CHECK(cluster.agree());
}

TEST_CASE("CS-24 two certificates for one height stop the replica, whichever way they come", "[restart]") {
  Probe probe(1);
  const auto& config = probe.config();
  const Block one = probe.fresh_block(probe.genesis(), View{0}, 1);
  const Block two = probe.fresh_block(probe.genesis(), View{0}, 2);
  REQUIRE(probe.receive(0, proposal_of(config, one, View{0})));
  for (const auto from : {0U, 2U, 3U})
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, View{0}, Phase::Commit)));
  REQUIRE(probe.ledger().size() == 1);
  ViewChange fork;
  fork.view = View{3};
  fork.from = ReplicaId{3};
  fork.final_header = two.header;
  fork.final_certificate = certificate_of(config, two.header, View{2}, Phase::Commit, {0, 2, 3});
  REQUIRE(probe.receive(3, signed_by_sender(config, fork)));
  CHECK_FALSE(probe.fatal());  // nobody acts on a view change alone
  std::vector<ViewChange> quoted;
  for (const auto from : {0U, 2U, 3U}) {
    fork.from = ReplicaId{from};
    quoted.push_back(signed_by_sender(config, fork));
  }
  REQUIRE(probe.receive(3, signed_by_sender(config, NewView{Epoch{0}, View{3}, ReplicaId{3}, quoted, {}})));
  CHECK(probe.fatal().has_value());
}

TEST_CASE("a certified block whose roots execution here does not give stops the replica", "[restart]") {
  Probe probe(1);
  const BatchPtr batch = probe.batch(0, 1);
  const Block one = block_on(probe.config(), probe.genesis(), View{0}, {batch}, probe.wall_clock());
  probe.corrupt_executor();
  const auto certificate = certificate_of(probe.config(), one.header, View{0}, Phase::Commit, {0, 2, 3});
  REQUIRE(probe.receive(0, FinalBlocks{{{one, {batch}, certificate}}}));
  CHECK(probe.fatal().has_value());
  CHECK(probe.ledger().empty());
}

TEST_CASE("catching up goes on in a view change and drops what it overtakes", "[restart]") {
  Probe probe(1);
  const auto& config = probe.config();
  const Block mine = probe.fresh_block(probe.genesis(), View{0}, 1);
  const Block on_mine = probe.fresh_block(mine.header, View{0}, 2);
  REQUIRE(probe.receive(0, proposal_of(config, mine, View{0})));
  REQUIRE(probe.receive(0, proposal_of(config, on_mine, View{0})));
  probe.tick(1'001);
  REQUIRE(probe.status().in_view_change);
  // The others decided something else in a later view.
  const BatchPtr batch = probe.batch(2, 5);
  const Block theirs = block_on(config, probe.genesis(), View{2}, {batch}, probe.wall_clock());
  const auto certificate = certificate_of(config, theirs.header, View{2}, Phase::Commit, {0, 2, 3});
  REQUIRE(probe.receive(0, FinalBlocks{{{theirs, {batch}, certificate}}}));
  CHECK(probe.ledger().size() == 1);
  CHECK(probe.discarded() == 2);
  CHECK(probe.status().in_flight == 0);
  probe.tick(1'001);
  CHECK_FALSE(probe.fatal());
}
