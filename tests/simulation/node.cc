#include "tests/simulation/node.h"

#include <algorithm>

namespace aval::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t final_blocks_in_answer = 16;
constexpr Duration notable_skew = milliseconds(100);

}  // namespace

Node::Node(World world, Identity identity, Prng prng)
    : world_(std::move(world)),
      identity_(identity),
      prng_(prng),
      disk_plan_(identity.plan.disk),
      journal_(identity.genesis.config.validators.epoch),
      ledger_(identity.genesis),
      chain_(ledger_.chain()) {
  if (disk_plan_.is_real)
    storage_ = std::make_unique<RealStorage>(identity_.genesis, [this](const ledger::ChainConfig& chain) {
      return identity_.keys.signer_of(chain, identity_.self).public_key();
    });
  if (disk_plan_.slow_node_per_mille > 0 && prng_.chance(disk_plan_.slow_node_per_mille))
    disk_delay_ = prng_.up_to(disk_plan_.slow_node_max);
  if (const auto slow = disk_plan_.slow.find(identity_.self); slow != disk_plan_.slow.end())
    disk_plan_.sync_mean = slow->second;
  if (identity_.plan.cpu) cpu_.emplace(world_.queue, *identity_.plan.cpu, identity_.plan.replicas);
  const Duration skew_max = identity_.plan.chaos.clock_skew_max;
  set_clock_skew(prng_.up_to(2 * skew_max) - skew_max);
  take_over();
}

void Node::set_clock_skew(Duration skew) {
  clock_skew_ = skew;
  if (std::chrono::abs(skew) > notable_skew) ++world_.counters.clock_skew;
}

void Node::calm_disk() {
  disk_plan_.slow_sync_per_mille = 0;
  disk_plan_.refuse_per_mille = 0;
  disk_plan_.full_per_mille = 0;
  disk_delay_ = {};
  full_until_ = {};
}

UnixMillis Node::wall_clock() const {
  const Duration since_start = world_.queue.elapsed() + clock_skew_ + std::chrono::seconds(2);
  const std::int64_t error_ms = hostile_ ? hostile_->clock_error_ms() : 0;
  return identity_.genesis.config.genesis_time_ms +
         static_cast<UnixMillis>(std::chrono::duration_cast<milliseconds>(since_start).count() + error_ms);
}

void Node::after(Duration delay, std::function<void()> event) {
  world_.queue.after(delay, [this, life = life_, event = std::move(event)] {
    if (life == life_ && is_up()) event();
  });
}

// ---- inputs

void Node::receive(const PacketPtr& packet) {
  // Whoever holds no seat has no link.
  if (!is_up() || !chain_->validators.has_seat(packet->from())) return;
  const auto& opened = world_.opener.open(*packet, *chain_);
  if (!opened) {
    // Nobody is at fault who is in another epoch: one of the two is behind, and catches up.
    if (packet->epoch() == chain_->validators.epoch)
      world_.checkers.on_refused(packet->from(), packet->kind(), opened.error().message);
    return;
  }
  if (!cpu_) return take_in(packet->from(), *opened);
  const auto checks = static_cast<Duration::rep>(signature_checks(opened->message()));
  cpu_->check(number(packet->from()), urgency_of(opened->message()),
              cpu_->costs().message + cpu_->costs().signature_check * checks,
              [this, from = packet->from(), chain = chain_, opened = *opened] {
                if (chain == chain_) take_in(from, opened);
              });
}

void Node::take_in(ReplicaId from, const consensus::Verified& opened) {
  if (hostile_) {
    for (const consensus::Message& remark : hostile_->on_heard(opened.message()))
      send_copies(remark, receivers_of({std::nullopt, remark}));
    if (!hostile_->lets_in(opened.message())) return;
  }
  if (const auto* question = std::get_if<consensus::FetchFinal>(&opened.message()))
    return answer(from, *question);
  step(consensus::Received{opened});
}

Reply Node::submit(const ledger::EnvelopePtr& envelope) {
  if (!is_up() || !has_vote()) return {Answer::Unreachable};
  if (const auto height = ledger_.height_of(envelope->tx_id)) return {Answer::Final, *height};
  if (head().height >= envelope->body.valid_until) return {Answer::Expired};
  const contracts::BlockContext next_block{chain_->chain_id, next(head().height), head().time_ms + 1,
                                           ledger_.chain()->parameters.validity_window_blocks};
  const auto judged = contracts::judge_envelope(next_block, *envelope, ledger_.state());
  if (judged != contracts::Status::Applied) return {Answer::Refused};
  if (!cpu_) {
    take_for_ordering(envelope);
    return {is_up() ? Answer::Waiting : Answer::Unreachable};
  }
  const auto checks = static_cast<Duration::rep>(envelope->signatures.size());
  cpu_->check(number(identity_.self), Urgency::Bulk, cpu_->costs().signature_check * checks,
              [this, envelope] { take_for_ordering(envelope); });
  return {Answer::Waiting};
}

void Node::take_for_ordering(const ledger::EnvelopePtr& envelope) {
  const ledger::EnvelopePtr taken = hostile_ ? hostile_->in_place_of(envelope) : envelope;
  if (taken != nullptr) step(consensus::Submitted{{taken}});
}

void Node::answer(ReplicaId peer, const consensus::FetchFinal& question) {
  consensus::FinalBlocks blocks{ledger_.from(question.first, final_blocks_in_answer)};
  if (blocks.blocks.empty()) return;
  const ledger::Epoch epoch = blocks.blocks.front().block.header.epoch;
  std::erase_if(blocks.blocks, [epoch](const auto& block) { return block.block.header.epoch != epoch; });
  send({peer, std::move(blocks)});
}

void Node::set_alarm(TimePoint when) {
  world_.checkers.on_alarm(identity_.self, when);
  const std::uint64_t alarm = ++alarm_;
  const TimePoint due = std::max(when, world_.queue.now()) + prng_.up_to(milliseconds(1));
  after(due - world_.queue.now(), [this, alarm] {
    if (alarm == alarm_) step(consensus::Tick{});
  });
}

void Node::step(consensus::Input input) {
  if (is_epoch_over_) return;
  consensus::Actions actions = replica_->step(world_.queue.now(), wall_clock(), std::move(input));
  world_.checkers.on_step(identity_.self, replica_->status());
  carry_out(std::move(actions));
}

// ---- outputs

void Node::carry_out(consensus::Actions actions) {
  if (actions.fatal) {
    world_.checkers.on_broken_contract(identity_.self, "the replica stops: " + *actions.fatal);
    crash();  // only a hostile one gets here in a run that goes on
    return world_.on_crash(identity_.self);
  }
  if (actions.key_elsewhere && hostile_ == nullptr)
    world_.checkers.on_broken_contract(identity_.self, "its own key is used elsewhere: " + *actions.key_elsewhere);
  is_epoch_over_ = actions.epoch_over;
  world_.checkers.on_evidence(identity_.self, actions.evidence);
  if (actions.wake_at) set_alarm(*actions.wake_at);
  for (const consensus::Send& order : actions.disseminate)
    if (!send(order)) return;
  waiting_.push_back(std::move(actions));
  pump();
}

/// Carries out waiting Actions, as many under one flush as the contract allows.
void Node::pump() {
  while (!is_syncing_ && !waiting_.empty()) {
    const std::vector<consensus::Record> records = begin_group();
    if (records.empty()) {
      release_group();
      continue;
    }
    if (identity_.plan.fault == Fault::SendBeforePersist)
      for (const consensus::Actions& actions : group_)
        for (const consensus::Send& order : actions.send) send(order);
    if (is_full() || is_refused(disk_plan_.refuse_per_mille, world_.counters.failed_append)) return;
    if (storage_)
      under_way_ = records;
    else
      journal_.write(records);
    if (dies_at(Moment::BeforeSync)) return;
    is_syncing_ = true;
    after(draw_sync_time(), [this, records] {
      if (is_refused(disk_plan_.refuse_per_mille, world_.counters.failed_sync)) return;
      if (storage_)
        on_written(storage_->persist(std::exchange(under_way_, {})));
      else
        journal_.sync();
      is_syncing_ = false;
      world_.checkers.on_durable(identity_.self, records);
      note({.event = "sync", .node = number(identity_.self), .height = records.size()});
      if (dies_at(Moment::AfterSync)) return;
      release_group();
      if (is_up()) pump();
    });
  }
}

/// Takes Actions up to the first that finalises: what stands behind it executes on a final state that
/// does not exist yet. Returns all that must be on disk before the group may go on.
std::vector<consensus::Record> Node::begin_group() {
  std::vector<consensus::Record> records;
  group_.clear();
  do {
    group_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    const consensus::Actions& actions = group_.back();
    for (const consensus::ExecuteRequest& request : actions.execute) execute(request);
    for (const consensus::ExecutionId id : actions.discard) executions_->discard(id);
    records.insert(records.end(), actions.persist.begin(), actions.persist.end());
  } while (!waiting_.empty() && group_.back().finalise.empty());
  return records;
}

void Node::execute(const consensus::ExecuteRequest& request) {
  const Result<consensus::Executed> roots = executions_->run(request);
  if (!roots) return world_.checkers.on_broken_contract(identity_.self, roots.error().message);
  if (!cpu_)
    return after(prng_.between(microseconds(50), milliseconds(3)), [this, done = *roots] { step(done); });
  std::size_t envelopes = 0;
  for (const ledger::BatchPtr& batch : request.batches) envelopes += batch->envelopes.size();
  cpu_->execute(envelopes, [this, done = *roots] { step(done); });
}

void Node::release_group() {
  const std::vector<consensus::Actions> group = std::exchange(group_, {});
  for (const consensus::Actions& actions : group) {
    if (identity_.plan.fault != Fault::SendBeforePersist || actions.persist.empty())
      for (const consensus::Send& order : actions.send)
        if (!send(order)) return;
    if (!actions.send.empty() && dies_at(Moment::AfterSend)) return;
    if (storage_) on_written(prove_final(actions.finalise));
    for (const consensus::FinaliseRequest& request : actions.finalise) finalise(request);
    if (actions.epoch_over) return end_epoch();
    if (!actions.finalise.empty()) perhaps_rotate_journal();
  }
}

std::vector<ReplicaId> Node::receivers_of(const consensus::Send& order) const {
  if (order.to) return {*order.to};
  std::vector<ReplicaId> all;
  if (is_seated() && !chain_->validators.has_seat(identity_.self))
    return all;  // nobody links up with it any more
  for (std::uint32_t i = 0; i < chain_->validators.validators.size(); ++i)
    if (ReplicaId{i} != identity_.self && chain_->validators.has_seat(ReplicaId{i}))
      all.push_back(ReplicaId{i});
  return all;
}

/// Of the blocks, when it brings blocks: whoever asked for them may have passed on since.
ledger::Epoch Node::epoch_of(const consensus::Message& message) const {
  const auto* blocks = std::get_if<consensus::FinalBlocks>(&message);
  return blocks && !blocks->blocks.empty() ? blocks->blocks.front().block.header.epoch
                                           : chain_->validators.epoch;
}

/// False when the node died half-way.
bool Node::send(const consensus::Send& order) {
  world_.checkers.on_sent(identity_.self, order.message);
  const std::vector<ReplicaId> receivers = receivers_of(order);
  return hostile_ ? send_treacherously(order.message, receivers) : send_copies(order.message, receivers);
}

bool Node::send_treacherously(const consensus::Message& message, const std::vector<ReplicaId>& receivers) {
  const Duration delay = hostile_->delay();
  for (const ReplicaId to : receivers)
    for (const consensus::Message& stand_in : hostile_->in_place_of(to, message)) {
      const auto packet = std::make_shared<Packet>(identity_.self, epoch_of(stand_in), stand_in);
      if (delay == Duration::zero())
        transmit(to, packet);
      else
        after(delay, [this, to, packet] { transmit(to, packet); });
    }
  return true;
}

bool Node::send_copies(const consensus::Message& message, const std::vector<ReplicaId>& receivers) {
  const auto packet = std::make_shared<Packet>(identity_.self, epoch_of(message), message);
  for (const ReplicaId to : receivers) {
    transmit(to, packet);
    if (receivers.size() > 1 && dies_at(Moment::MidBroadcast)) return false;
  }
  return true;
}

void Node::transmit(ReplicaId to, const PacketPtr& packet) {
  note({.event = "send",
        .node = number(identity_.self),
        .peer = to,
        .kind = packet->kind(),
        .digest = packet->digest().view()});
  world_.network.send(to, packet);
}

void Node::finalise(const consensus::FinaliseRequest& request) {
  const Result<consensus::Executed> roots = executions_->finalise(request);
  if (!roots) return world_.checkers.on_broken_contract(identity_.self, roots.error().message);
  const Height height = head().height;
  world_.checkers.on_final(identity_.self, request.block,
                           {roots->tx_root, roots->receipt_root, roots->state_root});
  for (const ledger::BatchPtr& batch : request.block.batches)
    for (const ledger::EnvelopePtr& envelope : batch->envelopes)
      if (ledger_.height_of(envelope->tx_id) == height)
        world_.on_final(identity_.self, envelope->tx_id, height);
  after(prng_.up_to(disk_plan_.ledger_lag_max), [this, height] {
    ledger_.sync(height);
    if (storage_) on_written(storage_->force());
  });
}

/// As in node/ledger_worker.h: a certificate that carries blocks below its own goes to the journal first.
Result<void> Node::prove_final(const std::vector<consensus::FinaliseRequest>& requests) {
  const auto is_bare = [](const auto& request) { return !request.block.certificate; };
  if (std::none_of(requests.begin(), requests.end(), is_bare)) return {};
  return storage_->persist({consensus::FinalRecord{*requests.back().block.certificate}});
}

/// Rewrites the journal when nothing else is under way: the ledger is flushed first, then the new file
/// takes the place of the old one.
void Node::perhaps_rotate_journal() {
  if (is_syncing_ || !waiting_.empty() || !prng_.chance(disk_plan_.rotate_per_mille)) return;
  is_syncing_ = true;
  after(2 * draw_sync_time(), [this, height = head().height, records = replica_->essential_records()] {
    ledger_.sync(height);
    if (storage_)
      on_written(storage_->restart_journal(records));
    else
      journal_.replace(records);
    is_syncing_ = false;
    world_.checkers.on_journal_replaced(identity_.self, records);
    note({.event = "rotate", .node = number(identity_.self), .height = number(height)});
    pump();
  });
}

Duration Node::draw_sync_time() {
  const Duration usual = disk_delay_ + prng_.between(disk_plan_.sync_mean / 2, disk_plan_.sync_mean * 3 / 2);
  if (disk_delay_ > Duration::zero()) ++world_.counters.slow_disk;
  if (!prng_.chance(disk_plan_.slow_sync_per_mille)) return usual;
  ++world_.counters.slow_sync;
  return 20 * usual;
}

}  // namespace aval::simulation
