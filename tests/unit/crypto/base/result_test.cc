#include "crypto/base/result.h"

#include <memory>

#include <catch2/catch.hpp>

namespace aval {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return unexpected(Error::Code::Refused, std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  AVAL_ASSIGN(const int once, half(number));
  AVAL_ASSIGN(const int twice, half(once));
  return twice;
}

Result<void> require_even(int number) {
  AVAL_TRY(half(number));
  return {};
}

}  // namespace

TEST_CASE("a result is a value or an error", "[result]") {
  REQUIRE(half(4).value() == 2);
  REQUIRE(*half(4) == 2);
  REQUIRE(!half(3));
  REQUIRE(half(3).error().code == Error::Code::Refused);
  REQUIRE(half(3).error().message == "3 is odd");
}

TEST_CASE("the first error leaves the function as it is", "[result]") {
  REQUIRE(quarter(8).value() == 2);
  REQUIRE(quarter(6).error().message == "3 is odd");
  REQUIRE(quarter(5).error().message == "5 is odd");
  REQUIRE(require_even(2));
  REQUIRE(require_even(7).error().message == "7 is odd");
}

TEST_CASE("a result hands out what can only be moved", "[result]") {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const std::unique_ptr<int> taken = make().value();
  REQUIRE(*taken == 7);
}

}  // namespace aval
