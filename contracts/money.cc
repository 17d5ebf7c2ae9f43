#include "contracts/money.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "contracts/currency.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

__extension__ typedef __int128 Int128;

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t days_max = 1 << 22;  // beyond year 9999
constexpr std::int64_t billion = 1'000'000'000;

// The product of the largest allowed terms of interest(), 1e18 x 1e9 x 2^22 < 2^113, fits 128 bits.
static_assert(amount_max < (std::int64_t{1} << 60) && rate_ppb_max <= (1U << 30U));

unexpected overflow() { return unexpected(Error::Code::Refused, "the amount does not fit 64 bits"); }
unexpected bad_amount(const char* what) { return unexpected(Error::Code::Refused, what); }

/// numerator / denominator for numerator >= 0, denominator > 0.
Int128 divide_rounded(Int128 numerator, Int128 denominator, Rounding rounding) {
  const Int128 quotient = numerator / denominator;
  const Int128 twice = (numerator % denominator) * 2;
  if (twice < denominator) return quotient;
  if (twice > denominator) return quotient + 1;
  if (rounding == Rounding::HalfAwayFromZero) return quotient + 1;
  return quotient + quotient % 2;
}

bool in_bounds(std::int64_t amount, const Accrual& accrual) {
  return amount >= 0 && amount <= amount_max && accrual.days >= 0 && accrual.days <= days_max &&
         accrual.rate_ppb <= rate_ppb_max && (accrual.basis == 360 || accrual.basis == 365);
}

}  // namespace

Result<std::int64_t> add(std::int64_t left, std::int64_t right) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(left, right, &sum)) return overflow();
  return sum;
}

Result<std::int64_t> subtract(std::int64_t left, std::int64_t right) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(left, right, &difference)) return overflow();
  return difference;
}

Result<std::int64_t> interest(std::int64_t amount, const Accrual& accrual, Rounding rounding) {
  if (!in_bounds(amount, accrual)) return bad_amount("amount, rate, days or basis is out of bounds");
  const Int128 product = Int128{amount} * static_cast<std::int64_t>(accrual.rate_ppb) * accrual.days;
  const Int128 rounded = divide_rounded(product, Int128{billion} * accrual.basis, rounding);
  if (rounded > int64_max) return overflow();
  return static_cast<std::int64_t>(rounded);
}

Result<Discounted> straight_discount(std::int64_t face, const Accrual& accrual, std::int64_t fee,
                                     Rounding rounding) {
  if (fee < 0) return bad_amount("the fee is negative");
  AVAL_ASSIGN(const std::int64_t discount, interest(face, accrual, rounding));
  AVAL_ASSIGN(const std::int64_t after_discount, subtract(face, discount));
  AVAL_ASSIGN(const std::int64_t proceeds, subtract(after_discount, fee));
  if (proceeds <= 0) return bad_amount("discount and fee leave nothing to pay out");
  return Discounted{discount, proceeds};
}

Result<std::vector<std::int64_t>> allocate(std::int64_t total, const std::vector<std::int64_t>& weights) {
  std::int64_t sum = 0;
  for (const std::int64_t weight : weights) {
    if (weight < 0) return bad_amount("a weight is negative");
    AVAL_ASSIGN(sum, add(sum, weight));
  }
  if (sum == 0 || total < 0) return bad_amount("nothing to share, or nobody to share it among");

  std::vector<std::int64_t> parts(weights.size());
  std::vector<std::int64_t> remainders(weights.size());
  std::int64_t left_over = total;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Int128 product = Int128{total} * weights[i];
    parts[i] = static_cast<std::int64_t>(product / sum);
    remainders[i] = static_cast<std::int64_t>(product % sum);
    left_over -= parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  // Fewer units are left over than there are remainders above zero, so order never runs out.
  if (mutated("payment-drops-the-remainder")) left_over = 0;
  for (std::size_t i = 0; left_over > 0; ++i, --left_over) ++parts[order[i]];
  return parts;
}

Result<std::int64_t> parse_amount(std::string_view text, std::string_view currency) {
  const auto digits = minor_unit_digits(currency);
  if (!digits) return unexpected(Error::Code::Malformed, "unknown currency '" + std::string(currency) + "'");
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = point == std::string_view::npos ? "" : text.substr(point + 1);
  const bool empty_part = whole.empty() || (point != std::string_view::npos && decimals.empty());
  if (empty_part || decimals.size() > *digits || whole.size() > 19) {
    return unexpected(Error::Code::Malformed, "'" + std::string(text.substr(0, 40)) +
                                                  "' is not an amount of " + std::string(currency));
  }
  std::string all(whole);
  all.append(decimals).append(*digits - decimals.size(), '0');
  Int128 value = 0;
  for (const char digit : all) {
    if (digit < '0' || digit > '9')
      return unexpected(Error::Code::Malformed, "an amount has digits and a point only");
    value = value * 10 + (digit - '0');
  }
  if (value > amount_max) return unexpected(Error::Code::Malformed, "the amount is above the ledger's limit");
  return static_cast<std::int64_t>(value);
}

std::string format_amount(std::int64_t minor, std::string_view currency) {
  const auto digits = minor_unit_digits(currency);
  AVAL_CHECK(digits.has_value());
  const bool negative = minor < 0;
  const Int128 magnitude = negative ? -Int128{minor} : Int128{minor};
  std::string text = std::to_string(static_cast<std::uint64_t>(magnitude));
  if (text.size() <= *digits) text.insert(0, *digits + 1 - text.size(), '0');
  if (*digits > 0) text.insert(text.size() - *digits, ".");
  return negative ? "-" + text : text;
}

}  // namespace aval::contracts
