#include "node/catch_up_gauge.h"

#include <catch2/catch.hpp>

namespace aval::node::catch_up_gauge_test {
namespace {

constexpr ledger::ReplicaId a{0};
constexpr ledger::ReplicaId b{1};
constexpr ledger::ReplicaId c{2};

ledger::ChainConfig four() {
  ledger::ChainConfig chain;
  chain.validators.validators.resize(4);
  return chain;
}
TimePoint at(int ms) { return TimePoint(std::chrono::milliseconds(ms)); }
ledger::Height h(std::uint64_t height) { return ledger::Height{height}; }
CatchUpGauge started_at(std::uint64_t own) { return {four(), h(own), at(0)}; }

}  // namespace

TEST_CASE("a node is behind until it has heard of a quorum", "[ready]") {
  CatchUpGauge gauge = started_at(5);
  REQUIRE(gauge.is_behind());
  gauge.on_claim(a, h(5), at(1));
  gauge.on_claim(a, h(5), at(2));
  REQUIRE(gauge.is_behind());
  gauge.on_claim(b, h(4), at(3));
  REQUIRE_FALSE(gauge.is_behind());
}

TEST_CASE("after a start a node is behind until it has what any peer has", "[ready]") {
  CatchUpGauge gauge = started_at(5);
  gauge.on_claim(a, h(6), at(1));
  gauge.on_claim(b, h(5), at(1));
  REQUIRE(gauge.is_behind());
  gauge.on_final(h(6), at(2));
  REQUIRE_FALSE(gauge.is_behind());
}

TEST_CASE("a peer that claims too much keeps nobody behind for long", "[ready]") {
  CatchUpGauge gauge = started_at(5);
  gauge.on_claim(a, h(UINT64_MAX), at(1));
  gauge.on_claim(b, h(5), at(1));
  gauge.on_claim(c, h(5), at(4999));
  REQUIRE(gauge.is_behind());
  gauge.on_claim(c, h(5), at(5000));
  REQUIRE_FALSE(gauge.is_behind());
}

TEST_CASE("silent peers do not keep a node behind that makes blocks final", "[ready]") {
  CatchUpGauge gauge = started_at(5);
  gauge.on_final(h(6), at(4000));
  REQUIRE(gauge.is_behind());
  gauge.on_final(h(7), at(5000));
  REQUIRE_FALSE(gauge.is_behind());
}

TEST_CASE("once caught up a node is behind only when f+1 peers are far ahead", "[ready]") {
  CatchUpGauge gauge = started_at(5);
  gauge.on_claim(a, h(5), at(1));
  gauge.on_claim(b, h(5), at(1));
  gauge.on_claim(a, h(1000), at(2));
  REQUIRE_FALSE(gauge.is_behind());
  gauge.on_claim(b, h(13), at(2));
  REQUIRE_FALSE(gauge.is_behind());
  gauge.on_claim(b, h(14), at(2));
  REQUIRE(gauge.is_behind());
  REQUIRE(gauge.credible() == h(14));
  gauge.on_final(h(6), at(3));
  REQUIRE_FALSE(gauge.is_behind());
}

TEST_CASE("in another epoch other numbers count, and who has no vote any more is not believed", "[ready]") {
  CatchUpGauge gauge = started_at(5);
  gauge.on_claim(a, h(5), at(1));
  gauge.on_claim(b, h(5), at(1));
  REQUIRE_FALSE(gauge.is_behind());
  ledger::ChainConfig seven = four();
  seven.validators.validators.resize(8);
  seven.validators.validators[0].standing = ledger::SeatStanding::Left;
  gauge.on_claim(a, h(1000), at(2));
  gauge.enter(seven);
  gauge.on_claim(b, h(1000), at(3));
  gauge.on_claim(c, h(1000), at(3));
  REQUIRE_FALSE(gauge.is_behind());
  gauge.on_claim(ledger::ReplicaId{3}, h(1000), at(3));
  REQUIRE(gauge.is_behind());
}

}  // namespace aval::node::catch_up_gauge_test
