#include "node/budget.h"

#include <catch2/catch.hpp>

namespace aval::node::budget_test {
namespace {

TimePoint at(double seconds) { return TimePoint{} + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)); }

}  // namespace

TEST_CASE("NW-16 a budget gives its rate, and a second of it at once", "[budget]") {
  Budget budget(1'000);
  CHECK(budget.due(at(100)) <= at(100));
  budget.spend(1'000, at(100));
  CHECK(budget.due(at(100)) <= at(100));
  budget.spend(1, at(100));
  CHECK(budget.due(at(100)) > at(100));
  CHECK(budget.due(at(100.1)) <= at(100.1));
}

TEST_CASE("NW-16 something larger than the budget is given once, and paid for by waiting", "[budget]") {
  Budget budget(1'000);
  budget.spend(11'000, at(100));
  CHECK(budget.due(at(109)) > at(109));
  CHECK(budget.due(at(110)) <= at(110));
}

TEST_CASE("NW-16 in any ten seconds no more than eleven seconds' worth and one answer is given", "[budget]") {
  Budget budget(1'000);
  std::uint64_t given = 0;
  for (int tick = 0; tick < 1'000; ++tick) {
    const TimePoint now = at(500 + tick * 0.01);
    if (budget.due(now) > now) continue;
    budget.spend(300, now);
    given += 300;
  }
  CHECK(given >= 10'000);
  CHECK(given <= 11'300);
}

}  // namespace aval::node::budget_test
