#include "cli/calendar_today.h"

#include <chrono>

#include "contracts/calendar.h"

namespace aval::cli {

std::uint64_t unix_millis_now() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::uint64_t unix_seconds_now() { return unix_millis_now() / 1000; }

std::string iso_day(int days_from_today) {
  const auto today = static_cast<std::int64_t>(unix_seconds_now() / 86400);
  return contracts::format_date(static_cast<contracts::Day>(today + days_from_today));
}

}  // namespace aval::cli
