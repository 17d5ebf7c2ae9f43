#include "consensus/primary_floor.h"

#include <algorithm>

#include "consensus/limits.h"

namespace aval::consensus {
namespace {

constexpr std::uint32_t patience_in_block_times = 4;
constexpr std::uint32_t patience_min_divisor = 16;  // of the base view timeout
constexpr std::uint32_t patience_max_divisor = 4;
constexpr std::uint32_t promptness_in_block_times = 2;
constexpr std::uint32_t promptness_min_divisor = 64;
constexpr std::uint32_t promptness_max_divisor = 16;
constexpr std::uint32_t withheld_patiences_max = 3;
constexpr std::uint32_t left_out_patiences_max = 2;  // behind one promptness
constexpr std::size_t block_times_min = 8;   // for a view to count in the history
constexpr std::size_t reached_at_least = 4;  // intervals
constexpr std::uint32_t probation_blocks = 64;
constexpr std::uint32_t probation_timeouts = 32;

Duration median(std::deque<Duration> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

std::uint64_t reached_in(const std::deque<Work>& intervals, std::uint64_t Work::*measure) {
  std::vector<std::uint64_t> values;
  for (const Work& work : intervals) values.push_back(work.*measure);
  if (values.size() < reached_at_least) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(reached_at_least - 1);
  std::nth_element(values.begin(), at, values.end(), std::greater<>());
  return *at;
}

}  // namespace

PrimaryFloor::PrimaryFloor(const Self& self) : self_(self) {}

void PrimaryFloor::on_view(TimePoint now, Height on) {
  if (const auto typical = typical_block_time()) {
    views_.push_back(*typical);
    if (views_.size() > self_.size()) views_.pop_front();
  }
  block_times_.clear();
  in_flight_.clear();
  highest_ = on;
  opened_ = now;
  last_put_forward_ = now;
  room_since_.reset();
  roomy_block_at_.reset();
  interval_begin_ = now;
  interval_ = {};
  is_backlogged_ = false;
  was_always_backlogged_ = false;
  slow_intervals_ = 0;
  restart_probation(now);
}

// --- what is seen

void PrimaryFloor::on_blocks(TimePoint now, Height put_forward, bool window_has_room) {
  while (highest_ < put_forward) {
    highest_ = next(highest_);
    in_flight_.emplace(highest_, now);
    last_put_forward_ = now;
  }
  if (!window_has_room)
    room_since_.reset();
  else if (!room_since_)
    room_since_ = now;
  close_intervals(now);
}

void PrimaryFloor::on_final(TimePoint now, Height height, const Work& work, bool has_room) {
  close_intervals(now);
  // What was not put forward here in this view was agreed on elsewhere or long ago.
  if (const auto at = in_flight_.find(height); at != in_flight_.end()) {
    interval_.envelopes += work.envelopes;
    interval_.bytes += work.bytes;
    ++blocks_since_kept_;
    block_times_.push_back(now - at->second);
    if (block_times_.size() > block_times_max) block_times_.pop_front();
    if (has_room) roomy_block_at_ = at->second;
  }
  in_flight_.erase(in_flight_.begin(), in_flight_.upper_bound(height));
  highest_ = std::max(highest_, height);
  perhaps_tighten(now);
}

void PrimaryFloor::on_backlog(TimePoint now, bool is_there) {
  close_intervals(now);
  is_backlogged_ = is_there;
  if (!is_there) was_always_backlogged_ = false;
}

// --- patience

std::optional<Duration> PrimaryFloor::typical_block_time() const {
  if (block_times_.size() < block_times_min) return std::nullopt;
  return median(block_times_);
}

std::optional<Duration> PrimaryFloor::quickest_view() const {
  std::optional<Duration> quickest = typical_block_time();
  for (const Duration view : views_) quickest = quickest ? std::min(*quickest, view) : view;
  return quickest;
}

/// So many of the quickest block times, within the two shares of the base view timeout; the longer one while nothing is known.
Duration PrimaryFloor::block_times(std::uint32_t count, std::uint32_t min_divisor, std::uint32_t max_divisor) const {
  const Duration longest = base() / max_divisor;
  const auto block_time = quickest_view();
  return std::clamp(block_time ? *block_time * count : longest, base() / min_divisor, longest);
}

Duration PrimaryFloor::patience_at(std::uint32_t leniency) const {
  return block_times(patience_in_block_times, patience_min_divisor, patience_max_divisor) * (1U << leniency);
}

std::uint64_t PrimaryFloor::blocks_of_a_round() const {
  const auto& limits = self_.parameters();
  const std::uint64_t in_a_block =
      std::min<std::uint64_t>(limits.block_batches_max, limits.block_bytes_max / limits.batch_bytes_max);
  const std::uint64_t lanes = 2 * self_.size();
  const std::uint64_t blocks_per_turn = (lanes + in_a_block - 1) / in_a_block;
  // In a forwarder's lane stand what it handed on of two lanes of each liar, and the batch itself.
  const std::uint64_t turns = 2 * self_.faulty_max() + 1;
  return turns * blocks_per_turn + std::uint64_t{window_factor} * limits.pipeline_window;
}

Duration PrimaryFloor::promptness_at(std::uint32_t leniency) const {
  return block_times(promptness_in_block_times, promptness_min_divisor, promptness_max_divisor) * (1U << leniency);
}

bool PrimaryFloor::is_left_out(TimePoint now, TimePoint since, Duration for_so_long, std::uint64_t passed_over) const {
  const TimePoint from = std::max(since, opened_);
  if (now - from < for_so_long) return false;
  if (roomy_block_at_ && *roomy_block_at_ >= from + for_so_long) return true;
  if (room_since_ && now - std::max({from, *room_since_, last_put_forward_}) >= for_so_long) return true;
  return passed_over >= blocks_of_a_round();
}

std::optional<TimePoint> PrimaryFloor::put_forward_at(Height height) const {
  const auto at = in_flight_.find(height);
  return at == in_flight_.end() ? std::nullopt : std::optional(at->second);
}

bool PrimaryFloor::withholds(TimePoint now, TimePoint since) {
  if (leniency_ > 0 && now - since >= patience_at(leniency_ - 1) * withheld_patiences_max) restart_probation(now);
  return now - since >= patience() * withheld_patiences_max;
}

// --- work

void PrimaryFloor::close_intervals(TimePoint now) {
  const Duration length = base() / 2;
  if (now - interval_begin_ < length) return;
  judge_interval();
  interval_ = {};
  // An idle time of any length is one interval without work, which says nothing.
  interval_begin_ = now - (now - interval_begin_) % length;
  was_always_backlogged_ = is_backlogged_;
}

void PrimaryFloor::judge_interval() {
  const Work demanded = reached();
  const auto is_below = [&](std::uint64_t share) {
    return interval_.envelopes < demanded.envelopes / share && interval_.bytes < demanded.bytes / share;
  };
  const std::uint64_t share = std::uint64_t{2} << leniency_;
  slow_intervals_ = was_always_backlogged_ && is_below(share) ? slow_intervals_ + 1 : 0;
  if (leniency_ > 0 && was_always_backlogged_ && is_below(share / 2)) restart_probation(interval_begin_);
  if (interval_.envelopes == 0) return;
  intervals_.push_back(interval_);
  if (intervals_.size() > work_intervals_max) intervals_.pop_front();
}

Work PrimaryFloor::reached() const {
  return {reached_in(intervals_, &Work::envelopes), reached_in(intervals_, &Work::bytes)};
}

// --- leniency

void PrimaryFloor::restart_probation(TimePoint now) {
  kept_since_ = now;
  blocks_since_kept_ = 0;
}

void PrimaryFloor::on_replaced(TimePoint now) {
  leniency_ = std::min(leniency_ + 1, leniency_max);
  restart_probation(now);
}

void PrimaryFloor::on_left_out(TimePoint now, TimePoint came) {
  if (leniency_ == 0) return;
  const Duration tighter = promptness_at(leniency_ - 1) + patience_at(leniency_ - 1) * left_out_patiences_max;
  if (now - std::max(came, opened_) >= tighter) restart_probation(now);
}

void PrimaryFloor::perhaps_tighten(TimePoint now) {
  if (leniency_ == 0 || blocks_since_kept_ < probation_blocks) return;
  if (now - kept_since_ < base() * probation_timeouts) return;
  --leniency_;
  restart_probation(now);
}

}  // namespace aval::consensus
