#include "node/driver.h"

#include "consensus/limits.h"
#include "consensus/wire.h"
#include "node/clock.h"
#include "node/exit_code.h"
#include "node/final_blocks.h"
#include "node/log.h"
#include "node/recovery.h"
#include "node/snapshot_answer.h"

namespace aval::node {

namespace {

constexpr std::size_t fetch_bytes_wanted = 1U << 20U;
/// An honest peer sends none: each costs a signature check here and nothing there.
constexpr std::uint64_t forgeries_per_second = 10;
constexpr Duration shunned_for = std::chrono::seconds(10);
constexpr Duration standing_interval = std::chrono::milliseconds(20);

std::size_t index_of(ledger::ReplicaId id) { return ledger::number(id); }

consensus::Replica make_replica(const ledger::ChainConfig& chain, const Driver::Voter& voter,
                                consensus::Recovered recovered) {
  consensus::ReplicaConfig config;
  config.chain = chain;
  config.self = voter.self;
  return {std::move(config), voter.vote_signer, std::move(recovered)};
}

/// Batches and blocks may wait behind votes, and a slow peer loses the oldest of them first.
FrameKind kind_of_frame(const consensus::Message& message) {
  const bool bulk = std::holds_alternative<consensus::BatchMessage>(message) ||
                    std::holds_alternative<consensus::FinalBlocks>(message);
  return bulk ? FrameKind::Bulk : FrameKind::Protocol;
}

/// The key in use is the one that the seat names.
bool is_named(const ledger::ValidatorSet& set, const Driver::Voter& voter) {
  return set.has_seat(voter.self) && set.validators[index_of(voter.self)].vote_key == voter.vote_signer.public_key();
}

bool holds_vote(const ledger::ChainConfig& chain, const Driver::Voter& voter) {
  return chain.validators.contains(voter.self) && is_named(chain.validators, voter);
}

JournalBinding journal_of(const ledger::ChainConfig& chain, const Driver::Voter& voter) {
  const auto& set = chain.validators;
  const crypto::Digest key = is_named(set, voter) ? crypto::key_id(voter.vote_signer.public_key()) : crypto::Digest{};
  return {chain.chain_id, key, set.epoch};
}

}  // namespace

Driver::Driver(Parts parts, Voter voter, consensus::Recovered recovered)
    : parts_(parts),
      chain_(parts.ledger.view().chain),
      self_(voter.self),
      replica_(make_replica(*chain_, voter, std::move(recovered))),
      tick_(parts.loop),
      waiter_timer_(parts.loop),
      answer_timer_(parts.loop),
      restart_journal_at_(parts.journal_bytes_max),
      votes_(holds_vote(*chain_, voter)),
      gauge_(*chain_, parts.ledger.view().ledger->head().height, now()) {
  know_seats();
}

/// Seats are only added, so what is known of the others keeps its place.
void Driver::know_seats() {
  const std::size_t seats = chain_->validators.validators.size();
  answer_in_work_.resize(seats);
  answer_budgets_.resize(seats, Budget(parts_.answer_bytes_per_second));
  forgery_budgets_.resize(seats, Budget(forgeries_per_second));
  final_heights_.resize(seats);
  epochs_.resize(seats);
}

void Driver::start(PeerNetwork& network, OnEpochOver on_epoch_over) {
  network_ = &network;
  on_epoch_over_ = std::move(on_epoch_over);
  LedgerWorker::Events events;
  events.persisted = [this](std::uint64_t ticket) { on_persisted(ticket); };
  events.executed = [this](const consensus::Executed& executed) { step(executed); };
  events.finalised = [this](const FinalBlock& block) { on_final(block); };
  events.journal_restarted = [this](std::uint64_t bytes) {
    journal_restarting_ = false;
    restart_journal_at_ = bytes + parts_.journal_bytes_max;
  };
  parts_.ledger.start(std::move(events));
  perform(replica_.start(now(), wall_clock()));
}

/// The journal begins anew: what was said in the epoch before binds nobody any more.
void Driver::begin_epoch(std::shared_ptr<const ledger::ChainConfig> chain, Voter voter) {
  const LedgerView view = parts_.ledger.view();
  AVAL_CHECK(is_epoch_over_ && view.ledger->head() == ledger::base_header(*chain));
  std::vector<ledger::EnvelopePtr> waiting = replica_.unfinished();
  chain_ = std::move(chain);
  self_ = voter.self;
  know_seats();
  gauge_.enter(*chain_);
  replica_ = make_replica(*chain_, voter, at_epoch_start(*view.ledger));
  votes_ = holds_vote(*chain_, voter);
  LedgerWork work;
  work.restart_journal.emplace();
  work.journal = journal_of(*chain_, voter);
  parts_.ledger.submit(std::move(work));
  is_epoch_over_ = false;
  perform(replica_.start(now(), wall_clock()));
  submitted_.insert(submitted_.begin(), waiting.begin(), waiting.end());
  if (!submitted_.empty()) flush_submitted();
}

/// The replica has nothing to decide any more, but those behind learn from its status how far the chain goes.
void Driver::stay_in_epoch() {
  AVAL_CHECK(is_epoch_over_);
  stays_ = true;
  is_epoch_over_ = false;
  step(consensus::Tick{});
}

void Driver::step(consensus::Input input) {
  if (closed_ || is_epoch_over_) return;
  perform(replica_.step(now(), wall_clock(), std::move(input)));
}

void Driver::perform(consensus::Actions actions) {
  if (actions.key_elsewhere) parts_.on_key_elsewhere(*actions.key_elsewhere);
  if (actions.fatal) {
    stop_process(ExitCode::Divergence, *actions.fatal,
                 "keep the data directory as evidence and compare its ledger with another node's");
  }
  is_epoch_over_ = actions.epoch_over;
  for (const consensus::Send& each : actions.disseminate) send(each);
  hand_over(actions);
  send_or_hold(std::move(actions.send));
  if (actions.wake_at) wake_at(*actions.wake_at);
  publish_standing();
}

void Driver::hand_over(consensus::Actions& actions) {
  LedgerWork work;
  work.execute = std::move(actions.execute);
  work.discard = std::move(actions.discard);
  work.persist = std::move(actions.persist);
  work.finalise = std::move(actions.finalise);
  work.evidence = std::move(actions.evidence);
  if (!work.persist.empty()) work.ticket = ++last_ticket_;
  const bool is_idle = work.execute.empty() && work.discard.empty() && work.ticket == 0 && work.finalise.empty();
  if (is_idle && work.evidence.empty()) return;
  parts_.ledger.submit(std::move(work));
}

void Driver::send_or_hold(std::vector<consensus::Send> sends) {
  if (sends.empty()) return;
  if (persisted_ticket_ < last_ticket_) {
    held_.push_back({last_ticket_, std::move(sends)});
    return;
  }
  for (const consensus::Send& each : sends) send(each);
}

void Driver::send(const consensus::Send& send) {
  const Bytes bytes = consensus::encode(send.message);
  if (is_affordable(send, bytes.size())) network_->send(send.to, kind_of_frame(send.message), bytes);
}

/// A batch that goes to one peer was asked for, or is handed on; beyond the peer's budget it must ask again.
bool Driver::is_affordable(const consensus::Send& send, std::size_t bytes) {
  if (!send.to || !std::holds_alternative<consensus::BatchMessage>(send.message)) return true;
  Budget& budget = answer_budgets_[index_of(*send.to)];
  if (budget.due(now()) > now()) return false;
  budget.spend(bytes, now());
  return true;
}

void Driver::on_persisted(std::uint64_t ticket) {
  persisted_ticket_ = ticket;
  while (!held_.empty() && held_.front().after_ticket <= ticket) {
    for (const consensus::Send& each : held_.front().sends) send(each);
    held_.pop_front();
  }
  restart_journal_if_long();
}

void Driver::restart_journal_if_long() {
  if (journal_restarting_ || closed_ || is_epoch_over_ || parts_.ledger.journal_bytes() < restart_journal_at_) return;
  journal_restarting_ = true;
  LedgerWork work;
  work.restart_journal = replica_.essential_records();
  parts_.ledger.submit(std::move(work));
}

/// A timer that fires too early is cheaper than one that is set anew at every step.
void Driver::wake_at(TimePoint deadline) {
  wake_at_ = deadline;
  if (armed_ && *armed_ <= deadline) return;
  armed_ = deadline;
  tick_.arm(deadline, [this] { on_timer(); });
}

void Driver::on_timer() {
  armed_.reset();
  if (!wake_at_ || closed_) return;
  if (now() < *wake_at_) return wake_at(*wake_at_);
  wake_at_.reset();
  step(consensus::Tick{});
}

bool Driver::on_frame(ledger::ReplicaId peer, Frame frame) {
  if (frame.kind == FrameKind::Snapshot) return answer_snapshot(peer, std::move(frame.payload));
  const auto urgency = frame.kind == FrameKind::Protocol ? VerifyPool::Urgency::Protocol : VerifyPool::Urgency::Bulk;
  const std::size_t bytes = frame.payload.size();
  auto payload = std::make_shared<const Bytes>(std::move(frame.payload));
  const auto check = [this, chain = chain_, peer, payload] { return check_frame(chain, peer, *payload); };
  const auto taken = parts_.pool.submit(lane_of(peer), urgency, bytes, check);
  return taken == VerifyPool::Taken::Room;
}

/// On a verify thread. What was checked in one epoch is not for the replica of another.
VerifyPool::Continuation Driver::check_frame(const ChainPtr& chain, ledger::ReplicaId peer, const Bytes& payload) {
  auto message = consensus::decode_message(payload, *chain);
  if (!message) return [this, peer, error = message.error()] { on_bad_message(peer, error); };
  if (const auto* fetch = std::get_if<consensus::FetchFinal>(&*message)) {
    return [this, peer, first = fetch->first] { answer_fetch(peer, first); };
  }
  auto verified = consensus::verify(std::move(*message), peer, *chain);
  if (!verified) return [this, peer, error = verified.error()] { on_bad_message(peer, error); };
  return [this, chain, message = std::move(*verified)]() mutable {
    if (chain == chain_) on_message(std::move(message));
  };
}

/// Nobody is at fault who is in another epoch: one of the two is behind, and catches up. A forged signature is a
/// fault in every epoch, and costs a check each time.
void Driver::on_bad_message(ledger::ReplicaId peer, const Error& error) {
  const ledger::ValidatorSet& set = chain_->validators;
  const bool is_forged = error.code == Error::Code::Corrupt;
  if (!is_forged && epochs_[index_of(peer)] != set.epoch) return;
  const std::string& member = set.validators[index_of(peer)].member;
  if (bad_messages_.allow(now())) log_warn("ignored a message of " + member + ": " + error.message);
  if (!is_forged || network_->is_shunned(peer)) return;  // what still waited when its link was closed is paid for
  Budget& budget = forgery_budgets_[index_of(peer)];
  budget.spend(1, now());
  if (budget.due(now()) <= now()) return;
  log_warn("alarm: no link to " + member + " for 10 s: it sends signatures that do not verify");
  network_->shun(peer, shunned_for, "it sends signatures that do not verify");
}

void Driver::on_message(consensus::Verified message) {
  if (const auto* status = std::get_if<consensus::StatusMessage>(&message.message())) on_status(message.peer(), *status);
  step(consensus::Received{std::move(message)});
}

void Driver::on_status(ledger::ReplicaId peer, const consensus::StatusMessage& status) {
  final_heights_[index_of(peer)] = status.final_height;
  epochs_[index_of(peer)] = status.epoch;
  if (chain_->validators.contains(peer)) gauge_.on_claim(peer, status.final_height, now());
}

void Driver::answer_fetch(ledger::ReplicaId peer, ledger::Height first) {
  answer(peer, FrameKind::Bulk, [this, first]() -> Bytes {
    auto blocks = read_final_blocks(*parts_.ledger.view().ledger, first, fetch_bytes_wanted, consensus::final_blocks_max);
    return blocks ? consensus::encode(consensus::Message(std::move(*blocks))) : Bytes();
  });
}

bool Driver::answer_snapshot(ledger::ReplicaId peer, Bytes question) {
  const auto asked = std::make_shared<const Bytes>(std::move(question));
  return answer(peer, FrameKind::Snapshot, [this, asked] {
    auto answer = answer_snapshot_question(*asked, parts_.snapshots, *parts_.ledger.view().ledger);
    return answer ? *std::move(answer) : Bytes();
  });
}

/// Answers when the peer's budget allows. A peer that asks on before it has its answer gets none; false when its
/// lane is full.
bool Driver::answer(ledger::ReplicaId peer, FrameKind kind, ReadAnswer read) {
  if (answer_in_work_[index_of(peer)] || closed_) return true;
  answer_in_work_[index_of(peer)] = true;
  const TimePoint due = answer_budgets_[index_of(peer)].due(now());
  if (due <= now()) return read_answer(peer, kind, read);
  answers_due_.emplace(due, [this, peer, kind, read = std::move(read)] { read_answer(peer, kind, read); });
  arm_answer_timer();
  return true;
}

void Driver::arm_answer_timer() {
  if (answers_due_.empty()) return;
  answer_timer_.arm(answers_due_.begin()->first, [this] {
    while (!closed_ && !answers_due_.empty() && answers_due_.begin()->first <= now()) {
      const auto due = answers_due_.extract(answers_due_.begin());
      due.mapped()();
    }
    if (!closed_) arm_answer_timer();
  });
}

/// Reads the answer on a verify thread and sends it, when there is one.
bool Driver::read_answer(ledger::ReplicaId peer, FrameKind kind, const ReadAnswer& read) {
  const auto work = [this, peer, kind, read]() -> VerifyPool::Continuation {
    const auto bytes = std::make_shared<const Bytes>(read());
    return [this, peer, kind, bytes] {
      answer_in_work_[index_of(peer)] = false;
      answer_budgets_[index_of(peer)].spend(bytes->size(), now());
      if (!bytes->empty()) network_->send(peer, kind, *bytes);
    };
  };
  const auto taken = parts_.pool.submit(lane_of(peer), VerifyPool::Urgency::Bulk, 0, work);
  if (taken == VerifyPool::Taken::Refused) answer_in_work_[index_of(peer)] = false;
  return taken == VerifyPool::Taken::Room;
}

void Driver::publish_standing() {
  const TimePoint time = now();
  if (time - standing_published_ < standing_interval) return;
  standing_published_ = time;
  Standing fresh;
  fresh.replica = replica_.status();
  fresh.final_heights = final_heights_;
  fresh.transactions = transactions_;
  fresh.is_behind = gauge_.is_behind();
  fresh.votes = votes_;
  fresh.credible_height = gauge_.credible();
  for (std::size_t peer = 0; peer < final_heights_.size(); ++peer) {
    fresh.connected.push_back(network_->connected(ledger::ReplicaId{static_cast<std::uint32_t>(peer)}));
  }
  const std::lock_guard lock(standing_mutex_);
  standing_ = std::move(fresh);
}

Driver::Standing Driver::standing() const {
  const std::lock_guard lock(standing_mutex_);
  return standing_;
}

/// Of an envelope that left no trace: its id has its end already, or its signatures did not carry it.
Result<TxState> Driver::fate_of(const ledger::Envelope& envelope) const {
  const LedgerView view = parts_.ledger.view();
  if (auto end = find_final(*view.ledger, envelope.tx_id)) return *std::move(end);
  AVAL_TRY(judge(envelope, view));
  return unexpected(Error::Code::Refused, "the signatures did not carry the envelope when its turn came");
}

void Driver::on_final(const FinalBlock& block) {
  transactions_ += block.receipts->size();
  gauge_.on_final(block.height, now());
  waiting_room_.finalised(block.height, *block.receipts);
  for (const ledger::EnvelopePtr& envelope : block.passed_over) {
    if (waiting_room_.is_pending(envelope->tx_id)) waiting_room_.passed_over(*envelope, fate_of(*envelope));
  }
  if (block.next_epoch && !closed_) on_epoch_over_(block.next_epoch);
}

void Driver::close() {
  closed_ = true;
  waiting_room_.close();
  tick_.cancel();
  waiter_timer_.cancel();
  answer_timer_.cancel();
}

}  // namespace aval::node
