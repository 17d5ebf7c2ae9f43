#include "consensus/replica.h"

#include <algorithm>

#include "consensus/catch_up.h"
#include "consensus/invariants.h"
#include "consensus/own_key.h"
#include "consensus/primary_watch.h"
#include "consensus/timers.h"
#include "consensus/view_changer.h"
#include "consensus/waiting.h"

namespace aval::consensus {
namespace {

/// How often a batch that waits is handed to the primary before the view is left over it.
constexpr std::uint32_t forward_tries = 4;
/// Batch numbers start at the wall clock in these steps, so that a restart does not use one again.
constexpr std::uint64_t batches_per_millisecond = 1024;

View view_after(View view) { return number(view) == UINT64_MAX ? view : next(view); }

Recovered without_forgotten(const ReplicaConfig& config, Recovered recovered) {
#ifdef AVAL_FAULT_SWITCHES
  if (config.faults.forget_votes_at_restart) {
    std::erase_if(recovered.records, [](const Record& record) {
      return std::holds_alternative<VoteRecord>(record) || std::holds_alternative<PreparedRecord>(record) ||
             std::holds_alternative<ViewChangeRecord>(record);
    });
  }
#else
  (void)config;
#endif
  return recovered;
}

}  // namespace

/// Wiring: each part owns one piece of the state; what they need of each other goes through here.
struct Replica::Impl {
  Impl(ReplicaConfig config, crypto::Signer& signer, Recovered recovered);

  void start(Step& step);
  void take(Step& step, Input input);
  void settle(Step& step);
  Actions finish(Step step);

  void on(Step& step, const BatchMessage& message, ReplicaId peer);
  void on(Step& step, const Proposal& message, ReplicaId peer);
  void on(Step& step, const SignedVote& message, ReplicaId peer);
  void on(Step& step, const ViewChange& message, ReplicaId peer);
  void on(Step& step, const NewView& message, ReplicaId peer);
  void on(Step& step, const StatusMessage& message, ReplicaId peer);
  void on(Step& step, const FetchBatches& message, ReplicaId peer);
  void on(Step& step, const FetchBlock& message, ReplicaId peer);
  void on(Step& step, const BlockReply& message, ReplicaId peer);
  void on(Step& step, const FetchFinal& message, ReplicaId peer);
  void on(Step& step, const FinalBlocks& message, ReplicaId peer);

  bool make_final(Step& step);
  void write_final(Step& step);
  void change_view(Step& step);
  bool wish_to_leave(Step& step);
  void say_status(Step& step);
  void leave_for(Step& step, View view);
  void enter(Step& step, const NewView& message);
  bool watch_view(Step& step);
  bool may_judge_primary() const;
  bool on_view_expired(Step& step);
  void retransmit(Step& step);
  BatchPtr find_batch(const crypto::Digest& digest) const;
  Tip entered_tip() const;
  Facts facts() const;
  void check_facts();
  /// Nothing can be decided above the final block any more in this epoch.
  bool is_over() const { return self.ends_epoch(tree.final_header()); }
  bool has_work() const { return !is_over() && (!pool.is_empty() || ordering.has_work()); }
  bool is_idle() const {
    return !has_work() && !promises.in_view_change() && !catch_up.is_behind();
  }

  Self self;
  Recovered recovered;
  Promises promises;
  BlockTree tree;
  Pool pool;
  Ordering ordering;
  ViewChanger changer;
  CatchUp catch_up;
  Fetches fetches;
  Timers timers;
  Contacts contacts;
  PrimaryWatch primary_watch;
  std::optional<Certificate> unwritten_final;  // goes to the journal with the next record that has to
  bool was_idle = true;
  std::optional<Facts> last_facts;
};

Replica::Impl::Impl(ReplicaConfig config, crypto::Signer& signer, Recovered from)
    : self(config, signer),
      recovered(of_epoch(self.epoch(), without_forgotten(config, std::move(from)))),
      promises(recovered.records),
      tree(self, recovered.final_header, recovered.final_certificate),
      pool(self),
      ordering(self, tree, pool, promises),
      changer(self, tree, promises),
      catch_up(self, tree),
      fetches(self),
      timers(self.parameters()),
      primary_watch(self, tree, ordering, pool, contacts) {
  AVAL_CHECK(recovered.final_header.height >= self.base_height());
  AVAL_CHECK(recovered.final_header.chain_id == self.chain().chain_id);
}

// --- starting

Tip Replica::Impl::entered_tip() const {
  return tip_of(promises.new_view() ? promises.new_view()->view_changes : std::vector<ViewChange>{},
                ledger::base_header(self.chain()));
}

void Replica::Impl::start(Step& step) {
  timers.on_work(step.now);
  timers.restart_interval(step.now);
  pool.start_counter(step.wall_clock * batches_per_millisecond);
  pool.remember_final(recovered.final_batches);
  tree.restore(recovered.records);
  recovered = {};
  // Should their blocks come to nothing, the batches still wait to be ordered.
  for (const KnownBlock* known : tree.blocks()) {
    for (const BatchPtr& body : known->bodies) {
      if (body != nullptr) pool.add(body, body->origin, step.now);
    }
  }
  promises.advance(tree.final_height());
  if (const auto& prepared = promises.prepared()) {
    if (prepared->height <= tree.final_height())
      promises.drop_prepared();
    else
      tree.anchor(prepared->block_hash);
  }
  if (promises.new_view()) {
    if (const Certificate* shown = highest_final(promises.new_view()->view_changes)) tree.certify(*shown);
  }
  ordering.resume(step, promises.entered(), entered_tip());
  primary_watch.on_view(step.now);
  changer.resume();
  settle(step);
  retransmit(step);
}

// --- inputs

void Replica::Impl::take(Step& step, Input input) {
  if (auto* submitted = std::get_if<Submitted>(&input)) {
    for (auto& envelope : submitted->envelopes) pool.submit(std::move(envelope), step.now);
  } else if (const auto* executed = std::get_if<Executed>(&input)) {
    if (!ordering.on_executed(step, *executed)) tree.on_executed(*executed);
  } else if (const auto* received = std::get_if<Received>(&input)) {
    const ReplicaId peer = received->message.peer();
    if (peer == self.id()) return;
    if (self.chain().validators.contains(peer)) contacts.heard(peer, step.now);
    const Message& heard = received->message.message();
    step.actions.key_elsewhere = unknown_own_statement(heard, self, promises, tree.final_height());
    for (const Certificate* certificate : certificates_in(heard)) ordering.on_certificate(step, *certificate);
    std::visit([&](const auto& message) { on(step, message, peer); }, heard);
  }
}

BatchPtr Replica::Impl::find_batch(const crypto::Digest& digest) const {
  BatchPtr batch = pool.find(digest);
  return batch != nullptr ? batch : tree.find_batch(digest);
}

void Replica::Impl::on(Step& step, const BatchMessage& message, ReplicaId peer) {
  pool.add(message.batch, peer, step.now);
  tree.supply(message.batch);
}

void Replica::Impl::on(Step& step, const Proposal& message, ReplicaId) {
  ordering.on_proposal(step, message);
}

void Replica::Impl::on(Step& step, const SignedVote& message, ReplicaId) {
  ordering.on_vote(step, message);
  const Vote& vote = message.vote;
  if (vote.phase == Phase::Commit && vote.height > tree.final_height() && !ordering.stands_on(vote))
    catch_up.on_commit_elsewhere(message.from, vote.height);
}

void Replica::Impl::on(Step& step, const ViewChange& message, ReplicaId) {
  const bool primary_left =
      message.from == self.primary(promises.entered()) && message.view > promises.entered();
  changer.add(message);
  // Its own signature says that this view has no primary any more.
  if (primary_left && !promises.in_view_change()) wish_to_leave(step);
}

void Replica::Impl::on(Step& step, const NewView& message, ReplicaId) {
  if (message.view > promises.entered() && message.view >= promises.view()) enter(step, message);
}

void Replica::Impl::on(Step& step, const StatusMessage& message, ReplicaId peer) {
  catch_up.on_status(peer, message);
  if (message.epoch != self.epoch()) return;
  if (self.chain().validators.contains(peer))
    changer.on_wish(peer, message.wishes_to_leave ? view_after(message.view) : message.view);
  const View entered = promises.entered();
  const bool misses_it = message.view < entered || (message.view == entered && message.in_view_change);
  if (promises.new_view() && misses_it) step.send_to(peer, *promises.new_view());
}

void Replica::Impl::on(Step& step, const FetchBatches& message, ReplicaId peer) {
  std::set<crypto::Digest> elsewhere;
  for (const auto& digest : message.digests) {
    if (BatchPtr batch = pool.find(digest))
      step.disseminate_to(peer, BatchMessage{std::move(batch)});
    else
      elsewhere.insert(digest);
  }
  for (BatchPtr& batch : tree.batches_among(elsewhere))
    step.disseminate_to(peer, BatchMessage{std::move(batch)});
}

void Replica::Impl::on(Step& step, const FetchBlock& message, ReplicaId peer) {
  if (const KnownBlock* known = tree.find(message.hash)) step.disseminate_to(peer, BlockReply{known->block});
}

void Replica::Impl::on(Step& step, const BlockReply& message, ReplicaId) {
  const BlockHash hash = ledger::hash_of(message.block.header);
  const auto wants = ordering.wants();
  const bool is_wanted = std::any_of(wants.begin(), wants.end(), [&](const Want& want) {
    return want.kind == Want::Kind::Block && want.digest == hash;
  });
  if (is_wanted)
    tree.add(step, message.block, ordering.view(), [this](const auto& digest) { return find_batch(digest); });
}

void Replica::Impl::on(Step&, const FetchFinal&, ReplicaId) {}  // the driver answers from the ledger

void Replica::Impl::on(Step& step, const FinalBlocks& message, ReplicaId peer) {
  catch_up.on_final_blocks(step, peer, message, ordering.view());
}

// --- settling

/// True when something became final.
bool Replica::Impl::make_final(Step& step) {
  const bool had_prepared = promises.prepared() && tree.find(promises.prepared()->block_hash) != nullptr;
  const std::vector<Block> blocks = tree.finalise(step);
  if (blocks.empty()) return false;
  for (const Block& block : blocks) pool.on_final(block.batches);
  primary_watch.on_final(step, blocks.size());
  if (catch_up.is_history(tree.final_height())) pool.judge_anew();
  promises.advance(tree.final_height());
  if (const auto& prepared = promises.prepared()) {
    // On another branch: a later view has decided against it, so it was never final anywhere.
    const bool was_passed_by = had_prepared && tree.find(prepared->block_hash) == nullptr;
    if (prepared->height <= tree.final_height() || was_passed_by) promises.drop_prepared();
  }
  write_final(step);
  step.actions.epoch_over = is_over();
  timers.on_progress(step.now);
  return true;
}

/// A block that is final by a certificate of its own takes it along into the ledger, so the journal
/// can wait for company. One that rides on a descendant would stand there without any proof if the
/// ledger's write were cut after it: its certificate goes to the journal first.
void Replica::Impl::write_final(Step& step) {
  const auto rides = [](const FinaliseRequest& request) { return !request.block.certificate; };
  unwritten_final = tree.final_certificate();
  if (std::none_of(step.actions.finalise.begin(), step.actions.finalise.end(), rides)) return;
  step.persist(FinalRecord{*unwritten_final});
  unwritten_final.reset();
}

void Replica::Impl::settle(Step& step) {
  do {
    ordering.settle(step);
    tree.execute_certified(step);
  } while (make_final(step));
  if (is_over()) return;
  change_view(step);
  pool.pack(step);
  ordering.propose(step);
  fetches.ask(step, ordering.wants());
  catch_up.ask(step, timers.last_progress());
}

void Replica::Impl::change_view(Step& step) {
  if (ordering.primary_fault() && !promises.in_view_change()) wish_to_leave(step);
  if (changer.wished_by_others() > promises.view()) wish_to_leave(step);
  const View agreed = std::max(changer.wished_by_quorum(), changer.wanted_by_others());
  if (agreed > promises.view()) leave_for(step, agreed);
  if (const auto opened = changer.opening()) {
    enter(step, *opened);
    step.send(*opened);
    ordering.settle(step);
  }
}

/// Says at once, and with each status from then on, that it would rather be in the next view. True when
/// it had not said so before.
bool Replica::Impl::wish_to_leave(Step& step) {
  if (is_over() || self.is_mute() || !changer.wish(view_after(promises.view()))) return false;
  say_status(step);
  return true;
}

void Replica::Impl::leave_for(Step& step, View view) {
  if (view <= promises.view() || is_over()) return;
  if (!changer.leave_for(step, view)) return timers.restart_view(step.now);
  ordering.close(step);
  timers.on_view_left();
  timers.disarm_view();
  timers.restart_interval(step.now);
}

void Replica::Impl::enter(Step& step, const NewView& message) {
  step.persist(NewViewRecord{message});
  promises.entered(message);
  changer.entered(message.view);
  if (const Certificate* shown = highest_final(message.view_changes)) tree.certify(*shown);
  ordering.enter(step, message.view, entered_tip());
  pool.judge_anew();
  primary_watch.on_view(step.now);
  timers.disarm_view();
}

// --- time

/// Runs the view's deadline while there is something to wait for. True when it wishes to leave the view now,
/// because the deadline passed or the primary is to be replaced.
bool Replica::Impl::watch_view(Step& step) {
  if (contacts.regains(self.quorum() - 1, step.now - timers.contact_patience())) {
    timers.restart_view(step.now);
    pool.on_link_back(step.now);
  }
  const bool can_open = changer.leaving_for(promises.view()) >= self.quorum();
  if (promises.in_view_change() ? can_open : has_work())
    timers.arm_view(step.now);
  else
    timers.disarm_view();

  const bool is_too_slow = primary_watch.look(step, may_judge_primary()) && wish_to_leave(step);
  const bool took_too_long = timers.view_expired(step.now) && on_view_expired(step);
  return is_too_slow || took_too_long;
}

bool Replica::Impl::may_judge_primary() const {
  return !promises.in_view_change() && changer.wish() <= promises.view() &&
         !self.is_primary(promises.view()) && !catch_up.is_behind() && contacts.hears_enough();
}

bool Replica::Impl::on_view_expired(Step& step) {
  timers.restart_view(step.now);
  const auto longest = milliseconds(self.parameters().view_timeout_max_ms);
  if (catch_up.is_behind() && step.now - timers.last_progress() < longest) return false;
  return contacts.hears_enough() && wish_to_leave(step);
}

void Replica::Impl::say_status(Step& step) {
  step.send(StatusMessage{self.epoch(), promises.view(), tree.final_height(), promises.in_view_change(),
                          changer.wish() > promises.view()});
}

void Replica::Impl::retransmit(Step& step) {
  // It tells of a view, so it waits for the record of that view like everything else that binds.
  say_status(step);
  changer.retransmit(step);
  const bool is_stalled = timers.is_stalled(step.now);
  if (is_stalled) ordering.retransmit(step);
  const auto taken = ordering.taken();
  pool.resend(step, taken, is_stalled);
  const Duration patience = timers.view_timeout() / forward_tries;
  if (!promises.in_view_change())
    pool.forward(step, self.primary(promises.view()), patience, taken, is_stalled);
  else if (changer.leaving_for(promises.view()) <= self.faulty_max())
    // It left alone, perhaps over work that the others have done: they may be in any view.
    pool.forward(step, std::nullopt, patience, taken, is_stalled);
}

Actions Replica::Impl::finish(Step step) {
  if (watch_view(step)) settle(step);
  const bool idle = is_idle();
  if (was_idle && !idle) timers.on_work(step.now);
  was_idle = idle;
  if (timers.take_retransmission(step.now, idle)) retransmit(step);
  if (unwritten_final && !step.actions.persist.empty()) {
    step.persist(FinalRecord{*unwritten_final});
    unwritten_final.reset();
  }
  TimePoint wake = timers.retransmission_due(idle);
  for (const auto& due : {timers.view(), pool.pack_due(), fetches.due(), catch_up.due(), primary_watch.due()}) {
    if (due) wake = std::min(wake, *due);
  }
  step.actions.wake_at = wake;
  tree.end_step();
  check_facts();
  return std::move(step.actions);
}

// --- what must hold

Facts Replica::Impl::facts() const {
  Facts out;
  out.validators = self.chain().validators.validators.size();
  out.window = self.parameters().pipeline_window;
  out.final_height = tree.final_height();
  out.final_hash = tree.final_hash();
  if (tree.final_certificate()) out.final_view = tree.final_certificate()->view;
  out.view = promises.view();
  out.entered = promises.entered();
  out.in_view_change = promises.in_view_change();
  out.tip = ordering.tip().height;
  out.prepared = promises.prepared();
  out.votes = promises.votes();
  for (const auto& [height, slot] : ordering.pipeline().slots()) out.slots.push_back(height);
  out.known_blocks = tree.size();
  out.restored_blocks = tree.restored();
  out.certificates = tree.certificates();
  out.early_messages = ordering.early_messages();
  out.proofs = ordering.proofs();
  out.batches = pool.batch_count();
  out.envelopes = pool.envelope_count();
  return out;
}

void Replica::Impl::check_facts() {
  if (self.is_faulty_on_purpose()) return;
  Facts now = facts();
  auto broken = broken_fact(now);
  if (!broken && last_facts) broken = broken_fact(*last_facts, now);
  if (broken) aval::check_failed(broken->c_str(), __FILE__, __LINE__);
  last_facts = std::move(now);
}

// --- the outside

Replica::Replica(ReplicaConfig config, crypto::Signer& vote_signer, Recovered recovered)
    : impl_(std::make_unique<Impl>(std::move(config), vote_signer, std::move(recovered))) {}
Replica::~Replica() = default;
Replica::Replica(Replica&&) noexcept = default;
Replica& Replica::operator=(Replica&&) noexcept = default;

Actions Replica::start(TimePoint now, UnixMillis wall_clock) {
  Step step{now, wall_clock, {}};
  impl_->start(step);
  return impl_->finish(std::move(step));
}

Actions Replica::step(TimePoint now, UnixMillis wall_clock, Input input) {
  Step step{now, wall_clock, {}};
  impl_->take(step, std::move(input));
  impl_->settle(step);
  return impl_->finish(std::move(step));
}

ReplicaStatus Replica::status() const {
  const Impl& impl = *impl_;
  ReplicaStatus status;
  status.epoch = impl.self.epoch();
  status.view = impl.promises.view();
  status.in_view_change = impl.promises.in_view_change();
  status.is_primary = impl.self.is_primary(status.view) && !status.in_view_change;
  status.final_header = impl.tree.final_header();
  status.prepared_height = impl.ordering.prepared_height();
  status.in_flight = impl.ordering.in_flight();
  status.pending_batches = impl.pool.batch_count();
  status.pending_envelopes = impl.pool.envelope_count();
  status.waiting_for =
      waiting_for(impl.self, impl.tree, impl.ordering, impl.promises, impl.changer, impl.catch_up, impl.pool);
  return status;
}

std::vector<ledger::EnvelopePtr> Replica::unfinished() const { return impl_->pool.own_envelopes(); }

std::vector<Record> Replica::essential_records() const {
  std::vector<Record> records = impl_->tree.records();
  for (Record& record : impl_->promises.records()) records.push_back(std::move(record));
  return records;
}

}  // namespace aval::consensus
