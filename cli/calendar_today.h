#pragma once

#include <cstdint>
#include <string>

namespace aval::cli {

/// Today's date in UTC as ISO 8601, and the seconds since 1970: the user's clock, for defaults only.
std::string iso_today();
std::uint64_t unix_seconds_now();

}  // namespace aval::cli
