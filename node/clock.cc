#include "node/clock.h"

namespace aval::node {

TimePoint now() {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

UnixMillis wall_clock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  return millis < 0 ? 0 : static_cast<UnixMillis>(millis);
}

}  // namespace aval::node
