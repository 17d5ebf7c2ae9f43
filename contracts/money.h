#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"

namespace aval::contracts {

/// Money is int64 minor units of a currency (contracts/currency.h). No single amount may exceed this;
/// it leaves room for sums of many amounts before anything can overflow.
constexpr std::int64_t amount_max = 1'000'000'000'000'000'000;

/// Rates are parts per billion per year; more than 100 % is a slip of the keyboard.
constexpr std::uint64_t rate_ppb_max = 1'000'000'000;

enum class Rounding { HalfAwayFromZero, HalfEven };

/// Actual days over a year of `basis` days: ACT/360 or ACT/365F.
struct Accrual {
  std::uint64_t rate_ppb = 0;
  std::int64_t days = 0;
  std::uint32_t basis = 360;
};

/// Sums and differences that refuse to wrap.
Result<std::int64_t> add(std::int64_t left, std::int64_t right);
Result<std::int64_t> subtract(std::int64_t left, std::int64_t right);

/// amount x rate x days / basis, rounded once. Refused when a term is out of its bounds (amount and
/// days not negative, rate at most rate_ppb_max, basis 360 or 365) or the result does not fit.
Result<std::int64_t> interest(std::int64_t amount, const Accrual& accrual, Rounding rounding);

struct Discounted {
  std::int64_t discount = 0;
  std::int64_t proceeds = 0;
  bool operator==(const Discounted&) const = default;
};

/// Straight discount: the discount is priced and rounded, the proceeds are face - discount - fee, so
/// that the three always sum to the face (I7). Refused when nothing would be left to pay out.
Result<Discounted> straight_discount(std::int64_t face, const Accrual& accrual, std::int64_t fee,
                                     Rounding rounding);

/// Splits `total` in proportion to `weights`: each gets its quotient rounded down, the units left over
/// go one each to the largest remainders, ties to the lower index (I6). The parts sum to `total`, and
/// no part exceeds its weight as long as total <= sum of weights. Refused unless total >= 0, weights
/// >= 0 and their sum is in 1..int64 max.
Result<std::vector<std::int64_t>> allocate(std::int64_t total, const std::vector<std::int64_t>& weights);

/// Reads "1234567.89" as minor units: digits, at most one point, no more decimals than the currency
/// has, no sign, no separators.
Result<std::int64_t> parse_amount(std::string_view text, std::string_view currency);

/// Writes minor units as "1234567.89" with all decimals of the currency, which must be known.
std::string format_amount(std::int64_t minor, std::string_view currency);

}  // namespace aval::contracts
