#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "node/snapshot_store.h"

namespace aval::node {

/// A thread of low priority that takes snapshots while the node works. One at a time: what comes meanwhile is
/// passed over, and the log says so. A snapshot that fails costs nothing but itself.
class SnapshotTaker {
 public:
  explicit SnapshotTaker(SnapshotStore& store);
  ~SnapshotTaker();
  SnapshotTaker(const SnapshotTaker&) = delete;
  SnapshotTaker& operator=(const SnapshotTaker&) = delete;

  /// From any thread; returns at once.
  void take(std::shared_ptr<const ledger::LedgerSnapshot> ledger);
  /// Gives up what is under way and joins the thread.
  void stop();

 private:
  void run();
  void take_one(const ledger::LedgerSnapshot& ledger);

  SnapshotStore& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const ledger::LedgerSnapshot> next_;
  bool busy_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace aval::node
