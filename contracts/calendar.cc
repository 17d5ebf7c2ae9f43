#include "contracts/calendar.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace aval::contracts {
namespace {

/// The number written in `digits`, or nothing when another character stands among them.
std::optional<unsigned> number_of(std::string_view digits) {
  unsigned value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(digit - '0');
  }
  return value;
}

unexpected not_a_date(std::string_view text) {
  return unexpected(Error::Code::Malformed, "'" + std::string(text.substr(0, 32)) +
                                                "' is not a date such as 2026-01-15, from 1970 to 9999");
}

std::string padded(unsigned value, std::size_t width) {
  std::string digits = std::to_string(value);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

}  // namespace

Result<Day> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return not_a_date(text);
  const auto year = number_of(text.substr(0, 4));
  const auto month = number_of(text.substr(5, 2));
  const auto day = number_of(text.substr(8, 2));
  if (!year || !month || !day || *year < 1970) return not_a_date(text);
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return not_a_date(text);
  return static_cast<Day>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::string format_date(Day day) {
  AVAL_CHECK(day <= day_max);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return padded(static_cast<unsigned>(static_cast<int>(date.year())), 4) + "-" +
         padded(static_cast<unsigned>(date.month()), 2) + "-" + padded(static_cast<unsigned>(date.day()), 2);
}

Day day_of(UnixMillis time_ms) {
  // A block time beyond the calendar is the last day: comparisons stay right and nothing wraps.
  return static_cast<Day>(std::min<UnixMillis>(time_ms / day_ms, day_max));
}

}  // namespace aval::contracts
