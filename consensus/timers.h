#pragma once

#include <algorithm>
#include <optional>

#include "consensus/step.h"
#include "ledger/parameters.h"

namespace aval::consensus {

/// Deadlines as data. Nothing here reads a clock or calls anybody back.
class Timers {
 public:
  explicit Timers(const ledger::Parameters& parameters) : parameters_(parameters) {}

  /// How long a view may go without a final block while there is work: base * 2^k, at most the cap.
  Duration view_timeout() const;
  /// How long ago a peer may have been heard last to count as there: a little more than the slowest
  /// pace at which an idle replica speaks, and less than a view timeout.
  Duration contact_patience() const { return interval(false) * (idle_factor + 1); }
  /// A final block: the next view starts at the base again.
  void on_progress(TimePoint now);
  /// A view was left without progress.
  void on_view_left() { failed_views_ = std::min(failed_views_ + 1, failed_views_max); }
  TimePoint last_progress() const { return last_progress_; }

  /// Starts the view's deadline unless it runs.
  void arm_view(TimePoint now) {
    if (!view_) view_ = now + view_timeout();
  }
  /// Starts it anew when it runs.
  void restart_view(TimePoint now) {
    if (view_) view_ = now + view_timeout();
  }
  void disarm_view() { view_.reset(); }
  bool view_expired(TimePoint now) const { return view_ && *view_ <= now; }

  /// True once in each interval. An idle replica speaks more slowly.
  bool take_retransmission(TimePoint now, bool is_idle);

  std::optional<TimePoint> view() const { return view_; }
  TimePoint retransmission_due(bool is_idle) const { return last_retransmission_ + interval(is_idle); }
  /// There is work again after an idle time, which was nobody's delay.
  /// What is due to be said is still said: under light load work comes and goes all the time, and a
  /// replica that kept silent over it would leave those behind it in the dark.
  void on_work(TimePoint now) { last_progress_ = now; }
  /// Something was said just now that the next retransmission would say again.
  void restart_interval(TimePoint now) { last_retransmission_ = now; }
  bool is_stalled(TimePoint now) const { return now - last_progress_ >= interval(false); }

 private:
  static constexpr std::uint32_t failed_views_max = 32;
  static constexpr std::uint32_t idle_factor = 2;
  Duration interval(bool is_idle) const {
    return milliseconds(parameters_.retransmit_interval_ms) * (is_idle ? idle_factor : 1);
  }

  const ledger::Parameters& parameters_;
  std::optional<TimePoint> view_;
  std::uint32_t failed_views_ = 0;
  TimePoint last_progress_;
  TimePoint last_retransmission_;
};

}  // namespace aval::consensus
