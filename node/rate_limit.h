#pragma once

#include "crypto/base/time.h"

namespace aval::node {

/// Allows `per_second` events in each second; the rest is refused. For what strangers cause: log lines, proofs to check.
class RateLimit {
 public:
  explicit RateLimit(std::uint32_t per_second) : per_second_(per_second) {}
  bool allow(TimePoint now) {
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      used_ = 0;
    }
    return used_++ < per_second_;
  }

 private:
  std::uint32_t per_second_;
  std::uint32_t used_ = 0;
  TimePoint second_;
};

}  // namespace aval::node
