#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/base/time.h"

namespace aval::contracts {

/// A calendar date as days since 1970-01-01, in the programme's time zone (UTC).
using Day = std::uint32_t;

constexpr UnixMillis day_ms = 86'400'000;

/// 9999-12-31: the last date that ISO 8601 writes with four digits.
constexpr Day day_max = 2932896;

/// Reads "2026-01-15": that form only, a date that exists, from 1970 to 9999.
Result<Day> parse_date(std::string_view text);

/// Writes "2026-01-15"; `day` is at most day_max.
std::string format_date(Day day);

/// The date on which a block time falls.
Day day_of(UnixMillis time_ms);

/// Actual days, first day in, last day out; negative when `end` comes first.
constexpr std::int64_t days_between(Day start, Day end) {
  return static_cast<std::int64_t>(end) - static_cast<std::int64_t>(start);
}

}  // namespace aval::contracts
