#pragma once

#include <cstdint>
#include <string>

namespace aval::cli {

/// A date in UTC as ISO 8601, so many days from today, and the time since 1970: the user's clock, for defaults and
/// examples only.
std::string iso_day(int days_from_today);
inline std::string iso_today() { return iso_day(0); }
std::uint64_t unix_seconds_now();
std::uint64_t unix_millis_now();

}  // namespace aval::cli
