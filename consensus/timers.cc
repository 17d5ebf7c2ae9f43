#include "consensus/timers.h"

#include "crypto/base/mutant.h"

namespace aval::consensus {

Duration Timers::view_timeout() const {
  const std::uint64_t base = parameters_.view_timeout_base_ms;
  if (mutated("timeout-never-doubles")) return milliseconds(base);
  return milliseconds(std::min<std::uint64_t>(base << failed_views_, parameters_.view_timeout_max_ms));
}

void Timers::on_progress(TimePoint now) {
  if (!mutated("timeout-never-resets")) failed_views_ = 0;
  last_progress_ = now;
  view_.reset();
}

bool Timers::take_retransmission(TimePoint now, bool is_idle) {
  if (retransmission_due(is_idle) > now) return false;
  last_retransmission_ = now;
  return true;
}

}  // namespace aval::consensus
