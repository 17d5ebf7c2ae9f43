#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "crypto/base/time.h"
#include "ledger/ledger.h"

namespace aval::node {

/// A thread of low priority that reads all blocks and the state once a day, slowly, from the start of the node on: what
/// has rotted on the disk is found while others still have it, and not when somebody needs it. What the machine
/// still has in memory is read from there.
class Scrubber {
 public:
  struct Options {
    std::function<std::shared_ptr<const ledger::LedgerSnapshot>()> newest;
    std::function<void(const std::string& what)> on_damage;
    Duration pass = std::chrono::hours(24);                // from the beginning of one to that of the next
    Duration pause_max = std::chrono::milliseconds(20);  // between two blocks
  };
  explicit Scrubber(Options options);
  ~Scrubber();
  Scrubber(const Scrubber&) = delete;
  Scrubber& operator=(const Scrubber&) = delete;

  /// Gives up what is under way and joins the thread.
  void stop();
  /// Whole ones, since the start. From any thread.
  std::uint64_t passes() const { return passes_.load(); }

 private:
  void run();
  bool read_blocks(TimePoint end);
  bool read_state();
  /// False when it is to stop.
  bool rest(Duration time);

  const Options options_;
  std::atomic<std::uint64_t> passes_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace aval::node
