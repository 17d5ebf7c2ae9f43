#include <catch2/catch.hpp>

#include "tests/unit/consensus/cluster.h"
#include "tests/unit/consensus/probe.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

/// Whether everything submitted becomes final at everybody who is up within `milliseconds`.
bool settles(Cluster& cluster, std::uint64_t milliseconds) {
  const auto is_done = [&] {
    Height highest{};
    for (std::uint32_t id = 0; id < cluster.size(); ++id)
      highest = std::max(highest, cluster.final_height(id));
    for (std::uint32_t id = 0; id < cluster.size(); ++id) {
      if (cluster.node(id).replica != nullptr && cluster.status(id).pending_batches > 0) return false;
    }
    return number(highest) > 0 && cluster.all_at(highest);
  };
  return cluster.run_until(is_done, milliseconds) && cluster.agree();
}

}  // namespace

TEST_CASE("CL-08 replicas that start with one link each find together when the others come up", "[liveness]") {
  Cluster cluster(4);
  cluster.set_filter(
      [](std::uint32_t from, std::uint32_t to, const Message&) { return from == 0 || to == 0; });
  cluster.submit(1);
  cluster.submit(3);
  cluster.run(20'000);
  cluster.heal();
  CHECK(settles(cluster, 2'000));
}

TEST_CASE("CL-21 one directed link less does not stop anything", "[liveness]") {
  for (std::uint32_t a = 0; a < 4; ++a) {
    for (std::uint32_t b = 0; b < 4; ++b) {
      if (a == b) continue;
      INFO(a << " cannot be heard by " << b);
      Cluster cluster(4);
      cluster.set_filter(
          [=](std::uint32_t from, std::uint32_t to, const Message&) { return !(from == a && to == b); });
      for (std::uint32_t i = 0; i < 4; ++i) cluster.submit(i);
      CHECK(settles(cluster, 10'000));
    }
  }
}

TEST_CASE("CL-21 a primary that can send and not hear is replaced", "[liveness]") {
  Cluster cluster(4);
  cluster.set_filter([](std::uint32_t, std::uint32_t to, const Message&) { return to != 0; });
  cluster.submit(1);
  REQUIRE(cluster.run_until(
      [&] {
        return cluster.final_height(1) > Height{0} && cluster.final_height(2) > Height{0} &&
               cluster.final_height(3) > Height{0};
      },
      3'000));
  cluster.heal();
  CHECK(settles(cluster, 3'000));
}

TEST_CASE("NW-01 with every third message lost everything still becomes final", "[liveness]") {
  for (std::uint64_t salt = 0; salt < 20; ++salt) {
    INFO(salt);
    Cluster cluster(4);
    std::uint64_t count = salt;
    cluster.set_filter([&count](std::uint32_t, std::uint32_t, const Message&) {
      // A multiplicative generator, so that the loss follows no pattern of the protocol.
      count = count * 6364136223846793005U + 1442695040888963407U;
      return (count >> 33U) % 3 != 0;
    });
    for (std::uint32_t i = 0; i < 12; ++i) {
      cluster.submit(i % 4, 2);
      cluster.run(50);
    }
    CHECK(settles(cluster, 60'000));
  }
}

TEST_CASE("CL-26 without a quorum nothing becomes final, and with it back the work goes on", "[liveness]") {
  Cluster cluster(4);
  cluster.stop(2);
  cluster.stop(3);
  cluster.submit(0, 5);
  cluster.submit(1, 5);
  cluster.run(60'000);
  CHECK(cluster.final_height(0) == Height{0});
  cluster.start(3);
  // The block that waited all the time is older than clocks may differ by now, so one view is left.
  CHECK(settles(cluster, 2'500));
}

TEST_CASE("NW-04 halves that could not hear each other go on where they were", "[liveness]") {
  Cluster cluster(4);
  cluster.isolate({2, 3});
  cluster.submit(0, 3);
  cluster.submit(3, 3);
  cluster.run(30'000);
  CHECK(cluster.final_height(0) == Height{0});
  cluster.heal();
  CHECK(settles(cluster, 2'000));
}

TEST_CASE("CL-24 clocks that are wrong by an hour on f replicas stop nobody", "[liveness]") {
  for (std::uint32_t wrong = 0; wrong < 4; ++wrong) {
    for (const std::int64_t skew : {-3'600'000, 3'600'000}) {
      INFO("replica " << wrong << " by " << skew);
      Cluster cluster(4);
      cluster.skew(wrong, skew);
      for (std::uint32_t i = 0; i < 4; ++i) cluster.submit(i);
      cluster.run(3'000);
      const UnixMillis now = cluster.wall_clock();
      REQUIRE(settles(cluster, 3'000));
      for (const auto& block : cluster.node((wrong + 1) % 4).ledger) {
        CHECK(block.block.header.time_ms <= now + 5'000);
        CHECK(block.block.header.time_ms + 8'000 >= now);
      }
    }
  }
}

TEST_CASE("under light load that never stops a replica that was away still learns that it is behind",
          "[liveness]") {
  Cluster cluster(4);
  const auto load = [&](int times) {
    for (int i = 0; i < times; ++i) {  // each is final before the next one comes
      cluster.submit(1);
      cluster.run(60);
    }
  };
  cluster.isolate({3});
  load(30);
  REQUIRE(cluster.final_height(3) == Height{0});
  cluster.heal();
  cluster.set_filter([](std::uint32_t from, std::uint32_t to, const Message& message) {
    // Nothing of the blocks in flight reaches it, so only a status can tell.
    const bool tells =
        std::holds_alternative<StatusMessage>(message) || std::holds_alternative<FinalBlocks>(message);
    return to != 3 || from == 3 || tells;
  });
  load(50);
  CHECK(number(cluster.final_height(3)) + 20 > number(cluster.final_height(0)));
}

TEST_CASE("every replica in turn may be away under load", "[liveness]") {
  Cluster cluster(4);
  for (std::uint32_t round = 0; round < 8; ++round) {
    cluster.stop(round % 4);
    for (std::uint32_t i = 0; i < 10; ++i) {
      cluster.submit((round + 1 + i % 3) % 4);
      cluster.run(100);
    }
    cluster.start(round % 4);
    cluster.run(1'500);
  }
  CHECK(settles(cluster, 3'000));
}

TEST_CASE("CL-27 one peer that claims to be far ahead does not slow down a change of view", "[liveness]") {
  Cluster cluster(4);
  cluster.set_filter([](std::uint32_t from, std::uint32_t, const Message& message) {
    return from != 3 || !std::holds_alternative<StatusMessage>(message);
  });
  cluster.stop(0);
  cluster.submit(1);
  const auto is_served = [&] { return cluster.final_height(1) > Height{0}; };
  for (std::size_t i = 0; i < 30 && !is_served(); ++i) {
    const ReplicaStatus liar = cluster.status(3);
    const StatusMessage boast{Epoch{0}, liar.view, Height{std::uint64_t{1} << 62U}, liar.in_view_change, true};
    for (const std::uint32_t to : {1U, 2U}) cluster.inject(3, to, boast);
    cluster.run(100);
  }
  CHECK(is_served());
}

TEST_CASE("a replica that alone finds its primary too slow stays in the view and goes on voting", "[liveness]") {
  Cluster cluster(4);
  cluster.submit(1);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 500));
  // Batches and statuses are all that reaches replica 3: it hears of work that is never done.
  cluster.set_filter([](std::uint32_t, std::uint32_t to, const Message& message) {
    return to != 3 || std::holds_alternative<BatchMessage>(message) || std::holds_alternative<StatusMessage>(message);
  });
  cluster.submit(1);
  const auto wishes = [&] {
    const auto& sent = cluster.node(3).sent;
    return std::any_of(sent.begin(), sent.end(), [](const Message& message) {
      const auto* status = std::get_if<StatusMessage>(&message);
      return status != nullptr && status->wishes_to_leave;
    });
  };
  REQUIRE(cluster.run_until(wishes, 30'000));
  cluster.heal();
  cluster.submit(2);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{3}); }, 2'000));
  for (std::uint32_t id = 0; id < 4; ++id) CHECK(cluster.count_sent<ViewChange>(id) == 0);
  CHECK(cluster.votes(3, View{0}, Height{3}, Phase::Commit) > 0);
}

TEST_CASE("a replica that replays a long past does not blame the primary of today for it", "[liveness]") {
  Probe probe(1);
  probe.cut_off();
  for (const auto peer : {0U, 2U, 3U})
    probe.receive(peer, StatusMessage{Epoch{0}, View{0}, Height{1'000}, false});
  probe.known_batch(2, 7);  // stands in a block far above
  Header parent = probe.genesis();
  for (std::uint64_t height = 1; height <= 40; ++height) {
    const BatchPtr batch = probe.batch(0, height);
    const Block block = block_on(probe.config(), parent, View{0}, {batch}, probe.wall_clock());
    const auto proof = certificate_of(probe.config(), block.header, View{0}, Phase::Commit, {0, 2, 3});
    REQUIRE(probe.receive(0, FinalBlocks{{ledger::CertifiedBlock{block, {batch}, proof}}}));
    parent = block.header;
    probe.tick(100);
  }
  REQUIRE(probe.ledger().size() == 40);
  CHECK(probe.sent<ViewChange>().empty());
}
