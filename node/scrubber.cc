#include "node/scrubber.h"

#include "ledger/stored_block.h"
#include "node/clock.h"
#include "node/log.h"
#include "node/low_priority.h"

namespace aval::node {

namespace {

/// Between two blocks, also when there are too many for the pass, which then takes longer.
constexpr Duration pause_min = std::chrono::microseconds(500);
/// Of the state so much is read at once, with a pause behind it; in one view, so it does not take all day.
constexpr std::size_t state_bytes_at_once = 4U << 20U;
constexpr Duration state_pause = std::chrono::milliseconds(20);

}  // namespace

Scrubber::Scrubber(Options options) : options_(std::move(options)), thread_([this] { run(); }) {}

Scrubber::~Scrubber() { stop(); }

void Scrubber::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Scrubber::run() {
  lower_own_priority();
  while (true) {
    const TimePoint begun = now();
    if (!read_blocks(begun + options_.pass) || !read_state()) return;
    ++passes_;
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(now() - begun).count();
    log_info("storage.scrubbed: blocks and state were read in " + std::to_string(took) + " s and are as they were");
    if (!rest(std::max(begun + options_.pass - now(), options_.pause_max))) return;
  }
}

/// Those that are there when it begins, spread over the pass. No view is held meanwhile: the database could not let
/// go of anything else.
bool Scrubber::read_blocks(TimePoint end) {
  const auto [first, head] = [this] {
    const auto ledger = options_.newest();
    return std::pair(ledger::number(ledger->base().height) + 1, ledger::number(ledger->head().height));
  }();
  for (std::uint64_t height = first; height <= head; ++height) {
    const auto blocks_left = static_cast<Duration::rep>(head - height + 1);
    const Duration even = (end - now()) / blocks_left;
    if (!rest(std::clamp(even, std::min(pause_min, options_.pause_max), options_.pause_max))) return false;
    if (const auto sound = ledger::check_stored_block(*options_.newest(), ledger::Height{height}); !sound) {
      options_.on_damage(sound.error().message);
      return false;
    }
  }
  return true;
}

bool Scrubber::read_state() {
  std::size_t bytes = 0;
  bool goes_on = true;
  options_.newest()->scan({}, [&](ByteView key, ByteView value) {
    bytes += key.size() + value.size();
    if (bytes < state_bytes_at_once) return true;
    bytes = 0;
    return goes_on = rest(state_pause);
  });
  return goes_on;
}

bool Scrubber::rest(Duration time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

}  // namespace aval::node
