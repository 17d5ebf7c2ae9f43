#include "node/snapshot_taker.h"

#include "node/clock.h"
#include "node/log.h"
#include "node/low_priority.h"

namespace aval::node {

namespace {

std::string height_text(const ledger::LedgerSnapshot& ledger) {
  return std::to_string(ledger::number(ledger.head().height));
}

}  // namespace

SnapshotTaker::SnapshotTaker(SnapshotStore& store) : store_(store), thread_([this] { run(); }) {}

SnapshotTaker::~SnapshotTaker() { stop(); }

void SnapshotTaker::take(std::shared_ptr<const ledger::LedgerSnapshot> ledger) {
  {
    const std::lock_guard lock(mutex_);
    if (busy_ || next_) return log_warn("no snapshot of height " + height_text(*ledger) + ": one is under way");
    next_ = std::move(ledger);
  }
  wake_.notify_one();
}

void SnapshotTaker::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SnapshotTaker::run() {
  lower_own_priority();
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || next_; });
    if (stopping_) return;
    const auto ledger = std::exchange(next_, nullptr);
    busy_ = true;
    lock.unlock();
    take_one(*ledger);
    lock.lock();
    busy_ = false;
  }
}

void SnapshotTaker::take_one(const ledger::LedgerSnapshot& ledger) {
  const TimePoint begun = now();
  const auto taken = store_.take(ledger, [this] { return stopping_.load(); });
  if (stopping_) return;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - begun).count();
  if (taken) {
    log_info("snapshot of height " + height_text(ledger) + " taken in " + std::to_string(took) + " ms");
  } else {
    log_warn("alarm: no snapshot of height " + height_text(ledger) + ": " + taken.error().message);
  }
}

}  // namespace aval::node
