#include "node/client_budgets.h"

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

TEST_CASE("CL-05 a client that asks too fast is read later, in the order it asked, and others are not", "[budget]") {
  ClientBudgets budgets(100);
  for (int i = 0; i < 101; ++i) {
    CHECK(budgets.reserve("hasty", at(100)) <= at(100));
    budgets.charge("hasty", at(100));
  }
  CHECK(budgets.owes("hasty", at(100)));
  CHECK_FALSE(budgets.owes("hasty", at(100.1)));
  CHECK_FALSE(budgets.owes("patient", at(100)));
  TimePoint last = at(100);
  for (int i = 0; i < 50; ++i) {
    const TimePoint due = budgets.reserve("hasty", at(100));
    CHECK(due > last);
    last = due;
  }
  CHECK(last >= at(100.49));
  CHECK(last <= at(100.51));
  CHECK(budgets.reserve("patient", at(100)) <= at(100));
}

TEST_CASE("CL-05 clients that owe nothing are forgotten, and those that owe are not", "[budget]") {
  ClientBudgets budgets(100);
  budgets.charge("once", at(100));
  for (int i = 0; i < 300; ++i) budgets.charge("hasty", at(100));
  CHECK(budgets.size() == 2);
  budgets.forget_paid(at(100.5));
  CHECK(budgets.size() == 1);
  CHECK(budgets.reserve("hasty", at(100.5)) > at(101));
  budgets.forget_paid(at(104));
  CHECK(budgets.size() == 0);
}

}  // namespace aval::node::budget_test
