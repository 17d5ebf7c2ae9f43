#include <catch2/catch.hpp>

#include "consensus/view_change.h"
#include "tests/unit/consensus/cluster.h"
#include "tests/unit/consensus/probe.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

bool is_vote(const Message& message, Phase phase) {
  const auto* vote = std::get_if<SignedVote>(&message);
  return vote != nullptr && vote->vote.phase == phase;
}

StatusMessage wish_in(View view) { return {Epoch{0}, view, Height{0}, false, true}; }

}  // namespace

TEST_CASE("the next primary takes over when the first one stays silent", "[new_view]") {
  Cluster cluster(4);
  cluster.stop(0);
  cluster.submit(2);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 2'000));
  CHECK(cluster.agree());
  for (std::uint32_t id = 1; id < 4; ++id) CHECK(cluster.status(id).view == View{1});
}

TEST_CASE("CL-02 f silent primaries in a row are passed over", "[new_view]") {
  Cluster cluster(7);
  cluster.stop(0);
  cluster.stop(1);
  cluster.submit(5);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 5'000));
  CHECK(cluster.status(6).view == View{2});
}

TEST_CASE("CS-05 whoever of them was prepared when the primary died, what may be final stays", "[new_view]") {
  // Every set of replicas that see a quorum of prepares; commits reach one replica only.
  for (std::uint32_t prepared = 0; prepared < 16; ++prepared) {
    for (std::uint32_t lucky = 0; lucky < 4; ++lucky) {
      INFO("prepared " << prepared << " lucky " << lucky);
      Cluster cluster(4);
      cluster.set_filter([&](std::uint32_t, std::uint32_t to, const Message& message) {
        if (is_vote(message, Phase::Prepare)) return (prepared >> to & 1U) != 0;
        if (is_vote(message, Phase::Commit)) return to == lucky;
        return true;
      });
      cluster.submit(1);
      cluster.run(50);
      const bool was_final = cluster.final_height(lucky) == Height{1};
      const auto hash = was_final ? ledger::hash_of(cluster.node(lucky).ledger[0].block.header) : BlockHash{};
      cluster.heal();
      cluster.stop(0);
      cluster.submit(1);
      REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 8'000));
      cluster.run(500);
      CHECK(cluster.agree());
      if (was_final) CHECK(ledger::hash_of(cluster.node(2).ledger[0].block.header) == hash);
    }
  }
}

TEST_CASE("CS-09 nobody votes below the tip of a new view, whatever its primary puts forward first", "[new_view]") {
  // Blocks 1 and 2 were prepared in view 0, and 2 is final at one replica. View 1 inherits tip 2 and
  // its primary tries to have block 1 prepared first; a certificate of view 1 at height 1 would then
  // outrank that of view 0 at height 2.
  Probe probe(2);
  const Block one = probe.fresh_block(probe.genesis(), View{0}, 1);
  const Block two = probe.fresh_block(one.header, View{0}, 2);
  const auto& config = probe.config();
  REQUIRE(probe.receive(
      1, new_view(config, View{1},
                  {showing(config, 0, View{1}, {one, two}, View{0}), showing(config, 1, View{1}, {}, View{0}),
                   showing(config, 3, View{1}, {}, View{0})})));
  CHECK(probe.status().view == View{1});
  probe.receive(1, proposal_of(config, one, View{1}));
  for (const auto from : {0U, 1U, 3U}) {
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, View{1}, Phase::Prepare)));
    REQUIRE(probe.receive(from, BlockReply{one}));
    REQUIRE(probe.receive(from, BlockReply{two}));
  }
  CHECK(probe.has_voted(two.header, View{1}, Phase::Prepare));
  for (const Vote& vote : probe.votes(Phase::Prepare)) CHECK(vote.height == Height{2});
  CHECK(probe.votes(Phase::Commit).empty());
  CHECK(probe.status().view == View{1});
}

TEST_CASE("blocks below the tip become final riding on it, with the header they were born with",
          "[new_view]") {
  Probe probe(2);
  const auto& config = probe.config();
  std::vector<Block> chain = {probe.fresh_block(probe.genesis(), View{0}, 1)};
  for (std::uint64_t i = 2; i <= 3; ++i) chain.push_back(probe.fresh_block(chain.back().header, View{0}, i));
  REQUIRE(probe.receive(
      1, new_view(config, View{1},
                  {showing(config, 0, View{1}, chain, View{0}), showing(config, 1, View{1}, {}, View{0}),
                   showing(config, 3, View{1}, {}, View{0})})));
  // It asks those who showed the tip, and executes from the bottom.
  probe.tick(1);
  CHECK_FALSE(probe.sent<FetchBlock>().empty());
  for (const Block& block : chain) REQUIRE(probe.receive(0, BlockReply{block}));
  CHECK(probe.executions() == 3);
  for (const auto from : {0U, 1U, 3U}) {
    REQUIRE(probe.receive(from, vote_of(config, from, chain[2].header, View{1}, Phase::Prepare)));
    REQUIRE(probe.receive(from, vote_of(config, from, chain[2].header, View{1}, Phase::Commit)));
  }
  REQUIRE(probe.ledger().size() == 3);
  CHECK(probe.ledger()[0].block == chain[0]);
  CHECK_FALSE(probe.ledger()[0].certificate);
  CHECK(probe.ledger()[2].certificate->view == View{1});
  CHECK(probe.ledger()[2].block.header.origin_view == View{0});
}

TEST_CASE("a new view that leaves out what its view changes show is not believed", "[new_view]") {
  Probe probe(2);
  const auto& config = probe.config();
  const Block one = probe.fresh_block(probe.genesis(), View{0}, 1);
  const Block other = probe.fresh_block(probe.genesis(), View{1}, 2);
  REQUIRE(probe.receive(
      1, new_view(config, View{1},
                  {showing(config, 0, View{1}, {one}, View{0}), showing(config, 1, View{1}, {}, View{0}),
                   showing(config, 3, View{1}, {}, View{0})})));
  // The tip follows from the proof, so a fresh block at its height is worth nothing, or proves a liar.
  probe.receive(1, proposal_of(config, other, View{1}));
  CHECK_FALSE(probe.has_voted(other.header, View{1}, Phase::Prepare));
  REQUIRE(probe.receive(0, BlockReply{one}));
  CHECK_FALSE(probe.has_voted(other.header, View{1}, Phase::Prepare));
}

TEST_CASE("no vote is cast in a view below a view change that was sent", "[new_view]") {
  Probe probe(2);
  const Block one = probe.fresh_block(probe.genesis(), View{0}, 1);
  probe.tick(1'001);
  REQUIRE(probe.status().in_view_change);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), one, View{0})));
  for (const auto from : {0U, 1U, 3U})
    REQUIRE(probe.receive(from, vote_of(probe.config(), from, one.header, View{0}, Phase::Prepare)));
  CHECK(probe.sent<SignedVote>().empty());
}

TEST_CASE("a replica that hears no quorum stays in its view and is there when the link is back",
          "[new_view]") {
  Probe probe(2);
  probe.cut_off();
  probe.submit(1);
  for (int i = 0; i < 40; ++i) probe.tick(500);
  CHECK(probe.status().view == View{0});
  CHECK_FALSE(probe.status().in_view_change);
  CHECK(probe.sent<ViewChange>().empty());

  Cluster cluster(4);
  cluster.isolate({3});
  cluster.submit(3);
  cluster.submit(1);
  cluster.run(10'000);
  cluster.heal();
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{2}); }, 2'000));
  cluster.stop(1);  // from here on all that are left are needed
  cluster.submit(2);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{3}); }, 100));
  CHECK(cluster.status(3).view == View{0});
}

TEST_CASE("commits that complete a certificate after the view was left still make the block final",
          "[new_view]") {
  Probe probe(2);
  const auto& config = probe.config();
  const Block one = probe.fresh_block(probe.genesis(), View{0}, 1);
  REQUIRE(probe.receive(0, proposal_of(config, one, View{0})));
  for (const auto from : {0U, 1U}) {
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, View{0}, Phase::Prepare)));
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, View{0}, Phase::Commit)));
  }
  REQUIRE(probe.ledger().size() == 1);

  const Block two = probe.fresh_block(one.header, View{0}, 2);
  REQUIRE(probe.receive(0, proposal_of(config, two, View{0})));
  for (const auto from : {0U, 1U})
    REQUIRE(probe.receive(from, vote_of(config, from, two.header, View{0}, Phase::Commit)));
  probe.tick(1'001);
  REQUIRE(probe.status().in_view_change);
  CHECK(probe.ledger().size() == 1);
  REQUIRE(probe.receive(3, vote_of(config, 3, two.header, View{0}, Phase::Commit)));
  CHECK(probe.ledger().size() == 2);
  CHECK_FALSE(probe.fatal());
}

TEST_CASE("CL-06 CL-07 CS-15 f replicas that ask for far views or for many views move nobody", "[new_view]") {
  Cluster cluster(4);
  for (std::uint64_t view = 1; view < 200; ++view) {
    for (std::uint32_t to = 0; to < 3; ++to)
      CHECK(cluster.inject(3, to, showing(cluster.config(), 3, View{view}, {}, View{0})));
  }
  for (const std::uint64_t view : {std::uint64_t{1'000'000'000}, UINT64_MAX - 3, UINT64_MAX}) {
    for (std::uint32_t to = 0; to < 3; ++to)
      CHECK(cluster.inject(3, to, showing(cluster.config(), 3, View{view}, {}, View{0})));
  }
  cluster.submit(1);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 500));
  for (std::uint32_t id = 0; id < 3; ++id) {
    CHECK(cluster.status(id).view == View{0});
    CHECK(cluster.count_sent<ViewChange>(id) == 0);
  }
}

TEST_CASE("CS-15 a replica follows the smallest view that f+1 others want", "[new_view]") {
  Probe probe(2);
  REQUIRE(probe.receive(3, showing(probe.config(), 3, View{UINT64_MAX}, {}, View{0})));
  CHECK(probe.status().view == View{0});
  REQUIRE(probe.receive(1, showing(probe.config(), 1, View{5}, {}, View{0})));
  CHECK(probe.status().view == View{5});
  CHECK(probe.status().in_view_change);
}

TEST_CASE("a view whose primary has left it is left as soon as a quorum knows, and for the next view only",
          "[new_view]") {
  Probe probe(2, 7);
  REQUIRE(probe.receive(3, showing(probe.config(), 3, View{9}, {}, View{0})));
  CHECK_FALSE(probe.wishes_to_leave());
  REQUIRE(probe.receive(0, showing(probe.config(), 0, View{UINT64_MAX}, {}, View{0})));
  CHECK(probe.wishes_to_leave());
  CHECK_FALSE(probe.status().in_view_change);
  REQUIRE(probe.receive(1, wish_in(View{0})));
  CHECK_FALSE(probe.status().in_view_change);
  REQUIRE(probe.receive(4, wish_in(View{0})));
  CHECK(probe.status().in_view_change);
  CHECK(probe.status().view == View{1});
}

TEST_CASE("a replica wishes for what f+1 others wish for, and leaves for what a quorum wishes for", "[new_view]") {
  Probe probe(6, 7);
  REQUIRE(probe.receive(1, wish_in(View{0})));
  REQUIRE(probe.receive(1, wish_in(View{7})));  // one voice, however often and for whatever view
  REQUIRE(probe.receive(2, wish_in(View{0})));
  CHECK_FALSE(probe.wishes_to_leave());
  REQUIRE(probe.receive(3, wish_in(View{0})));
  CHECK(probe.wishes_to_leave());
  CHECK(probe.sent<ViewChange>().empty());
  REQUIRE(probe.receive(4, wish_in(View{0})));
  REQUIRE(probe.sent<ViewChange>().size() == 1);
  CHECK(probe.sent<ViewChange>().front().view == View{1});
}

TEST_CASE("CL-09 a lost new view is sent again to whoever still waits for it", "[new_view]") {
  Cluster cluster(4);
  cluster.stop(0);
  cluster.set_filter([](std::uint32_t, std::uint32_t to, const Message& message) {
    return !(to == 3 && std::holds_alternative<NewView>(message));
  });
  cluster.submit(2);
  REQUIRE(cluster.run_until(
      [&] { return cluster.status(1).view == View{1} && !cluster.status(1).in_view_change; }, 3'000));
  REQUIRE(cluster.status(3).in_view_change);
  cluster.heal();
  CHECK(cluster.run_until([&] { return !cluster.status(3).in_view_change; },
                          cluster.config().parameters.retransmit_interval_ms + 10));
}

TEST_CASE("CL-10 the timeout doubles with each failed view up to the cap and falls back with a final block",
          "[new_view]") {
  Cluster cluster(4);
  cluster.set_filter([](std::uint32_t, std::uint32_t, const Message& message) {
    return !std::holds_alternative<NewView>(message) && !std::holds_alternative<Proposal>(message);
  });
  cluster.submit(1);
  std::vector<std::uint64_t> took;
  for (std::uint64_t view = 1; view <= 8; ++view) {
    const TimePoint before = cluster.now();
    REQUIRE(cluster.run_until([&] { return cluster.status(2).view >= View{view}; }, 40'000));
    took.push_back(static_cast<std::uint64_t>((cluster.now() - before).count() + 500'000) / 1'000'000);
  }
  CHECK(took == std::vector<std::uint64_t>{1, 2, 4, 8, 16, 16, 16, 16});
  cluster.heal();
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 40'000));
  cluster.run(100);
  const View view = cluster.status(2).view;
  cluster.stop(number(primary_of(view, cluster.config().validators)));
  const TimePoint before = cluster.now();
  cluster.submit((number(primary_of(view, cluster.config().validators)) + 1) % 4);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{2}); }, 3'000));
  CHECK(cluster.now() - before < Duration{1'500'000});
}

TEST_CASE("CL-03 a primary that leaves one bank out is replaced though it makes progress", "[new_view]") {
  Cluster cluster(4);
  cluster.set_filter([](std::uint32_t from, std::uint32_t to, const Message& message) {
    const auto* batch = std::get_if<BatchMessage>(&message);
    const bool is_of_3 = batch != nullptr && batch->batch->origin == ReplicaId{3};
    return !(is_of_3 && to == 0) && from < 4;
  });
  cluster.submit(3);
  bool was_replaced = false;
  for (int i = 0; i < 100 && !was_replaced; ++i) {
    cluster.submit(1);
    cluster.run(100);
    was_replaced = cluster.status(1).view > View{0};
  }
  CHECK(was_replaced);
  REQUIRE(cluster.run_until([&] { return cluster.status(3).pending_batches == 0; }, 3'000));
  cluster.run(1'500);
  CHECK(cluster.agree());
}

TEST_CASE("an origin that keeps its batch from the primary cannot have the primary replaced", "[new_view]") {
  Cluster cluster(4);
  cluster.set_filter([](std::uint32_t from, std::uint32_t to, const Message& message) {
    return !(from == 3 && to == 0 && std::holds_alternative<BatchMessage>(message));
  });
  cluster.submit(3);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 2'000));
  CHECK(cluster.status(1).view == View{0});
}
