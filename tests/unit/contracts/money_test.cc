#include "contracts/money.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "contracts/calendar.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::money_test {
namespace {

constexpr auto half_up = Rounding::HalfAwayFromZero;
constexpr auto half_even = Rounding::HalfEven;

std::int64_t interest_of(std::int64_t amount, const Accrual& accrual, Rounding rounding = half_up) {
  return interest(amount, accrual, rounding).value();
}

Discounted discounted(std::int64_t face, const Accrual& accrual, std::int64_t fee = 0) {
  return straight_discount(face, accrual, fee, half_up).value();
}

std::int64_t sum_of(const std::vector<std::int64_t>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
}

std::int64_t days(const char* start, const char* end) {
  return days_between(parse_date(start).value(), parse_date(end).value());
}

const std::vector<std::int64_t> deep_tier = {11'111'111, 22'222'222, 9'000'001,
                                             30'000'003, 7'777'777,  43'345'675};

}  // namespace

TEST_CASE("V1: straight discount of USD over ACT/360, with and without grace", "[money]") {
  const std::int64_t n = days("2026-01-15", "2026-04-20");
  REQUIRE(n == 95);
  REQUIRE(discounted(123'456'789, {53'500'000, n, 360}) == Discounted{1'742'970, 121'713'819});
  REQUIRE(discounted(123'456'789, {53'500'000, n + 3, 360}) == Discounted{1'798'011, 121'658'778});
}

TEST_CASE("V2: the same in GBP over ACT/365F", "[money]") {
  REQUIRE(discounted(123'456'789, {53'500'000, 95, 365}) == Discounted{1'719'094, 121'737'695});
}

TEST_CASE("V6a: a tie is rounded away from zero, or to even where the programme says so", "[money]") {
  const Accrual tie{59'400'000, 10, 360};  // 100.00 gives 0.165 exactly
  REQUIRE(interest_of(10'000, tie, half_up) == 17);
  REQUIRE(interest_of(10'000, tie, half_even) == 16);
  REQUIRE(interest_of(30'000, {59'400'000, 10, 360}, half_even) == 50);  // 0.495 is a tie again: 49.5 to 50
}

TEST_CASE("V6b: currencies without decimals and with three", "[money]") {
  REQUIRE(discounted(98'765'432, {11'500'000, 61, 365}) == Discounted{189'819, 98'575'613});
  REQUIRE(discounted(45'678'901, {62'500'000, 61, 365}) == Discounted{477'126, 45'201'775});
}

TEST_CASE("V7: an advance of 80 percent with interest in arrears and a reserve", "[money]") {
  const std::int64_t n = days("2026-03-02", "2026-05-31");
  REQUIRE(n == 90);
  const std::int64_t accrued = interest_of(20'000'000, {79'000'000, n, 360});
  const std::int64_t fee = interest_of(25'000'000, {5'000'000, 360, 360});  // 0.50 % of the face
  REQUIRE(accrued == 395'000);
  REQUIRE(fee == 125'000);
  const std::int64_t to_financier = 20'000'000 + accrued + fee;
  REQUIRE(to_financier == 20'520'000);
  REQUIRE(subtract(25'000'000, to_financier).value() == 4'480'000);
}

TEST_CASE("V11a: thirds of a hundred thousand, the odd cent to the first", "[money]") {
  REQUIRE(allocate(10'000'000, {1, 1, 1}).value() ==
          std::vector<std::int64_t>{3'333'334, 3'333'333, 3'333'333});
}

TEST_CASE("V11b: a discount is allocated from the parent, not summed from the children", "[money]") {
  const Accrual accrual{53'500'000, 95, 360};
  std::vector<std::int64_t> per_child;
  for (const std::int64_t part : deep_tier) per_child.push_back(interest_of(part, accrual));
  REQUIRE(per_child == std::vector<std::int64_t>{156'867, 313'735, 127'063, 423'542, 109'807, 611'957});
  REQUIRE(sum_of(per_child) == 1'742'971);
  const auto allocated = allocate(1'742'970, deep_tier).value();
  REQUIRE(allocated == std::vector<std::int64_t>{156'867, 313'735, 127'062, 423'542, 109'807, 611'957});
  REQUIRE(sum_of(allocated) == 1'742'970);
}

TEST_CASE("V11c: a syndicate's funding and collection shares", "[money]") {
  const std::vector<std::int64_t> shares = {5000, 3333, 1667};
  REQUIRE(allocate(121'713'819, shares).value() ==
          std::vector<std::int64_t>{60'856'909, 40'567'216, 20'289'694});
  REQUIRE(allocate(123'456'789, shares).value() ==
          std::vector<std::int64_t>{61'728'394, 41'148'148, 20'580'247});
}

TEST_CASE("sums that do not fit 64 bits are refused, never wrapped", "[money]") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  REQUIRE(add(most, 0).value() == most);
  REQUIRE_FALSE(add(most, 1));
  REQUIRE_FALSE(add(least, -1));
  REQUIRE(subtract(least, 0).value() == least);
  REQUIRE_FALSE(subtract(least, 1));
  REQUIRE_FALSE(allocate(1, {most, 1}));
}

TEST_CASE("interest refuses terms out of bounds and holds the largest ones", "[money]") {
  REQUIRE(interest_of(amount_max, {rate_ppb_max, 360, 360}) == amount_max);
  REQUIRE_FALSE(interest(amount_max, {rate_ppb_max, 1 << 22, 360}, half_up));  // does not fit 64 bits
  REQUIRE_FALSE(interest(-1, {1, 1, 360}, half_up));
  REQUIRE_FALSE(interest(amount_max + 1, {1, 1, 360}, half_up));
  REQUIRE_FALSE(interest(1, {rate_ppb_max + 1, 1, 360}, half_up));
  REQUIRE_FALSE(interest(1, {1, -1, 360}, half_up));
  REQUIRE_FALSE(interest(1, {1, 1, 364}, half_up));
}

TEST_CASE("a discount that leaves nothing to pay out is refused", "[money]") {
  REQUIRE_FALSE(straight_discount(100, {rate_ppb_max, 360, 360}, 0, half_up));
  REQUIRE_FALSE(straight_discount(100, {0, 0, 360}, 100, half_up));
  REQUIRE_FALSE(straight_discount(100, {0, 0, 360}, -1, half_up));
  REQUIRE(discounted(100, {0, 0, 360}, 99) == Discounted{0, 1});
}

TEST_CASE("rounding agrees with a naive count for every small case", "[money]") {
  for (std::int64_t amount = 0; amount <= 40; ++amount) {
    for (std::uint64_t rate = 0; rate <= rate_ppb_max; rate += 50'000'000) {
      const std::int64_t numerator = amount * static_cast<std::int64_t>(rate / 50'000'000) * 45;
      const std::int64_t denominator = 20 * 360;
      const std::int64_t expected = (2 * numerator + denominator) / (2 * denominator);
      const bool tie = (2 * numerator) % (2 * denominator) == denominator;
      REQUIRE(interest_of(amount, {rate, 45, 360}) == expected);
      REQUIRE(interest_of(amount, {rate, 45, 360}, half_even) ==
              expected - (tie && expected % 2 == 1 ? 1 : 0));
    }
  }
}

TEST_CASE("parts always sum to the total, differ by at most one unit from exact, and fit their weights",
          "[money][property]") {
  Numbers numbers(11);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::int64_t> weights(1 + numbers.below(12));
    for (auto& weight : weights) weight = static_cast<std::int64_t>(numbers.below(1'000'000'000));
    weights[0] += 1;
    const std::int64_t sum = sum_of(weights);
    const auto total = static_cast<std::int64_t>(numbers.below(static_cast<std::uint64_t>(sum) + 1));
    const auto parts = allocate(total, weights).value();
    REQUIRE(sum_of(parts) == total);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      REQUIRE(parts[i] <= weights[i]);
      __extension__ const __int128 scaled = static_cast<__int128>(parts[i]) * sum;
      __extension__ const __int128 exact = static_cast<__int128>(total) * weights[i];
      REQUIRE((scaled > exact - sum && scaled < exact + sum));
    }
  }
}

TEST_CASE("there is no share of nothing, and none for a negative weight", "[money]") {
  REQUIRE_FALSE(allocate(1, {}));
  REQUIRE_FALSE(allocate(1, {0, 0}));
  REQUIRE_FALSE(allocate(-1, {1}));
  REQUIRE_FALSE(allocate(1, {2, -1}));
  REQUIRE(allocate(0, {1, 2}).value() == std::vector<std::int64_t>{0, 0});
}

TEST_CASE("ties go to the lower index", "[money]") {
  REQUIRE(allocate(2, {1, 1, 1, 1}).value() == std::vector<std::int64_t>{1, 1, 0, 0});
  REQUIRE(allocate(1, {0, 5, 5}).value() == std::vector<std::int64_t>{0, 1, 0});
}

TEST_CASE("amounts are read and written with the currency's own decimals", "[money]") {
  REQUIRE(parse_amount("1234567.89", "USD").value() == 123'456'789);
  REQUIRE(parse_amount("1234567.8", "USD").value() == 123'456'780);
  REQUIRE(parse_amount("98765432", "JPY").value() == 98'765'432);
  REQUIRE(parse_amount("45678.901", "KWD").value() == 45'678'901);
  REQUIRE(parse_amount("0.01", "EUR").value() == 1);
  for (const char* text : {"", ".", "1.", ".5", "1.234", "-1", "+1", "1,000", "1e3", " 1", "1 ", "0x1",
                           "12345678901234567890", "9999999999999999999.99"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_amount(text, "EUR"));
  }
  REQUIRE_FALSE(parse_amount("1.5", "JPY"));
  REQUIRE_FALSE(parse_amount("1", "XAU"));
  REQUIRE(format_amount(123'456'789, "USD") == "1234567.89");
  REQUIRE(format_amount(5, "EUR") == "0.05");
  REQUIRE(format_amount(-5, "KWD") == "-0.005");
  REQUIRE(format_amount(7, "JPY") == "7");
}

}  // namespace aval::contracts::money_test
