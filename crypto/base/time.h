#pragma once

#include <chrono>
#include <cstdint>

namespace aval {

/// A monotonic instant handed in by the caller; the core never reads a clock.
using Duration = std::chrono::microseconds;
struct MonotonicClockTag {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClockTag>;
  static constexpr bool is_steady = true;
};
using TimePoint = MonotonicClockTag::time_point;

/// Milliseconds since 1970-01-01T00:00:00Z, as agreed in blocks or read from a wall clock by node.
using UnixMillis = std::uint64_t;

}  // namespace aval
