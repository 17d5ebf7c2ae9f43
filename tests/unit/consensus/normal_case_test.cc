#include <catch2/catch.hpp>

#include "tests/unit/consensus/cluster.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

TEST_CASE("an envelope becomes final at all replicas with one root", "[consensus]") {
  Cluster cluster(4);
  cluster.submit(2);
  REQUIRE(cluster.run_until([&] { return cluster.all_at(Height{1}); }, 100));
  CHECK(cluster.agree());
  CHECK(cluster.status(0).view == View{0});
  CHECK(cluster.node(1).ledger.front().certificate.has_value());
}

TEST_CASE("blocks follow each other in the pipeline without waiting for the one before", "[consensus]") {
  Cluster cluster(4);
  std::size_t in_flight_max = 0;
  for (int i = 0; i < 20; ++i) {
    cluster.submit(static_cast<std::uint32_t>(i % 4), 3);
    cluster.run(1);
    in_flight_max = std::max(in_flight_max, cluster.status(0).in_flight);
  }
  REQUIRE(cluster.run_until([&] { return cluster.status(0).pending_batches == 0; }, 1000));
  cluster.run(100);
  CHECK(cluster.agree());
  CHECK(in_flight_max > 1);
  CHECK(in_flight_max <= cluster.config().parameters.pipeline_window);
}

TEST_CASE("an idle cluster makes no blocks and asks for nothing", "[consensus]") {
  Cluster cluster(4);
  cluster.run(20'000);
  CHECK(cluster.final_height(0) == Height{0});
  CHECK(cluster.status(0).waiting_for.empty());
  CHECK(cluster.count_sent<ViewChange>(1) == 0);
}
