#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "node/core_loop.h"

namespace aval::node {

/// The verify threads: they run pure functions on values moved in (decoding, signature checks, reads
/// of snapshots) and hand what is left to do to the core thread, in groups. Every source of work has a
/// lane of its own, bounded; the lane that has used least CPU is served next, so that neither many pieces nor
/// costly ones (bad signatures, long batches) in one take more than its share from the others. A lane that was
/// idle saves nothing up.
class VerifyPool {
 public:
  /// Runs on the core thread with what a piece of work found out.
  using Continuation = std::function<void()>;
  using Work = std::function<Continuation()>;
  enum class Urgency { Protocol, Bulk };

  struct Limits {
    std::size_t lane_items_max = 2000;
    std::size_t lane_bytes_max = 16U << 20U;
  };
  /// A lane that was full and has room again, told on the core thread.
  using OnRoom = std::function<void(std::size_t lane)>;

  /// CPU time of the calling thread.
  using CpuClock = Duration (*)();
  static Duration thread_cpu();

  VerifyPool(CoreLoop& loop, unsigned threads, std::size_t lanes, Limits limits, OnRoom on_room,
             CpuClock cpu_clock = &thread_cpu);
  ~VerifyPool();
  VerifyPool(const VerifyPool&) = delete;
  VerifyPool& operator=(const VerifyPool&) = delete;

  /// What became of a piece of work handed in.
  enum class Taken {
    Room,     // taken, the lane has room
    Full,     // taken, and the lane is full now: wait for OnRoom
    Refused,  // not taken: the lane was far beyond its bound already
  };
  /// From any thread. `bytes` is what the work keeps in memory until it ran.
  Taken submit(std::size_t lane, Urgency urgency, std::size_t bytes, Work work);
  std::size_t waiting() const;
  /// There are at least so many lanes from now on.
  void grow_to(std::size_t lanes);
  /// Runs nothing more and joins the threads.
  void stop();

 private:
  struct Item {
    std::size_t bytes = 0;
    Work work;
  };
  struct Lane {
    std::deque<Item> protocol;
    std::deque<Item> bulk;
    std::size_t items = 0;
    std::size_t bytes = 0;
    bool was_full = false;
    Duration used{};  // CPU, or what the busiest of the rest had used when this one had work again
  };
  struct Picked {
    Work work;
    std::size_t lane = 0;
    bool room_again = false;
  };

  void run();
  Picked pick(std::unique_lock<std::mutex>& lock);
  std::optional<std::size_t> next_lane(bool bulk) const;
  Item take_next(std::size_t& lane);
  bool over(const Lane& lane, std::size_t factor) const;

  CoreLoop& loop_;
  Limits limits_;
  OnRoom on_room_;
  CpuClock cpu_clock_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Lane> lanes_;
  std::size_t waiting_ = 0;
  std::size_t next_lane_ = 0;  // of those that have used the same
  Duration reached_{};         // what the lane served last had used
  std::size_t protocol_run_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace aval::node
