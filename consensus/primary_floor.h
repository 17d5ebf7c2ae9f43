#pragma once

#include <deque>
#include <map>
#include <optional>

#include "consensus/self.h"
#include "consensus/step.h"

namespace aval::consensus {

/// Work that a final block did.
struct Work {
  std::uint64_t envelopes = 0;
  std::uint64_t bytes = 0;
};

/// How slow a primary may be before it is replaced, from what this replica has seen lately. A view
/// timeout alone lets a primary live that puts one small block forward just before each deadline.
/// (Prime, TDSC 2011, and Aardvark, NSDI 2009, replace a primary by the work it does.)
///
/// Rules, with their reasons:
///  - Patience is four times what a block took lately from being put forward to being final, at least
///    a sixteenth and at most a quarter of the base view timeout. What a block takes is measured in
///    each view apart, and of the last n views the quickest counts: a hostile primary can make its own
///    blocks slow, but not those of the others. *Promptness* is half of it: twice a block's time, at least a
///    sixty-fourth and at most a sixteenth of the timeout.
///  - A batch is *left out* when some time after it certainly was with the primary (a) a block was
///    put forward that had room for it, or (b) there was room in the window for that long and no
///    block was put forward, or (c) so many blocks became final without it that each lane of the
///    primary's pool had its turn. An honest primary does none of these: its blocks take what there
///    is, it starts one whenever there is room, and it serves the lanes in turn. A batch that waits
///    because blocks are full is not left out, so load alone deposes nobody.
///  - A batch left out for the time of promptness is handed to the primary: it may never have had it, since
///    its origin kept it back or a link failed, and who waits for it should not wait for a patience. It is
///    handed over again when it is then left out for one patience, and when it is so for another one the
///    primary is replaced. So an origin that keeps its batches from the primary, alone
///    or with f-1 others, harms nobody but itself, and neither does one lost message.
///  - A block that names a batch whose body this replica cannot get for three patiences condemns the
///    primary: an honest one hands out what it names, whoever made it.
///  - While batches wait behind full blocks the work done is compared with what was reached at least
///    four times in the last intervals of half a base view timeout: less than half of it, by envelopes
///    and by bytes, in three intervals in a row condemns the primary. Both, because the mix of large and
///    small ones changes with the load.
///  - What others owe is not held against the primary: blocks that are complete here and lack votes
///    close the window, and then only the view timeout counts. So a backup with a slow disk, votes that
///    f validators withhold, and an idle network depose nobody.
///  - Each time this replica leaves a view for its slowness, patience doubles and the demand for work
///    halves, at most three times. They go back by one when 64 blocks were final and half a minute's
///    worth of base timeouts has passed in which the next tighter floor was kept all the time. So when
///    everybody is slow the views do not change for ever.
class PrimaryFloor {
 public:
  explicit PrimaryFloor(const Self& self);

  /// A view opened on top of the block at `on`: its primary starts without a past.
  void on_view(TimePoint now, Height on);
  /// The highest block of this view that is linked here, and whether the primary may put another one forward.
  void on_blocks(TimePoint now, Height put_forward, bool window_has_room);
  /// `has_room` when the block could have named one more batch.
  void on_final(TimePoint now, Height height, const Work& work, bool has_room);
  /// Something waits behind full blocks, and does so since the last call with true.
  void on_backlog(TimePoint now, bool is_there);
  /// This replica leaves the view because of it.
  void on_replaced(TimePoint now);

  Duration patience() const { return patience_at(leniency_); }
  Duration promptness() const { return promptness_at(leniency_); }
  /// Rules (a) to (c), for a batch that is certainly with the primary since `since`: whether it is left out for so long.
  bool is_left_out(TimePoint now, TimePoint since, Duration for_so_long, std::uint64_t passed_over) const;
  /// Tells how long a batch has waited in all while it was left out: whether a tighter floor was kept.
  void on_left_out(TimePoint now, TimePoint came);
  std::optional<TimePoint> put_forward_at(Height height) const;
  /// A batch of a block put forward at `since` is missing: true when it is for so long that the primary is
  /// to be replaced.
  bool withholds(TimePoint now, TimePoint since);
  /// The rule about work done.
  bool is_below_rate() const { return slow_intervals_ >= slow_intervals_max; }
  /// Final blocks without a batch that an honest primary has, at most.
  std::uint64_t blocks_of_a_round() const;

 private:
  static constexpr std::uint32_t slow_intervals_max = 3;
  static constexpr std::uint32_t leniency_max = 3;

  Duration base() const { return milliseconds(self_.parameters().view_timeout_base_ms); }
  Duration block_times(std::uint32_t count, std::uint32_t min_divisor, std::uint32_t max_divisor) const;
  Duration patience_at(std::uint32_t leniency) const;
  Duration promptness_at(std::uint32_t leniency) const;
  std::optional<Duration> typical_block_time() const;
  std::optional<Duration> quickest_view() const;
  void close_intervals(TimePoint now);
  void judge_interval();
  Work reached() const;
  void perhaps_tighten(TimePoint now);
  void restart_probation(TimePoint now);

  const Self& self_;
  TimePoint opened_;
  TimePoint last_put_forward_;
  std::optional<TimePoint> room_since_;
  std::optional<TimePoint> roomy_block_at_;  // when the last block with room was put forward
  Height highest_{};                         // put forward in this view
  std::map<Height, TimePoint> in_flight_;    // when each was put forward
  std::deque<Duration> block_times_;         // of this view
  std::deque<Duration> views_;               // the typical block time of each earlier one

  TimePoint interval_begin_;
  Work interval_;
  bool is_backlogged_ = false;          // now
  bool was_always_backlogged_ = false;  // in this interval
  std::deque<Work> intervals_;
  std::uint32_t slow_intervals_ = 0;

  std::uint32_t leniency_ = 0;
  TimePoint kept_since_;  // the tighter floor
  std::uint32_t blocks_since_kept_ = 0;
};

}  // namespace aval::consensus
