#include "tests/fuzz/replica_stage.h"

#include <algorithm>
#include <array>

#include "consensus/recent_batches.h"
#include "consensus/view_change.h"
#include "consensus/wire.h"

namespace aval::fuzz {

using namespace consensus;

namespace {

constexpr std::uint32_t self = 1;
constexpr std::uint32_t liar = 3;
constexpr std::size_t validators = 4;
constexpr std::size_t blocks_max = 64;
constexpr std::size_t said_max = 32;
constexpr std::size_t views_max = 12;
constexpr std::size_t batches_per_origin = 4;

/// Client signatures are true ones and dear: made once.
const ledger::BatchPtr& ready_batch(std::size_t origin, std::size_t counter) {
  static const auto all = [] {
    std::array<std::array<ledger::BatchPtr, batches_per_origin>, validators> out;
    const auto config = test::toy_chain(validators);
    for (std::uint32_t from = 0; from < validators; ++from)
      for (std::uint32_t i = 0; i < batches_per_origin; ++i)
        out[from][i] = ledger::make_batch(ReplicaId{from}, i + 1, {test::envelope(config, from * 100 + i)});
    return out;
  }();
  return all[origin][counter];
}

/// Who decides after a block with these batches: the next epoch when one of them is the last of origin 2.
ledger::ValidatorSet validators_after(const ledger::ChainConfig& config,
                                      const std::vector<ledger::BatchPtr>& batches) {
  auto out = config.validators;
  const auto& last = ready_batch(2, batches_per_origin - 1);
  if (std::ranges::find(batches, last) != batches.end())
    out.epoch = ledger::Epoch{ledger::number(out.epoch) + 1};
  return out;
}

/// The header fields a liar may bend.
void bend(Header& header, std::uint32_t field) {
  switch (field) {
    case 1:
      header.time_ms += 1'000'000;
      break;
    case 2:
      header.time_ms = 0;
      break;
    case 3:
      header.height = next(header.height);
      break;
    case 4:
      header.state_root.bytes[0] ^= 1;
      break;
    case 5:
      header.tx_root.bytes[0] ^= 1;
      break;
    case 6:
      header.origin_view = View{number(header.origin_view) + 1};
      break;
    case 7:
      header.parent.bytes[0] ^= 1;
      break;
    case 8:
      header.height = Height{~std::uint64_t{0}};
      break;
    default:
      break;
  }
}

}  // namespace

ReplicaStage::ReplicaStage()
    : config_(test::toy_chain(validators)),
      signer_(self),
      final_(ledger::genesis_header(config_)),
      judge_(ReplicaId{self}) {
  begin();
}

void ReplicaStage::begin() {
  states_ = {{final_state, final_.state_root}};
  unanswered_.clear();
  ReplicaConfig replica;
  replica.chain = config_;
  replica.self = ReplicaId{self};
  const auto refs_at = [this](Height height) { return chain_[number(height) - 1].batches; };
  replica_ = std::make_unique<Replica>(
      replica, signer_,
      Recovered{final_, final_certificate_, journal_, recent_batches(final_.height, refs_at)});
  carry_out(replica_->start(now_, wall_clock_));
}

void ReplicaStage::act(Script& script) {
  using Event = void (ReplicaStage::*)(Script&);
  static constexpr std::array<Event, 19> events{&ReplicaStage::pass_time,
                                                &ReplicaStage::submit,
                                                &ReplicaStage::bring_batch,
                                                &ReplicaStage::propose,
                                                &ReplicaStage::echo_vote,
                                                &ReplicaStage::lie_with_vote,
                                                &ReplicaStage::echo_view_change,
                                                &ReplicaStage::lie_with_view_change,
                                                &ReplicaStage::open_view,
                                                &ReplicaStage::say_status,
                                                &ReplicaStage::answer_execution,
                                                &ReplicaStage::bring_bytes,
                                                &ReplicaStage::bring_final_block,
                                                &ReplicaStage::bring_block,
                                                &ReplicaStage::reflect,
                                                &ReplicaStage::all_agree,
                                                &ReplicaStage::propose,
                                                &ReplicaStage::all_agree,
                                                &ReplicaStage::restart};
  (this->*events[script.below(events.size())])(script);
}

/// A replica is one epoch long; nobody steps it afterwards.
void ReplicaStage::step(Input input) {
  if (!is_over_) carry_out(replica_->step(now_, wall_clock_, std::move(input)));
}

void ReplicaStage::receive(std::uint32_t from, Message message) {
  auto verified = verify(std::move(message), ReplicaId{from}, config_, &test::check_toy);
  if (verified) step(Received{std::move(verified).value()});
}

/// Executions are answered when the script says so.
void ReplicaStage::carry_out(Actions actions) {
  AVAL_CHECK(!actions.fatal);
  for (const auto& request : actions.execute) answer_later(request);
  for (const auto id : actions.discard) {
    states_.erase(id);
    std::erase_if(unanswered_, [&](const Executed& answer) { return answer.id == id; });
  }
  for (const auto& record : actions.persist) {
    judge_.on_persist(record);
    journal_.push_back(record);
  }
  for (const auto& send : actions.disseminate) keep(send);
  for (const auto& send : actions.send) keep(send);
  for (const auto& found : actions.evidence)
    AVAL_CHECK(ledger::verify_evidence(found, config_.chain_id, config_.validators, &test::check_toy));
  for (const auto& request : actions.finalise) finalise(request);
  judge_.on_status(replica_->status());
  is_over_ = actions.epoch_over;
  AVAL_CHECK(is_over_ == (final_.validators_hash != ledger::hash_of(config_.validators)));
}

void ReplicaStage::answer_later(const ExecuteRequest& request) {
  AVAL_CHECK(states_.contains(request.parent));
  const auto roots = test::execute(states_[request.parent], request.height, request.time_ms, request.batches);
  states_[request.id] = roots.state;
  unanswered_.push_back({request.id, roots.tx, roots.receipt, roots.state,
                         ledger::hash_of(validators_after(config_, request.batches)),
                         ledger::hash_of(config_.parameters)});
}

void ReplicaStage::finalise(const FinaliseRequest& request) {
  const Header& header = request.block.block.header;
  AVAL_CHECK(header.height == next(final_.height) && header.parent == ledger::hash_of(final_));
  AVAL_CHECK(header.state_root == states_.at(request.id));
  final_ = header;
  if (request.block.certificate) final_certificate_ = request.block.certificate;
  chain_.push_back(request.block.block);
  states_[final_state] = header.state_root;
  states_.erase(request.id);
}

void ReplicaStage::keep(const Send& send) {
  judge_.on_sent(send.message);
  if (const auto* vote = std::get_if<SignedVote>(&send.message)) keep(vote->vote, self);
  if (const auto* proposal = std::get_if<Proposal>(&send.message)) keep(proposal->block);
  if (const auto* change = std::get_if<ViewChange>(&send.message)) {
    own_view_change_ = *change;
    view_changes_[change->view].insert_or_assign(ReplicaId{self}, *change);
  }
  said_.push_back(send.message);
  if (said_.size() > said_max) said_.pop_front();
}

void ReplicaStage::keep(const Block& block) {
  if (blocks_.size() < blocks_max) blocks_.push_back(block);
}

void ReplicaStage::keep(const Vote& vote, std::uint32_t from) {
  const bool is_new = cast_[vote].insert(from).second;
  if (from == self && is_new) own_votes_.push_back(vote);
}

void ReplicaStage::pass_time(Script& script) {
  const std::uint32_t milliseconds = script.below(256) * 10;
  now_ += Duration{static_cast<Duration::rep>(milliseconds) * 1000};
  wall_clock_ += milliseconds;
  step(Tick{});
}

void ReplicaStage::submit(Script& script) {
  step(Submitted{ready_batch(script.below(validators), script.below(batches_per_origin))->envelopes});
}

ledger::BatchPtr ReplicaStage::batch_of(Script& script) const {
  return ready_batch(script.below(validators), script.below(batches_per_origin));
}

void ReplicaStage::bring_batch(Script& script) {
  const auto batch = batch_of(script);
  receive(script.below(2) == 0 ? number(batch->origin) : liar, BatchMessage{batch});
}

const Block* ReplicaStage::known_block(Script& script) const {
  if (blocks_.empty()) return nullptr;
  return &blocks_[blocks_.size() - 1 - script.below(std::min<std::size_t>(blocks_.size(), 8))];
}

/// One that is known, or a fresh one on top of a known or the final one.
Block ReplicaStage::block_of(Script& script) {
  const Block* known = known_block(script);
  const std::uint32_t way = script.below(4);
  if (known != nullptr && way == 0) return *known;
  const Header parent = known != nullptr && way == 1 ? known->header : final_;
  const auto batch = batch_of(script);
  receive(number(batch->origin), BatchMessage{batch});
  Block block = test::block_on(config_, parent, View{script.below(2) + number(replica_->status().view)},
                               {batch}, std::max(parent.time_ms + 1, wall_clock_));
  block.header.validators_hash = ledger::hash_of(validators_after(config_, {batch}));
  bend(block.header, script.below(32));
  return block;
}

void ReplicaStage::propose(Script& script) {
  const Block block = block_of(script);
  const View view{number(replica_->status().view) + script.below(2)};
  const ReplicaId primary = primary_of(view, config_.validators);
  if (number(primary) == self) return;
  keep(block);
  receive(number(primary), test::proposal_of(config_, block, view));
}

Vote ReplicaStage::vote_for(const Header& header, View view, Phase phase) const {
  return {config_.chain_id, config_.validators.epoch, view, header.height, phase, ledger::hash_of(header)};
}

void ReplicaStage::sign_as(std::uint32_t peer, const Vote& vote) {
  keep(vote, peer);
  const auto signature = test::ToySigner(peer).sign(ledger::signing_digest(vote)).value();
  receive(peer, SignedVote{vote, ReplicaId{peer}, signature});
}

void ReplicaStage::echo_vote(Script& script) {
  if (own_votes_.empty()) return;
  const std::uint32_t peer = script.below(2) * 2;
  const Vote vote =
      own_votes_[own_votes_.size() - 1 - script.below(std::min<std::size_t>(own_votes_.size(), 8))];
  if (vote.view >= left_for_[peer]) sign_as(peer, vote);
}

void ReplicaStage::lie_with_vote(Script& script) {
  const Block* block = known_block(script);
  const View view{script.below(views_max)};
  const Phase phase = script.below(2) == 0 ? Phase::Prepare : Phase::Commit;
  Vote vote = vote_for(block != nullptr ? block->header : final_, view, phase);
  if (script.below(8) == 1) vote.height = Height{script.below(256)};
  sign_as(liar, vote);
}

/// An honest peer is where the replica is: it leaves for this view or a later one with the same to show.
void ReplicaStage::echo_view_change(Script& script) {
  if (!own_view_change_ || !replica_->status().in_view_change) return;
  const std::uint32_t peer = script.below(2) * 2;
  ViewChange message = *own_view_change_;
  message.view = View{number(message.view) + script.below(2)};
  message.from = ReplicaId{peer};
  if (message.view <= left_for_[peer]) return;
  left_for_[peer] = message.view;
  message = test::signed_by_sender(config_, message);
  view_changes_[message.view].insert_or_assign(message.from, message);
  receive(peer, message);
}

std::optional<Certificate> ReplicaStage::certificate(const Vote& vote) const {
  const auto cast = cast_.find(vote);
  if (cast == cast_.end()) return std::nullopt;
  std::set<std::uint32_t> signers = cast->second;
  signers.insert(liar);
  if (signers.size() < config_.validators.quorum()) return std::nullopt;
  Certificate out{vote.epoch, vote.view, vote.height, vote.phase, vote.block_hash, {}};
  for (const std::uint32_t from : signers) {
    if (out.signatures.size() < config_.validators.quorum())
      out.signatures.push_back(
          {ReplicaId{from}, test::ToySigner(from).sign(ledger::signing_digest(vote)).value()});
  }
  return out;
}

/// The liar shows less than it could: nothing, or one block on the genesis that was prepared once.
void ReplicaStage::lie_with_view_change(Script& script) {
  ViewChange message;
  message.view = View{number(replica_->status().view) + script.below(3)};
  message.from = ReplicaId{liar};
  message.final_header = ledger::genesis_header(config_);
  const Block* block = known_block(script);
  if (block != nullptr) {
    message.prepared = certificate(vote_for(block->header, View{script.below(views_max)}, Phase::Prepare));
    if (message.prepared) message.headers = {block->header};
  }
  message = test::signed_by_sender(config_, message);
  view_changes_[message.view].insert_or_assign(message.from, message);
  receive(liar, message);
}

void ReplicaStage::open_view(Script& script) {
  const View view{number(replica_->status().view) + script.below(2)};
  if (number(primary_of(view, config_.validators)) == self) return;
  std::vector<ViewChange> quoted;
  const std::uint32_t left_out = script.below(8);
  for (const auto& [from, message] : view_changes_[view]) {
    if (number(from) != left_out && quoted.size() < config_.validators.quorum()) quoted.push_back(message);
  }
  receive(number(primary_of(view, config_.validators)), test::new_view(config_, view, std::move(quoted)));
}

void ReplicaStage::say_status(Script& script) {
  const std::uint32_t peer = script.below(validators);
  const View view{script.below(views_max)};
  const Height height{number(final_.height) + script.below(4)};
  if (peer != self)
    receive(peer, StatusMessage{config_.validators.epoch, view, height, script.below(2) == 1,
                                script.below(2) == 1});
}

void ReplicaStage::answer_execution(Script& script) {
  if (unanswered_.empty()) return;
  const auto at = unanswered_.begin() + script.below(unanswered_.size());
  const Executed answer = *at;
  unanswered_.erase(at);
  step(answer);
}

void ReplicaStage::bring_bytes(Script& script) {
  const std::size_t size = script.below(256);
  auto message = decode_message(script.take(size), config_);
  if (message) receive(liar, std::move(message).value());
}

void ReplicaStage::bring_final_block(Script& script) {
  const Block* block = known_block(script);
  if (block == nullptr) return;
  ledger::CertifiedBlock final;
  final.block = *block;
  final.certificate = certificate(vote_for(block->header, View{script.below(views_max)}, Phase::Commit));
  for (const auto& ref : block->batches)
    final.batches.push_back(
        ready_batch(number(ref.origin) % validators, (ref.counter - 1) % batches_per_origin));
  receive(liar, FinalBlocks{{final}});
}

void ReplicaStage::bring_block(Script& script) {
  const Block* block = known_block(script);
  if (block == nullptr) return;
  if (script.below(2) == 0)
    receive(liar, BlockReply{*block});
  else
    receive(liar, FetchBlock{ledger::hash_of(block->header)});
}

/// What it said comes back to it from the liar.
void ReplicaStage::reflect(Script& script) {
  if (!said_.empty()) receive(liar, said_[script.below(said_.size())]);
}

/// The quick way to a final block: everything is answered, and both honest peers follow.
void ReplicaStage::all_agree(Script& script) {
  for (int round = 0; round < 3; ++round) {
    while (!unanswered_.empty()) answer_execution(script);
    const auto votes = own_votes_;
    const std::size_t first = votes.size() > 4 ? votes.size() - 4 : 0;
    for (std::size_t i = first; i < votes.size(); ++i)
      for (const std::uint32_t peer : {0U, 2U})
        if (votes[i].view >= left_for_[peer]) sign_as(peer, votes[i]);
  }
}

/// The process is gone with all it had not written; what it had written is its journal.
void ReplicaStage::restart(Script& script) {
  if (script.below(4) == 0) begin();
}

}  // namespace aval::fuzz
