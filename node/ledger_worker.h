#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "consensus/actions.h"
#include "consensus/replica.h"
#include "ledger/ledger.h"
#include "node/api_backend.h"
#include "node/core_loop.h"
#include "node/evidence_store.h"
#include "node/execution_tree.h"
#include "node/journal_file.h"

namespace aval::node {

/// One Actions' share of work for the ledger thread, in the order of the fields.
struct LedgerWork {
  std::vector<consensus::ExecuteRequest> execute;
  std::vector<consensus::ExecutionId> discard;
  std::uint64_t ticket = 0;  // number of this persist; 0: nothing to persist
  std::vector<consensus::Record> persist;
  std::vector<consensus::FinaliseRequest> finalise;
  std::vector<ledger::Evidence> evidence;
  std::vector<consensus::NewView> entered;  // of `persist`, once that is done
  /// Replaces the journal by these records, which suffice once all work before this is done.
  std::optional<std::vector<consensus::Record>> restart_journal;
  std::optional<JournalBinding> journal;  // whose the new one is, when an epoch begins
};

/// A block that is in the ledger, as the core thread wants to know it.
struct FinalBlock {
  ledger::Height height{};
  std::shared_ptr<const std::vector<ledger::Receipt>> receipts;
  std::vector<ledger::EnvelopePtr> passed_over;  // those of its batches that left no trace
  std::shared_ptr<const ledger::ChainConfig> next_epoch;  // when this block ended its epoch; it is on disk then
};

/// The ledger thread: executes, writes the vote journal (all records that wait in one fdatasync),
/// appends final blocks, and publishes views for readers. Records go to disk before anything else that
/// waits; everything else is done in the order it came. The first failed write ends the process.
class LedgerWorker {
 public:
  struct Events {  // called on the core thread
    std::function<void(std::uint64_t ticket)> persisted;  // this one and all before it
    std::function<void(const consensus::Executed&)> executed;
    std::function<void(const FinalBlock&)> finalised;
    std::function<void(std::uint64_t bytes)> journal_restarted;  // bytes of the new one
  };
  struct Options {
    std::filesystem::path data_dir;
    std::uint64_t disk_reserve_bytes = 0;
    std::uint64_t sync_blocks = 64;                        // blocks that may be unsynced in the database
    Duration sync_interval = std::chrono::seconds(1);      // and for how long
    /// Called on the ledger thread with the ledger at a height of which a snapshot is due.
    std::function<void(std::shared_ptr<const ledger::LedgerSnapshot>)> on_snapshot_due;
  };

  /// All that this thread alone writes.
  struct Stores {
    std::unique_ptr<ledger::Ledger> ledger;
    JournalFile journal;
    std::unique_ptr<EvidenceStore> evidence;
  };

  LedgerWorker(CoreLoop& loop, Stores stores, Options options);
  ~LedgerWorker();
  LedgerWorker(const LedgerWorker&) = delete;
  LedgerWorker& operator=(const LedgerWorker&) = delete;

  void start(Events events);
  /// Does what was submitted, forces it to disk, and joins the thread.
  void stop();
  void submit(LedgerWork work);

  // From any thread.
  LedgerView view() const;
  const EvidenceStore& evidence() const { return *evidence_; }
  ledger::Height durable_height() const { return ledger::Height{durable_height_.load()}; }
  std::uint64_t syncs() const { return syncs_.load(); }
  std::uint64_t journal_bytes() const { return journal_bytes_.load(); }
  bool disk_below_reserve() const { return disk_below_reserve_.load(); }

 private:
  void run();
  bool drain();
  void persist_drained(std::size_t from);
  void do_next();
  void finalise(consensus::FinaliseRequest request);
  void keep(const ledger::Evidence& evidence);
  void keep(const consensus::NewView& message);
  void restart_journal(const LedgerWork& work);
  bool begin_epoch_if_over();
  void force_ledger();
  void note_forced();
  void publish();
  bool is_snapshot_due() const;
  void sync_if_due();
  void measure_disk();

  CoreLoop& loop_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::shared_ptr<const ledger::ChainConfig> chain_;  // a copy of the ledger's, for other threads
  JournalFile journal_;
  std::unique_ptr<EvidenceStore> evidence_;
  Options options_;
  ExecutionTree executions_;
  Events events_;
  TimePoint last_sync_;
  TimePoint last_look_at_disk_;
  std::uint64_t unsynced_blocks_ = 0;
  std::uint64_t ledger_syncs_ = 0;
  std::deque<LedgerWork> drained_;  // persisted, not yet done

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<LedgerWork> queue_;
  bool stopping_ = false;

  mutable std::mutex view_mutex_;
  LedgerView view_;
  std::atomic<std::uint64_t> durable_height_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::uint64_t> journal_bytes_{0};
  std::atomic<bool> disk_below_reserve_{false};
  std::thread thread_;
};

}  // namespace aval::node
