#pragma once

#include <algorithm>

#include "crypto/base/time.h"

namespace aval::node {

/// How much of something (bytes, errors) is allowed to somebody: a rate, and a second of it at once. What is over
/// is a debt that time pays, so any amount may be spent when there is none. Pure: time comes in.
class Budget {
 public:
  explicit Budget(std::uint64_t per_second) : per_second_(std::max<std::uint64_t>(per_second, 1)) {}

  /// When something may be spent: not later than `now` when there is no debt.
  TimePoint due(TimePoint now) const { return std::max(now - burst, paid_until_); }
  /// As if nothing had ever been spent.
  bool is_paid(TimePoint now) const { return paid_until_ <= now - burst; }
  void spend(std::uint64_t amount, TimePoint now) {
    paid_until_ = due(now) + std::chrono::microseconds(amount * 1'000'000 / per_second_);
  }

 private:
  static constexpr Duration burst = std::chrono::seconds(1);
  std::uint64_t per_second_;
  TimePoint paid_until_;
};

}  // namespace aval::node
