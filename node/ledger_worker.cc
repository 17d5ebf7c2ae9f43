#include "node/ledger_worker.h"

#include <algorithm>

#include <sys/statvfs.h>

#include "consensus/wire.h"
#include "contracts/invariants.h"
#include "node/clock.h"
#include "node/exit_code.h"
#include "node/journal_mirror.h"
#include "node/log.h"

namespace aval::node {

namespace {

constexpr Duration disk_look_interval = std::chrono::seconds(1);

/// A crash between a block and the descendant that carries its certificate would leave a head that
/// nothing on disk proves final: then the certificate goes to the journal before the first of them.
const ledger::Certificate* certificate_ahead(const std::vector<consensus::FinaliseRequest>& blocks) {
  const auto bare = [](const auto& request) { return !request.block.certificate; };
  if (std::none_of(blocks.begin(), blocks.end(), bare)) return nullptr;
  AVAL_CHECK(blocks.back().block.certificate);
  return &*blocks.back().block.certificate;
}

void or_stop(const Result<void>& written) {
  if (!written) stop_process(ExitCode::InputOutput, written.error().message, "check the disk, then start avald again");
}

}  // namespace

LedgerWorker::LedgerWorker(CoreLoop& loop, Stores stores, Options options)
    : loop_(loop),
      ledger_(std::move(stores.ledger)),
      chain_(std::make_shared<const ledger::ChainConfig>(ledger_->config())),
      journal_(std::move(stores.journal)),
      evidence_(std::move(stores.evidence)),
      options_(std::move(options)),
      executions_(ledger_->config(), ledger_->state(), ledger::StateTree::of(ledger_->state())),
      last_sync_(now()) {
  const ledger::Header head = ledger_->head();
  if (executions_.final_tree().root() != head.state_root) {
    stop_process(ExitCode::Divergence,
                 "the state on disk has root " + executions_.final_tree().root().hex() + ", the head at height " +
                     std::to_string(ledger::number(head.height)) + " says " + head.state_root.hex(),
                 "keep the data directory as evidence and rebuild db/ from the peers");
  }
  measure_disk();
  publish();
}

LedgerWorker::~LedgerWorker() { stop(); }

void LedgerWorker::start(Events events) {
  events_ = std::move(events);
  thread_ = std::thread([this] { run(); });
}

void LedgerWorker::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LedgerWorker::submit(LedgerWork work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
}

LedgerView LedgerWorker::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

void LedgerWorker::run() {
  while (drain()) {
    if (!drained_.empty()) do_next();
    sync_if_due();
    measure_disk();
  }
  force_ledger();
}

/// Takes over what was submitted and makes its records durable. Waits when there is nothing to do;
/// false when there never will be.
bool LedgerWorker::drain() {
  const std::size_t before = drained_.size();
  {
    std::unique_lock lock(mutex_);
    if (drained_.empty()) wake_.wait_for(lock, options_.sync_interval, [this] { return stopping_ || !queue_.empty(); });
    if (drained_.empty() && queue_.empty() && stopping_) return false;
    // A new journal must not hold older records than the work behind it: that waits until it is written.
    while (!queue_.empty() && (drained_.empty() || !drained_.back().restart_journal)) {
      drained_.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  persist_drained(before);
  return true;
}

void LedgerWorker::persist_drained(std::size_t from) {
  std::uint64_t ticket = 0;
  for (std::size_t i = from; i < drained_.size(); ++i) {
    for (consensus::Record& record : drained_[i].persist) {
      journal_.add(consensus::encode(record));
      if (auto* opened = std::get_if<consensus::NewViewRecord>(&record))
        drained_[i].entered.push_back(std::move(opened->message));
    }
    if (drained_[i].ticket != 0) ticket = drained_[i].ticket;
    drained_[i].persist.clear();
    if (const auto* certificate = certificate_ahead(drained_[i].finalise)) {
      journal_.add(consensus::encode(consensus::Record(consensus::FinalRecord{*certificate})));
    }
  }
  or_stop(journal_.commit());
  syncs_ = journal_.syncs() + ledger_syncs_;
  journal_bytes_ = journal_.bytes();
  if (ticket == 0) return;
  loop_.post([this, ticket] { events_.persisted(ticket); });
}

/// One execution or one finalisation, so that records which arrive meanwhile need not wait for more.
void LedgerWorker::do_next() {
  LedgerWork& work = drained_.front();
  if (!work.execute.empty()) {
    const consensus::Executed executed = executions_.run(work.execute.front());
    work.execute.erase(work.execute.begin());
    loop_.post([this, executed] { events_.executed(executed); });
    return;
  }
  for (const consensus::ExecutionId id : work.discard) executions_.discard(id);
  work.discard.clear();
  if (!work.finalise.empty()) {
    finalise(std::move(work.finalise.front()));
    work.finalise.erase(work.finalise.begin());
    return;
  }
  for (const ledger::Evidence& evidence : work.evidence) keep(evidence);
  for (const consensus::NewView& message : work.entered) keep(message);
  if (work.restart_journal) restart_journal(work);
  drained_.pop_front();
}

namespace {

/// Included envelopes stand in the order of the batches.
std::vector<ledger::EnvelopePtr> passed_over(const ledger::LedgerEntry& entry) {
  std::vector<ledger::EnvelopePtr> out;
  auto included = entry.transactions.begin();
  for (const ledger::BatchPtr& batch : entry.block.batches) {
    for (const ledger::EnvelopePtr& envelope : batch->envelopes) {
      if (included != entry.transactions.end() && *included == envelope) {
        ++included;
      } else {
        out.push_back(envelope);
      }
    }
  }
  return out;
}

}  // namespace

void LedgerWorker::finalise(consensus::FinaliseRequest request) {
  ExecutionTree::Finished finished = executions_.take(request.id);
  if (const auto sound = contracts::check_invariants(ledger_->state(), finished.writes); !sound) {
    stop_process(ExitCode::Assertion,
                 "block " + std::to_string(ledger::number(request.block.block.header.height)) +
                     " breaks an invariant: " + sound.error().message,
                 "keep the data directory as evidence; do not start avald again");
  }
  ledger::LedgerEntry entry;
  entry.block = std::move(request.block);
  entry.transactions = std::move(finished.executed.included);
  entry.receipts = std::move(finished.executed.receipts);
  entry.writes = std::move(finished.writes);
  ledger_->append(entry, false);
  ++unsynced_blocks_;
  executions_.appended(request.id);
  const bool snapshot_due = is_snapshot_due();
  const bool epoch_over = begin_epoch_if_over();
  publish();
  if (snapshot_due && options_.on_snapshot_due) options_.on_snapshot_due(view_.ledger);
  const FinalBlock block{entry.block.block.header.height,
                         std::make_shared<const std::vector<ledger::Receipt>>(std::move(entry.receipts)),
                         passed_over(entry), epoch_over ? chain_ : nullptr};
  loop_.post([this, block] { events_.finalised(block); });
}

/// An alarm even where it cannot be kept: somebody's key signs what it must not.
void LedgerWorker::keep(const ledger::Evidence& evidence) {
  const auto kept = evidence_->keep(evidence);
  if (kept && !*kept) return;
  const auto text = [](auto strong) { return std::to_string(ledger::number(strong)); };
  const auto& validators = chain_->validators.validators;
  const std::size_t seat = ledger::number(evidence.validator);
  log_warn("alarm: " + (seat < validators.size() ? validators[seat].member : "a former member") + " (validator " +
           text(evidence.validator) + ") signed two " + ledger::name_of(evidence.statement) + "s at height " +
           text(evidence.height) + " in view " + text(evidence.view) + " of epoch " + text(evidence.epoch) +
           (kept ? "; kept as evidence/" + evidence_file_name(ledger::encode_evidence(evidence))
                 : "; not kept: " + kept.error().message));
}

/// The journal forgets how a view began; should the ledger ever fork, it says who hid what.
void LedgerWorker::keep(const consensus::NewView& message) {
  if (const auto kept = evidence_->keep(message); !kept)
    log_warn("the new view of view " + std::to_string(ledger::number(message.view)) + " is not kept: " + kept.error().message);
}

/// The journal of the new epoch must not be on disk before the block that the epoch stands on.
bool LedgerWorker::begin_epoch_if_over() {
  const ledger::ChainConfig& now = ledger_->config();
  if (now.validators.epoch == chain_->validators.epoch) return false;
  chain_ = std::make_shared<const ledger::ChainConfig>(now);
  executions_.begin_epoch();
  force_ledger();
  return true;
}

void LedgerWorker::restart_journal(const LedgerWork& work) {
  const std::vector<consensus::Record>& records = *work.restart_journal;
  std::vector<Bytes> payloads;
  payloads.reserve(records.size());
  for (const consensus::Record& record : records) payloads.push_back(consensus::encode(record));
  or_stop(node::restart_journal(*ledger_, journal_, work.journal.value_or(journal_.binding()), payloads));
  ++ledger_syncs_;
  note_forced();
  journal_bytes_ = journal_.bytes();
  loop_.post([this, bytes = journal_.bytes()] { events_.journal_restarted(bytes); });
  log_debug("vote journal restarted with " + std::to_string(payloads.size()) + " records");
}

void LedgerWorker::force_ledger() {
  mirror_journal(*ledger_, journal_);
  note_forced();
}

void LedgerWorker::note_forced() {
  last_sync_ = now();
  unsynced_blocks_ = 0;
  ++ledger_syncs_;
  syncs_ = journal_.syncs() + ledger_syncs_;
  durable_height_ = ledger::number(ledger_->durable_height());
}

void LedgerWorker::sync_if_due() {
  if (unsynced_blocks_ == 0) return;
  if (unsynced_blocks_ < options_.sync_blocks && now() - last_sync_ < options_.sync_interval) return;
  force_ledger();
}

void LedgerWorker::publish() {
  LedgerView fresh{ledger_->snapshot(), executions_.final_tree(), chain_};
  {
    const std::lock_guard lock(view_mutex_);
    std::swap(view_, fresh);
  }
  durable_height_ = ledger::number(ledger_->durable_height());
}

/// By the parameters of the head's own epoch, so that all nodes take the same ones.
bool LedgerWorker::is_snapshot_due() const {
  const std::uint32_t interval = chain_->parameters.snapshot_interval_blocks;
  return interval != 0 && ledger::number(ledger_->head().height) % interval == 0;
}

void LedgerWorker::measure_disk() {
  const TimePoint time = now();
  if (time - last_look_at_disk_ < disk_look_interval) return;
  last_look_at_disk_ = time;
  struct statvfs status {};
  if (::statvfs(options_.data_dir.c_str(), &status) != 0) return;
  const std::uint64_t free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize;
  const bool below = free_bytes < options_.disk_reserve_bytes;
  if (below && !disk_below_reserve_) {
    log_warn("alarm: free disk " + std::to_string(free_bytes >> 20U) + " MiB is below the reserve of " +
             std::to_string(options_.disk_reserve_bytes >> 20U) + " MiB; new transactions are refused");
  }
  disk_below_reserve_ = below;
}

}  // namespace aval::node
