// The node's lives: how it starts, ends, and passes from one epoch into the next.

#include "consensus/recent_batches.h"
#include "tests/simulation/node.h"

namespace aval::simulation {

void Node::start() {
  const bool is_restart = life_ > 0;
  consensus::Recovered recovered = recover();
  if (const auto before = std::exchange(chain_, ledger_.chain()); before != chain_) take_over();
  if (hostile_) hostile_->on_start(recovered);
  note({.event = "start",
        .node = number(identity_.self),
        .height = number(head().height),
        .digest = ledger::hash_of(head()).view()});
  world_.checkers.on_start(identity_.self, chain_->validators.epoch, recovered);
  make_replica(std::move(recovered));
  consensus::Actions actions = replica_->start(world_.queue.now(), wall_clock());
  world_.checkers.on_started(identity_.self, replica_->status(), is_restart);
  carry_out(std::move(actions));
}

void Node::make_replica(consensus::Recovered recovered) {
  std::function<void(const ledger::LedgerEntry&)> on_entry;
  if (storage_) on_entry = [this](const ledger::LedgerEntry& entry) { on_written(storage_->append(entry)); };
  executions_ = std::make_unique<Executions>(*chain_, ledger_, std::move(on_entry));
  replica_ = std::make_unique<consensus::Replica>(replica_config(), signer(), std::move(recovered));
}

void Node::crash() {
  note({.event = "crash", .node = number(identity_.self), .height = number(head().height)});
  ++life_;
  armed_.reset();
  replica_.reset();
  executions_.reset();
  waiting_.clear();
  group_.clear();
  is_syncing_ = false;
  is_epoch_over_ = false;
  if (cpu_) cpu_->clear();
  cut_power();
}

void Node::cut_power() {
  const std::vector<consensus::Record> under_way = std::exchange(under_way_, {});
  if (storage_) return storage_->crash(under_way, prng_);
  if (journal_.lose_unsynced(prng_) > 0) ++world_.counters.torn_tail;
  if (ledger_.lose_unsynced(prng_) > 0) ++world_.counters.lost_blocks;
}

/// The disk has refused something: the process ends at once, and nothing it was about to say leaves.
void Node::end_process() {
  crash();
  world_.on_crash(identity_.self);
}

bool Node::is_refused(std::uint64_t per_mille, std::uint64_t& counter) {
  if (per_mille == 0 || !prng_.chance(per_mille) || !world_.may_crash(identity_.self)) return false;
  ++counter;
  end_process();
  return true;
}

/// A disk that is full stays so for a while, whoever starts on it meanwhile.
bool Node::is_full() {
  if (disk_plan_.full_per_mille == 0 || !world_.may_crash(identity_.self)) return false;
  if (world_.queue.now() >= full_until_) {
    if (!prng_.chance(disk_plan_.full_per_mille)) return false;
    full_until_ = world_.queue.now() + prng_.up_to(disk_plan_.full_max);
  }
  ++world_.counters.full_disk;
  end_process();
  return true;
}

/// No failure was asked for here.
void Node::on_written(const Result<void>& written) {
  if (!written)
    world_.checkers.on_broken_contract(identity_.self, "the storage fails: " + written.error().message);
}

bool Node::dies_at(Moment moment) {
  if (armed_ != moment || !world_.may_crash(identity_.self)) return false;
  crash();
  ++world_.counters.crash_at_effect;
  world_.on_crash(identity_.self);
  return true;
}

consensus::ReplicaConfig Node::replica_config() const {
  consensus::ReplicaConfig config;
  config.chain = *chain_;
  config.self = is_seated() ? identity_.self : ledger::no_seat;
  const Fault fault = identity_.plan.fault;
  config.faults.quorum_off_by_one = fault == Fault::QuorumOffByOne;
  config.faults.send_before_persist = fault == Fault::SendBeforePersist;
  config.faults.forget_votes_at_restart = fault == Fault::ForgetVotesAtRestart;
  config.faults.votes_below_tip = fault == Fault::VotesBelowTip;
  config.faults.unchecked_state_root = fault == Fault::UncheckedStateRoot;
  return config;
}

consensus::Recovered Node::recover() {
  if (!storage_) return recover_simulated();
  Result<consensus::Recovered> recovered = storage_->open();
  if (!recovered) {
    world_.checkers.on_broken_contract(identity_.self,
                                       "the start is not normal: " + recovered.error().message);
    return recover_simulated();
  }
  if (life_ > 0) ++world_.counters.real_starts;
  if (storage_->was_torn()) ++world_.counters.torn_tail;
  if (ledger_.cut_to(recovered->final_header.height) > 0) ++world_.counters.lost_blocks;
  if (head() != recovered->final_header)
    world_.checkers.on_broken_contract(identity_.self,
                                       "the ledger on disk has another head than was appended");
  return *std::move(recovered);
}

/// The certificate of the head stands with it, or in the journal when the head is carried by a block
/// that the crash took.
consensus::Recovered Node::recover_simulated() {
  const ledger::ChainConfig& chain = *ledger_.chain();
  if (journal_.epoch() != chain.validators.epoch) journal_.begin(chain.validators.epoch);
  consensus::Recovered recovered;
  recovered.final_header = head();
  recovered.records = journal_.read(chain);
  recovered.final_batches = recent_batches();
  if (number(head().height) == 0) return recovered;
  recovered.final_certificate = ledger_.block(head().height)->certificate;
  if (recovered.final_certificate) return recovered;
  for (const consensus::Record& record : recovered.records)
    if (const auto* final = std::get_if<consensus::FinalRecord>(&record);
        final && final->certificate.height >= head().height)
      recovered.final_certificate = final->certificate;
  return recovered;
}

std::vector<crypto::Digest> Node::recent_batches() const {
  return consensus::recent_batches(
      head().height, [this](ledger::Height height) { return ledger_.block(height)->block.batches; });
}

// ---- epochs

/// The last block goes to disk first, then the journal begins anew.
void Node::end_epoch() {
  is_syncing_ = true;
  after(draw_sync_time(), [this] {
    ledger_.sync(head().height);
    if (storage_) on_written(storage_->force());
    after(draw_sync_time(), [this] { begin_epoch(); });
  });
}

void Node::begin_epoch() {
  const std::vector<ledger::EnvelopePtr> waiting = replica_->unfinished();
  chain_ = ledger_.chain();
  const ledger::Epoch epoch = chain_->validators.epoch;
  journal_.begin(epoch);
  if (storage_) on_written(storage_->begin_epoch(chain_->validators.has_seat(identity_.self)));
  is_syncing_ = false;
  is_epoch_over_ = false;
  take_over();
  world_.checkers.on_epoch(identity_.self);
  note({.event = "epoch",
        .node = number(identity_.self),
        .height = number(head().height),
        .epoch = number(epoch)});
  make_replica({head(), std::nullopt, {}, recent_batches()});
  consensus::Actions actions = replica_->start(world_.queue.now(), wall_clock());
  world_.checkers.on_started(identity_.self, replica_->status(), false);
  carry_out(std::move(actions));
  if (is_up() && !waiting.empty()) step(consensus::Submitted{waiting});
}

/// A hostile replica is hostile in every epoch anew.
void Node::take_over() {
  const auto treachery = identity_.plan.treachery_of(identity_.self);
  if (!treachery) return;
  hostile_ =
      make_hostile(*treachery, {*chain_, identity_.self, signer(), prng_.fork(),
                                world_.counters.deeds[index_of(*treachery)], identity_.is_second_twin});
}

}  // namespace aval::simulation
