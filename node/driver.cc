#include "node/driver.h"

#include "consensus/limits.h"
#include "consensus/wire.h"
#include "node/clock.h"
#include "node/exit_code.h"
#include "node/final_blocks.h"
#include "node/log.h"

namespace aval::node {

namespace {

constexpr std::size_t fetch_bytes_wanted = 1U << 20U;
constexpr Duration standing_interval = std::chrono::milliseconds(20);

std::size_t index_of(ledger::ReplicaId id) { return ledger::number(id); }

/// A node that is less than this behind is simply in the middle of the next blocks.
std::uint64_t lag_max(const ledger::ChainConfig& chain) { return std::uint64_t{chain.parameters.pipeline_window} * 2; }

consensus::ReplicaConfig replica_config(const Driver::Parts& parts) {
  consensus::ReplicaConfig config;
  config.chain = parts.chain;
  config.self = parts.self;
  return config;
}

/// Batches and blocks may wait behind votes, and a slow peer loses the oldest of them first.
FrameKind kind_of_frame(const consensus::Message& message) {
  const bool bulk = std::holds_alternative<consensus::BatchMessage>(message) ||
                    std::holds_alternative<consensus::FinalBlocks>(message);
  return bulk ? FrameKind::Bulk : FrameKind::Protocol;
}

}  // namespace

Driver::Driver(Parts parts, crypto::Signer& vote_signer, consensus::Recovered recovered)
    : parts_(parts),
      replica_(replica_config(parts), vote_signer, std::move(recovered)),
      tick_(parts.loop),
      waiter_timer_(parts.loop),
      fetch_in_work_(parts.chain.validators.size()),
      restart_journal_at_(parts.journal_bytes_max),
      final_heights_(parts.chain.validators.size()),
      gauge_(parts.chain.validators, parts.ledger.view().ledger->head().height, lag_max(parts.chain), now()) {}

void Driver::start(PeerNetwork& network) {
  network_ = &network;
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

void Driver::step(consensus::Input input) {
  if (closed_) return;
  perform(replica_.step(now(), wall_clock(), std::move(input)));
}

void Driver::perform(consensus::Actions actions) {
  if (actions.fatal) {
    stop_process(ExitCode::Divergence, *actions.fatal,
                 "keep the data directory as evidence and compare its ledger with another node's");
  }
  if (actions.epoch_over) {
    stop_process(ExitCode::Configuration,
                 "the ledger changes its validators or parameters, and this program does not follow into another epoch",
                 "start a release of avald that does");
  }
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
  if (!work.persist.empty()) work.ticket = ++last_ticket_;
  if (work.execute.empty() && work.discard.empty() && work.ticket == 0 && work.finalise.empty()) return;
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
  network_->send(send.to, kind_of_frame(send.message), consensus::encode(send.message));
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
  if (journal_restarting_ || closed_ || parts_.ledger.journal_bytes() < restart_journal_at_) return;
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
  const auto urgency = frame.kind == FrameKind::Protocol ? VerifyPool::Urgency::Protocol : VerifyPool::Urgency::Bulk;
  const std::size_t bytes = frame.payload.size();
  auto payload = std::make_shared<const Bytes>(std::move(frame.payload));
  const auto taken = parts_.pool.submit(index_of(peer), urgency, bytes,
                                        [this, peer, payload] { return check_frame(peer, *payload); });
  return taken == VerifyPool::Taken::Room;
}

/// On a verify thread.
VerifyPool::Continuation Driver::check_frame(ledger::ReplicaId peer, const Bytes& payload) {
  auto message = consensus::decode_message(payload, parts_.chain);
  if (!message) return [this, peer, what = message.error().message] { on_bad_message(peer, what); };
  if (const auto* fetch = std::get_if<consensus::FetchFinal>(&*message)) {
    return [this, peer, first = fetch->first] { answer_fetch(peer, first); };
  }
  auto verified = consensus::verify(std::move(*message), peer, parts_.chain);
  if (!verified) return [this, peer, what = verified.error().message] { on_bad_message(peer, what); };
  return [this, message = std::move(*verified)]() mutable { on_message(std::move(message)); };
}

void Driver::on_bad_message(ledger::ReplicaId peer, const std::string& what) {
  if (!bad_messages_.allow(now())) return;
  log_warn("ignored a message of " + parts_.chain.validators.validators[index_of(peer)].member + ": " + what);
}

void Driver::on_message(consensus::Verified message) {
  if (const auto* status = std::get_if<consensus::StatusMessage>(&message.message())) {
    final_heights_[index_of(message.peer())] = status->final_height;
    gauge_.on_claim(message.peer(), status->final_height, now());
  }
  step(consensus::Received{std::move(message)});
}

void Driver::answer_fetch(ledger::ReplicaId peer, ledger::Height first) {
  if (fetch_in_work_[index_of(peer)] || closed_) return;
  fetch_in_work_[index_of(peer)] = true;
  const auto read = [this, peer, first]() -> VerifyPool::Continuation {
    const LedgerView view = parts_.ledger.view();
    auto blocks = read_final_blocks(*view.ledger, first, fetch_bytes_wanted, consensus::final_blocks_max);
    auto bytes = std::make_shared<Bytes>();
    if (blocks) *bytes = consensus::encode(consensus::Message(std::move(*blocks)));
    return [this, peer, bytes] {
      fetch_in_work_[index_of(peer)] = false;
      if (!bytes->empty()) network_->send(peer, FrameKind::Bulk, *bytes);
    };
  };
  const auto taken = parts_.pool.submit(index_of(peer), VerifyPool::Urgency::Bulk, 0, read);
  if (taken == VerifyPool::Taken::Refused) fetch_in_work_[index_of(peer)] = false;
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
  AVAL_TRY(judge(envelope, view, parts_.chain));
  return unexpected(Error::Code::Refused, "the signatures did not carry the envelope when its turn came");
}

void Driver::on_final(const FinalBlock& block) {
  transactions_ += block.receipts->size();
  gauge_.on_final(block.height, now());
  waiting_room_.finalised(block.height, *block.receipts);
  for (const ledger::EnvelopePtr& envelope : block.passed_over) {
    if (waiting_room_.is_pending(envelope->tx_id)) waiting_room_.passed_over(*envelope, fate_of(*envelope));
  }
}

void Driver::close() {
  closed_ = true;
  waiting_room_.close();
  tick_.cancel();
  waiter_timer_.cancel();
}

}  // namespace aval::node
