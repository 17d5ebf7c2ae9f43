#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "crypto/base/time.h"

namespace aval::simulation {

/// Virtual time: what happens next, and when. Events of one instant happen in the order they were
/// put in. Nothing waits; time jumps to the next event.
class EventQueue {
 public:
  using Event = std::function<void()>;

  TimePoint now() const { return now_; }
  Duration elapsed() const { return now_ - begin; }
  std::uint64_t executed() const { return executed_; }

  void at(TimePoint when, Event event) {
    entries_.push_back({std::max(when, now_), order_++, std::move(event)});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  void after(Duration delay, Event event) { at(now_ + delay, std::move(event)); }

  /// Runs the next event; false when there is none.
  bool run_next() {
    if (entries_.empty()) return false;
    std::pop_heap(entries_.begin(), entries_.end(), later);
    Entry entry = std::move(entries_.back());
    entries_.pop_back();
    now_ = entry.when;
    ++executed_;
    entry.event();
    return true;
  }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t order;
    Event event;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  // Not zero: a replica that takes "no time" for "never" would go unnoticed there.
  static constexpr TimePoint begin{std::chrono::seconds(1000)};
  TimePoint now_ = begin;
  std::uint64_t order_ = 0;
  std::uint64_t executed_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace aval::simulation
