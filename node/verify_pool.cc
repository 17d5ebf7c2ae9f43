#include "node/verify_pool.h"

#include <algorithm>
#include <ctime>
#include <memory>

#include "crypto/base/check.h"

namespace aval::node {

namespace {

constexpr std::size_t group_max = 64;           // continuations handed to the core thread at once
constexpr std::size_t protocol_run_max = 32;    // urgent items in a row while bulk waits
constexpr std::size_t refuse_factor = 2;        // a lane at this multiple of its bound takes nothing more

}  // namespace

Duration VerifyPool::thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1'000);
}

VerifyPool::VerifyPool(CoreLoop& loop, unsigned threads, std::size_t lanes, Limits limits, OnRoom on_room,
                       CpuClock cpu_clock)
    : loop_(loop), limits_(limits), on_room_(std::move(on_room)), cpu_clock_(cpu_clock), lanes_(lanes) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

VerifyPool::~VerifyPool() { stop(); }

void VerifyPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool VerifyPool::over(const Lane& lane, std::size_t factor) const {
  return lane.items >= limits_.lane_items_max * factor || lane.bytes >= limits_.lane_bytes_max * factor;
}

VerifyPool::Taken VerifyPool::submit(std::size_t lane_number, Urgency urgency, std::size_t bytes, Work work) {
  Taken taken = Taken::Room;
  {
    const std::lock_guard lock(mutex_);
    Lane& lane = lanes_[lane_number];
    if (stopping_ || over(lane, refuse_factor)) return Taken::Refused;
    if (lane.items == 0) lane.used = std::max(lane.used, reached_);
    auto& queue = urgency == Urgency::Protocol ? lane.protocol : lane.bulk;
    queue.push_back({bytes, std::move(work)});
    ++lane.items;
    lane.bytes += bytes;
    ++waiting_;
    if (over(lane, 1)) {
      lane.was_full = true;
      taken = Taken::Full;
    }
  }
  wake_.notify_one();
  return taken;
}

std::size_t VerifyPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void VerifyPool::grow_to(std::size_t lanes) {
  const std::lock_guard lock(mutex_);
  if (lanes > lanes_.size()) lanes_.resize(lanes);
}

/// Of the lanes with work of this kind the one that has used least; in turn among equals.
std::optional<std::size_t> VerifyPool::next_lane(bool bulk) const {
  std::optional<std::size_t> best;
  for (std::size_t step = 0; step < lanes_.size(); ++step) {
    const std::size_t at = (next_lane_ + step) % lanes_.size();
    const Lane& lane = lanes_[at];
    if ((bulk ? lane.bulk : lane.protocol).empty()) continue;
    if (!best || lane.used < lanes_[*best].used) best = at;
  }
  return best;
}

/// Protocol before bulk, but never for more than protocol_run_max in a row.
VerifyPool::Item VerifyPool::take_next(std::size_t& lane_number) {
  const bool bulk_first = protocol_run_ >= protocol_run_max;
  for (const bool bulk : {bulk_first, !bulk_first}) {
    const auto next = next_lane(bulk);
    if (!next) continue;
    lane_number = *next;
    auto& queue = bulk ? lanes_[lane_number].bulk : lanes_[lane_number].protocol;
    Item item = std::move(queue.front());
    queue.pop_front();
    next_lane_ = lane_number + 1;
    reached_ = lanes_[lane_number].used;
    protocol_run_ = bulk ? 0 : protocol_run_ + 1;
    return item;
  }
  AVAL_CHECK(false && "called without work waiting");
  return {};
}

VerifyPool::Picked VerifyPool::pick(std::unique_lock<std::mutex>&) {
  Picked picked;
  Item item = take_next(picked.lane);
  Lane& lane = lanes_[picked.lane];
  --lane.items;
  lane.bytes -= item.bytes;
  --waiting_;
  if (lane.was_full && lane.items * 2 < limits_.lane_items_max && lane.bytes * 2 < limits_.lane_bytes_max) {
    lane.was_full = false;
    picked.room_again = true;
  }
  picked.work = std::move(item.work);
  return picked;
}

void VerifyPool::run() {
  auto group = std::make_shared<std::vector<Continuation>>();
  const auto hand_over = [&] {
    if (group->empty()) return;
    loop_.post([done = std::move(group)] {
      for (Continuation& each : *done) each();
    });
    group = std::make_shared<std::vector<Continuation>>();
  };
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_ == 0) {
      lock.unlock();
      hand_over();
      lock.lock();
      wake_.wait(lock, [this] { return stopping_ || waiting_ > 0; });
      continue;
    }
    Picked picked = pick(lock);
    lock.unlock();
    if (picked.room_again) group->push_back([this, lane = picked.lane] { on_room_(lane); });
    const Duration begun = cpu_clock_();
    if (Continuation rest = picked.work()) group->push_back(std::move(rest));
    const Duration used = cpu_clock_() - begun;
    if (group->size() >= group_max) hand_over();
    lock.lock();
    lanes_[picked.lane].used += used;
  }
}

}  // namespace aval::node
