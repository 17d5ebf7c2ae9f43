#include <catch2/catch.hpp>

#include "consensus/limits.h"
#include "consensus/pool.h"
#include "consensus/primary_floor.h"
#include "tests/unit/consensus/cluster.h"
#include "tests/unit/consensus/probe.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

/// One transaction each 20 ms at the replicas in turn.
void load(Cluster& cluster, int times) {
  for (int i = 0; i < times; ++i) {
    cluster.submit(static_cast<std::uint32_t>(i) % static_cast<std::uint32_t>(cluster.size()));
    cluster.run(20);
  }
}

View view_of(const Cluster& cluster) {
  View highest{};
  for (std::uint32_t id = 0; id < cluster.size(); ++id) highest = std::max(highest, cluster.status(id).view);
  return highest;
}

/// How long one transaction at `id` takes to be final there, in milliseconds.
std::uint64_t latency(Cluster& cluster, std::uint32_t id) {
  const Height before = cluster.final_height(id);
  const TimePoint asked = cluster.now();
  cluster.submit(id);
  cluster.run_until([&] { return cluster.final_height(id) > before; }, 10'000);
  return static_cast<std::uint64_t>((cluster.now() - asked).count() / 1000);
}

Cluster::Delay proposals_late(std::uint32_t primary, std::uint64_t ms) {
  return [=](std::uint32_t from, std::uint32_t, const Message& message) {
    return from == primary && std::holds_alternative<Proposal>(message) ? milliseconds(ms) : Duration::zero();
  };
}

/// What a flush of one second does to what a node says: votes and proposals wait for it, batches do not.
Cluster::Delay slow_disk(std::uint32_t node) {
  return [=](std::uint32_t from, std::uint32_t, const Message& message) {
    return from == node && !std::holds_alternative<BatchMessage>(message) ? milliseconds(1'000)
                                                                          : Duration::zero();
  };
}

/// Plays the rest of a cluster for replica 1: blocks of view 0 become final with everybody's votes.
class Elsewhere {
 public:
  explicit Elsewhere(Probe& probe) : probe_(probe), parent_(probe.genesis()) {}

  void block(const std::vector<BatchPtr>& batches) {
    const Block block = block_on(probe_.config(), parent_, View{0}, batches,
                                 std::max(parent_.time_ms + 1, probe_.wall_clock()));
    REQUIRE(probe_.receive(0, proposal_of(probe_.config(), block, View{0})));
    for (const Phase phase : {Phase::Prepare, Phase::Commit}) {
      for (const auto from : {0U, 2U, 3U})
        REQUIRE(probe_.receive(from, vote_of(probe_.config(), from, block.header, View{0}, phase)));
    }
    parent_ = block.header;
  }
  bool has_left() const { return !probe_.sent<ViewChange>().empty(); }

 private:
  Probe& probe_;
  Header parent_;
};

struct PrimaryPool {
  PrimaryPool() {
    config.chain = toy_chain(4);
    config.self = ReplicaId{0};
  }
  BatchPtr batch(std::uint32_t origin) {
    const auto number = next_number++;
    return ledger::make_batch(ReplicaId{origin}, number, {envelope(config.chain, number)});
  }
  /// Blocks until `wanted` is in one, when all lanes are full all the time.
  std::uint64_t blocks_until(const BatchPtr& wanted) {
    for (std::uint64_t blocks = 1; blocks < 1'000; ++blocks) {
      const auto chosen = pool.choose({});
      std::vector<ledger::BatchRef> refs;
      for (const BatchPtr& each : chosen) refs.push_back(ledger::ref_of(*each));
      if (std::find(chosen.begin(), chosen.end(), wanted) != chosen.end()) return blocks;
      pool.on_final(refs);
      fill();
    }
    return UINT64_MAX;
  }
  void fill() {
    for (std::uint32_t peer = 0; peer < 4; ++peer) {
      while (pool.add(batch(peer), ReplicaId{peer}, TimePoint{})) {
      }
    }
  }

  ReplicaConfig config;
  ToySigner signer{0};
  Self self{config, signer};
  Pool pool{self};
  std::uint32_t next_number = 0;
};

}  // namespace

TEST_CASE("CL-04 a primary that puts blocks forward just before each timeout is replaced", "[floor]") {
  for (const std::size_t n : {4U, 7U}) {
    Cluster cluster(n);
    cluster.set_delay(proposals_late(0, 950));
    load(cluster, 100);
    CHECK(view_of(cluster) == View{1});
    for (std::uint32_t id = 0; id < n; ++id) CHECK(latency(cluster, id) < 50);
    CHECK(view_of(cluster) == View{1});
  }
}

TEST_CASE("CL-04 a primary that becomes slow is replaced within two timeouts", "[floor]") {
  Cluster cluster(4);
  load(cluster, 100);
  REQUIRE(view_of(cluster) == View{0});
  cluster.set_delay(proposals_late(0, 950));
  load(cluster, 50);
  CHECK(view_of(cluster) == View{1});
}

TEST_CASE("CL-04 a primary that orders one batch with each block while others wait is replaced", "[floor]") {
  Probe probe(1);
  Elsewhere elsewhere(probe);
  std::deque<BatchPtr> waiting;
  for (std::uint64_t i = 0; i < 200 && !elsewhere.has_left(); ++i) {
    for (const auto origin : {0U, 2U, 3U}) waiting.push_back(probe.known_batch(origin, i));
    elsewhere.block({waiting.front()});
    waiting.pop_front();
    probe.tick(10);
  }
  CHECK(elsewhere.has_left());
}

TEST_CASE("a primary that orders what there is stays, however much comes at once", "[floor]") {
  Probe probe(1);
  Elsewhere elsewhere(probe);
  for (std::uint64_t i = 0; i < 200; ++i) {
    std::vector<BatchPtr> batches;
    for (std::uint64_t burst = 0; burst <= (i % 20 == 0 ? 15 : 0); ++burst)
      batches.push_back(probe.known_batch(2, i * 100 + burst));
    elsewhere.block(batches);
    probe.tick(10);
  }
  CHECK_FALSE(elsewhere.has_left());
}

TEST_CASE("CL-03 a primary that leaves one origin out is replaced long before two timeouts", "[floor]") {
  Probe probe(1);
  Elsewhere elsewhere(probe);
  for (std::uint64_t i = 0; i < 20; ++i) {
    elsewhere.block({probe.known_batch(2, i)});
    probe.tick(10);
  }
  const TimePoint came = probe.now();
  const BatchPtr left_out = probe.known_batch(3, 0);
  probe.forget_sent();
  for (std::uint64_t i = 20; i < 200 && !elsewhere.has_left(); ++i) {
    elsewhere.block({probe.known_batch(2, i)});
    probe.tick(10);
  }
  REQUIRE(elsewhere.has_left());
  CHECK(probe.now() - came < milliseconds(500));
  const auto handed = std::ranges::count_if(probe.all_sent(), [&](const Send& send) {
    const auto* message = std::get_if<BatchMessage>(&send.message);
    return message != nullptr && message->batch->digest == left_out->digest && send.to == ReplicaId{0};
  });
  CHECK(handed == 2);  // it certainly had it
}

TEST_CASE("an origin that keeps its batches from the primary deposes nobody, and they are ordered",
          "[floor]") {
  Cluster cluster(4);
  cluster.set_filter([](std::uint32_t from, std::uint32_t to, const Message& message) {
    return from != 3 || to != 0 || !std::holds_alternative<BatchMessage>(message);
  });
  load(cluster, 200);
  CHECK(view_of(cluster) == View{0});
  CHECK(cluster.run_until([&] { return cluster.status(1).pending_batches == 0; }, 1'000));
}

TEST_CASE("ST-16 a primary with a disk that takes a second is replaced before a view would time out",
          "[floor]") {
  Cluster cluster(4);
  load(cluster, 50);
  cluster.set_delay(slow_disk(0));
  load(cluster, 40);
  CHECK(view_of(cluster) == View{1});
  CHECK(latency(cluster, 2) < 50);
}

TEST_CASE("ST-15 a backup with a disk that takes a second costs nobody the lead", "[floor]") {
  Cluster cluster(4);
  cluster.set_delay(slow_disk(2));
  load(cluster, 300);
  CHECK(view_of(cluster) == View{0});
  CHECK(latency(cluster, 1) < 50);
}

TEST_CASE("CL-14 the window moves with the others when f validators withhold their commits", "[floor]") {
  for (const std::size_t n : {4U, 7U}) {
    Cluster cluster(n);
    const std::uint32_t first_liar = static_cast<std::uint32_t>(n - (n - 1) / 3);
    cluster.set_filter([=](std::uint32_t from, std::uint32_t, const Message& message) {
      const auto* vote = std::get_if<SignedVote>(&message);
      return vote == nullptr || from < first_liar || vote->vote.phase != Phase::Commit;
    });
    load(cluster, 200);
    CHECK(view_of(cluster) == View{0});
    CHECK(cluster.final_height(0) > Height{100});
  }
}

TEST_CASE("a primary that keeps back what its blocks name is replaced", "[floor]") {
  Cluster cluster(4);
  cluster.set_filter([](std::uint32_t from, std::uint32_t, const Message& message) {
    return from != 0 || !std::holds_alternative<BatchMessage>(message);
  });
  load(cluster, 45);
  for (std::uint32_t id = 1; id < 4; ++id) CHECK(cluster.status(id).view == View{1});
}

TEST_CASE("an idle network and a load that comes and goes change no view", "[floor]") {
  Cluster cluster(4);
  for (int round = 0; round < 5; ++round) {
    cluster.run(30'000);
    for (std::uint32_t id = 0; id < 4; ++id) cluster.submit(id, 200);
    load(cluster, 50);
  }
  CHECK(view_of(cluster) == View{0});
}

TEST_CASE("when everybody is slow the views come to rest", "[floor]") {
  Cluster cluster(4);
  cluster.set_delay([](std::uint32_t, std::uint32_t, const Message& message) {
    return std::holds_alternative<Proposal>(message) ? milliseconds(850) : Duration::zero();
  });
  load(cluster, 500);
  const View settled = view_of(cluster);
  CHECK(settled <= View{4});
  load(cluster, 5'000);
  CHECK(view_of(cluster) == settled);
}

TEST_CASE("what is handed on to a primary under full load is ordered before it is held against it",
          "[floor]") {
  PrimaryPool world;
  world.fill();
  const BatchPtr kept_back = world.batch(3);
  REQUIRE(world.pool.add(kept_back, ReplicaId{1}, TimePoint{}));
  CHECK(world.blocks_until(kept_back) < PrimaryFloor(world.self).blocks_of_a_round());
}

TEST_CASE("a batch that its origin hid behind hundreds of others is brought forward when it is handed on",
          "[floor]") {
  PrimaryPool world;
  for (std::size_t i = 0; i + 1 < batches_per_peer_max; ++i)
    world.pool.add(world.batch(3), ReplicaId{3}, TimePoint{});
  const BatchPtr hidden = world.batch(3);
  REQUIRE(world.pool.add(hidden, ReplicaId{3}, TimePoint{}));
  world.fill();
  world.pool.add(hidden, ReplicaId{1}, TimePoint{});
  CHECK(world.blocks_until(hidden) < PrimaryFloor(world.self).blocks_of_a_round());
}

TEST_CASE("handing a batch on never puts it back", "[floor]") {
  PrimaryPool world;
  const BatchPtr oldest = world.batch(3);
  REQUIRE(world.pool.add(oldest, ReplicaId{3}, TimePoint{}));
  for (int i = 0; i < 20; ++i) world.pool.add(world.batch(2), ReplicaId{1}, TimePoint{});
  world.pool.add(oldest, ReplicaId{1}, TimePoint{});
  CHECK(world.blocks_until(oldest) == 1);
}
