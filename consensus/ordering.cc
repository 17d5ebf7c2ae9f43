#include "consensus/ordering.h"

#include <algorithm>

#include "consensus/verified.h"
#include "crypto/base/mutant.h"
#include "ledger/chain.h"

namespace aval::consensus {

using Standing = KnownBlock::Standing;

Ordering::Ordering(Self& self, BlockTree& tree, Pool& pool, Promises& promises)
    : self_(self),
      tree_(tree),
      pool_(pool),
      promises_(promises),
      slots_(self.parameters().pipeline_window),
      proposer_(self) {}

// --- opening and closing

void Ordering::open(View view, Tip tip) {
  view_ = view;
  tip_ = std::move(tip);
  is_open_ = !promises_.in_view_change();
  fault_.reset();
  slots_.clear();
  slots_.advance(tree_.final_height());
  if (tip_.is_final || mutated("tip-not-carried-over")) return;
  Height height = tip_.height;
  for (auto hash = tip_.chain.rbegin(); hash != tip_.chain.rend(); ++hash) {
    if (hash == tip_.chain.rbegin() || self_.votes_below_tip()) carry(height, *hash);
    height = Height{number(height) - 1};
  }
}

void Ordering::carry(Height height, const BlockHash& hash) {
  if (Slot* slot = slots_.at(height)) slot->carried = hash;
}

void Ordering::enter(Step& step, View view, Tip tip) {
  close(step);
  reclaim_up_to_.reset();
  open(view, std::move(tip));
  tree_.keep_executions(step, tips());
  for (EarlyMessages::Item& item : early_.take(view)) {
    if (const auto* proposal = std::get_if<Proposal>(&item))
      on_proposal(step, *proposal);
    else
      on_vote(step, std::get<SignedVote>(item));
  }
}

void Ordering::resume(Step& step, View view, Tip tip) {
  open(view, std::move(tip));
  Height highest = tree_.final_height();
  for (const Vote& vote : promises_.votes()) highest = std::max(highest, vote.height);
  for (const KnownBlock* entry : tree_.blocks()) highest = std::max(highest, entry->height());
  reclaim_up_to_ = highest;
  reclaim(step);
}

void Ordering::close(Step& step) {
  is_open_ = false;
  proposer_.stop(step, tree_);
}

void Ordering::reclaim_block(const KnownBlock& entry) {
  const Header& header = entry.block.header;
  if (header.origin_view != view_ || header.height <= tip_.height) return;
  Slot* slot = slots_.at(header.height);
  if (slot == nullptr || slot->linked || slot->proposed) return;
  slot->proposed = entry.block;
  if (header.proposer != self_.id()) return;
  const auto signature =
      self_.sign(proposal_digest(self_.chain().chain_id, self_.epoch(), view_, entry.hash));
  if (signature) slot->own_proposal = Proposal{self_.epoch(), view_, entry.block, self_.id(), *signature};
}

/// The ledger on disk may trail what was final before the stop, so what was said then can lie beyond
/// the window for a while: it is taken back as the window moves up.
void Ordering::reclaim(Step& step) {
  if (!reclaim_up_to_) return;
  for (const KnownBlock* entry : tree_.blocks()) reclaim_block(*entry);
  for (const Vote& vote : promises_.votes()) {
    if (vote.view != view_) continue;
    Slot* slot = slots_.at(vote.height);
    if (slot == nullptr) continue;
    const auto& own = vote.phase == Phase::Prepare ? slot->own_prepare : slot->own_commit;
    if (!own) cast(step, *slot, vote);
  }
  const auto& prepared = promises_.prepared();
  if (prepared && prepared->view == view_) {
    if (Slot* slot = slots_.at(prepared->height)) slot->prepared = prepared;
  }
  if (slots_.in_window(*reclaim_up_to_) || *reclaim_up_to_ <= slots_.final()) reclaim_up_to_.reset();
}

// --- messages

void Ordering::on_proposal(Step& step, const Proposal& message) {
  if (message.view > view_) return early_.add(message.from, message);
  if (message.view < view_ || !is_open_ || message.from == self_.id()) return;
  const Header& header = message.block.header;
  if (header.height <= tip_.height && !self_.votes_below_tip()) return;
  Slot* slot = slots_.at(header.height);
  if (slot == nullptr) return;
  // A header of another chain or epoch is wrong by itself and is refused below: no evidence holds such a one.
  const bool is_in_place = header.chain_id == self_.chain().chain_id && header.epoch == self_.epoch();
  if (is_in_place && !slot->add(message)) prove(step, slot->contradiction(message));
  const BlockHash hash = ledger::hash_of(header);
  std::optional<BlockHash> known = slot->linked ? slot->linked : slot->carried;
  if (slot->proposed) known = ledger::hash_of(slot->proposed->header);
  if (known && *known != hash) return blame("signed two blocks for one height");
  if (known) return;
  if (is_timely(header, step.wall_clock))
    slot->proposed = message.block;
  else
    slot->refused = true;
}

/// Only when a proposal comes in: a block that was taken then does not turn bad by waiting.
bool Ordering::is_timely(const Header& header, UnixMillis wall_clock) const {
  const std::uint64_t tolerance = self_.parameters().clock_tolerance_ms;
  const std::uint64_t apart =
      header.time_ms > wall_clock ? header.time_ms - wall_clock : wall_clock - header.time_ms;
  return apart <= tolerance || mutated("block-time-of-any-day");
}

void Ordering::on_vote(Step& step, const SignedVote& message) {
  const Vote& vote = message.vote;
  if (vote.view > view_) return early_.add(message.from, message);
  if (vote.view < view_ || message.from == self_.id()) return;
  if (!is_open_ && vote.phase == Phase::Prepare) return;
  Slot* slot = slots_.at(vote.height);
  if (slot != nullptr && !slot->add(message)) prove(step, slot->contradiction(message));
}

void Ordering::on_certificate(Step& step, const Certificate& certificate) {
  const Slot* slot = certificate.view == view_ ? slots_.find(certificate.height) : nullptr;
  if (slot == nullptr) return;
  const Vote cast = vote(certificate.height, certificate.phase, certificate.block_hash);
  for (const auto& entry : certificate.signatures)
    prove(step, slot->contradiction(SignedVote{cast, entry.validator, entry.signature}));
}

/// One for each place.
void Ordering::prove(Step& step, std::optional<ledger::Evidence> evidence) {
  if (!evidence || mutated("contradiction-kept-quiet")) return;
  auto& places = proved_[evidence->validator];
  if (places.size() >= proofs_per_validator_max && !mutated("proofs-without-end")) return;
  if (places.emplace(evidence->statement, evidence->view, evidence->height).second)
    step.prove(*std::move(evidence));
}

std::size_t Ordering::proofs() const {
  std::size_t count = 0;
  for (const auto& [validator, places] : proved_) count += places.size();
  return count;
}

// --- linking

void Ordering::blame(std::string why) {
  if (!fault_) fault_ = "the primary " + std::move(why);
}

std::optional<BlockHash> Ordering::parent_at(Height height) const {
  if (height == next(tree_.final_height())) return tree_.final_hash();
  const Slot* below = slots_.find(Height{number(height) - 1});
  return below == nullptr ? std::nullopt : below->linked;
}

Result<void> Ordering::judge(const Header& parent, const Header& header) const {
  if (self_.ends_epoch(parent) && mutated("votes-after-the-end-of-its-epoch")) return {};
  AVAL_TRY(ledger::follows(parent, header, self_.chain()));
  if (self_.votes_below_tip() && header.height <= tip_.height) return {};
  if (header.origin_view != view_) return unexpected(Error::Code::Refused, "header: names another view");
  if (header.proposer != self_.primary(view_))
    return unexpected(Error::Code::Refused, "header: names another proposer");
  return {};
}

void Ordering::link_carried(Slot& slot) {
  if (!tree_.chain_to(*slot.carried)) return;
  slot.linked = slot.carried;
  tree_.want(*slot.linked, view_);
}

void Ordering::link(Step& step, Height height, Slot& slot) {
  if (slot.linked) return;
  if (slot.carried) return link_carried(slot);
  const auto parent = slot.proposed ? parent_at(height) : std::nullopt;
  if (!parent) return;
  Block block = std::move(*slot.proposed);
  slot.proposed.reset();
  // A later view has made another block final below: this view is over, and nobody lied.
  if (*parent == tree_.final_hash() && block.header.parent != *parent) return;
  if (const auto fine = judge(*tree_.header(*parent), block.header); !fine)
    return blame("put a block forward that cannot stand: " + fine.error().message);
  const BlockHash hash = ledger::hash_of(block.header);
  tree_.add(step, std::move(block), view_, [this](const crypto::Digest& digest) {
    BatchPtr body = pool_.find(digest);
    return body != nullptr ? body : tree_.find_batch(digest);
  });
  tree_.want(hash, view_);
  slot.linked = hash;
}

// --- voting

Vote Ordering::vote(Height height, Phase phase, const BlockHash& hash) const {
  return {self_.chain().chain_id, self_.epoch(), view_, height, phase, hash};
}

bool Ordering::cast(Step& step, Slot& slot, const Vote& vote) {
  if (!promises_.allows(vote)) return false;
  const auto signature = self_.sign(ledger::signing_digest(vote));
  if (!signature) return false;
  if (!promises_.has_cast(vote)) {
    promises_.cast(vote);
    step.persist(VoteRecord{vote});
  }
  const SignedVote message{vote, self_.id(), *signature};
  slot.add(message);
  (vote.phase == Phase::Prepare ? slot.own_prepare : slot.own_commit) = message;
  step.send(message);
  return true;
}

/// Other roots than the block names: the primary lied, or, when a quorum says the primary is right or
/// this replica itself said so before, it is this replica that is wrong.
void Ordering::judge_roots(Step& step, Height height, const Slot& slot) {
  if (!slot.linked) return;
  const bool differs = slot.carried ? tree_.contradicts(*slot.linked)
                                    : tree_.find(*slot.linked)->standing == Standing::Differs;
  if (!differs) return;
  const bool is_prepared = slot.carried || slot.prepares.count(*slot.linked) >= self_.quorum();
  if (is_prepared || slot.own_prepare)
    step.diverged("executing the block at height " + std::to_string(number(height)) +
                  " gave other roots than a quorum has prepared");
  else
    blame("put a block forward with roots that executing it does not give");
}

bool Ordering::may_prepare(Height height, const Slot& slot) const {
  if (!is_open_ || slot.own_prepare || !slot.linked) return false;
  if (!tree_.has_executed(*slot.linked) && !mutated("prepares-before-execution")) return false;
  if (height == next(tree_.final_height())) return true;
  if (slot.carried && *slot.carried == tip_.hash && !self_.votes_below_tip()) return true;
  const Slot* below = slots_.find(Height{number(height) - 1});
  return (below != nullptr && below->own_prepare) || mutated("prepares-out-of-order");
}

void Ordering::prepare(Step& step, Height height, Slot& slot) {
  if (!may_prepare(height, slot)) return;
  const KnownBlock& entry = *tree_.find(*slot.linked);
  std::size_t bytes = 0;
  for (const BatchPtr& body : entry.bodies) bytes += body->bytes.size();
  const bool is_too_long = bytes > self_.parameters().block_bytes_max && !mutated("block-of-any-length");
  if (is_too_long) return blame("put a block forward that is too long");
  const Vote prepare = vote(height, Phase::Prepare, *slot.linked);
  if (!promises_.allows(prepare)) return;
  tree_.make_durable(step, *slot.linked, view_);
  cast(step, slot, prepare);
}

void Ordering::commit(Step& step, Height height, Slot& slot) {
  if (!is_open_ || slot.own_commit || !slot.linked) return;
  if (!slot.prepared)
    slot.prepared =
        slot.certificate(self_.epoch(), view_, height, Phase::Prepare, *slot.linked, self_.quorum());
  const Vote commit = vote(height, Phase::Commit, *slot.linked);
  if (!slot.prepared || slot.prepared->block_hash != *slot.linked || !promises_.allows(commit)) return;
  if (!tree_.has_executed(*slot.linked)) return;
  tree_.make_durable(step, *slot.linked, view_);
  if (promises_.raise_prepared(*slot.prepared)) {
    tree_.anchor(*slot.linked);
    if (!mutated("certificate-left-out-of-the-journal")) step.persist(PreparedRecord{*slot.prepared});
  }
  cast(step, slot, commit);
}

void Ordering::certify(Height height, const Slot& slot) {
  const auto hash = slot.commits.decided(self_.quorum());
  if (!hash) return;
  tree_.certify(*slot.certificate(self_.epoch(), view_, height, Phase::Commit, *hash, self_.quorum()));
}

/// A final block of a later view may have put an end to the branch that this view was on.
void Ordering::unlink_dropped() {
  for (auto& [height, slot] : slots_.slots()) {
    if (slot.linked && tree_.find(*slot.linked) == nullptr) slot.linked.reset();
  }
}

void Ordering::settle(Step& step) {
  slots_.advance(tree_.final_height());
  unlink_dropped();
  reclaim(step);
  for (auto& [height, slot] : slots_.slots()) {
    link(step, height, slot);
    if (slot.linked) tree_.execute_chain(step, *slot.linked);
    judge_roots(step, height, slot);
    prepare(step, height, slot);
    commit(step, height, slot);
    certify(height, slot);
  }
}

// --- the primary's own blocks

/// What the next block of this view stands on; nothing while that is not settled.
std::optional<BlockHash> Ordering::top() const {
  Height height = tree_.final_height();
  BlockHash hash = tree_.final_hash();
  if (tip_.height > height) {
    const Slot* slot = slots_.find(tip_.height);
    if (tip_.is_final || slot == nullptr || !slot->linked) return std::nullopt;
    height = tip_.height;
    hash = *slot->linked;
  }
  for (const Slot* slot = slots_.find(next(height)); slot != nullptr; slot = slots_.find(next(height))) {
    if (slot->proposed) return std::nullopt;
    if (!slot->linked) break;
    height = next(height);
    hash = *slot->linked;
  }
  return tree_.has_executed(hash) ? std::optional(hash) : std::nullopt;
}

void Ordering::propose(Step& step) {
  if (!is_open_ || !self_.is_primary(view_) || self_.is_mute() || reclaim_up_to_ || proposer_.is_busy())
    return;
  if (pool_.batch_count() == 0) return;
  const auto on = top();
  if (!on) return;
  const Header& parent = *tree_.header(*on);
  if (self_.ends_epoch(parent) && !mutated("proposes-after-the-end-of-its-epoch")) return;
  if (number(parent.height) - number(tree_.final_height()) >= self_.parameters().pipeline_window) return;
  if (promises_.has_prepared(view_, next(parent.height))) return;  // never two blocks for one height
  proposer_.start(step, tree_, parent, view_, pool_.choose(taken()));
}

bool Ordering::on_executed(Step& step, const Executed& executed) {
  if (!proposer_.waits_for(executed.id)) return false;
  Proposer::Built built = proposer_.finish(executed);
  // The final block may have overtaken what this was built on.
  if (!is_open_ || tree_.header(built.block.header.parent) == nullptr) {
    tree_.discard(step, executed.id);
    return true;
  }
  tree_.adopt(built.block, executed.id, std::move(built.bodies), view_);
  put_forward(step, built.block);
  return true;
}

void Ordering::put_forward(Step& step, const Block& block) {
  const Height height = block.header.height;
  const BlockHash hash = ledger::hash_of(block.header);
  Slot* slot = slots_.at(height);
  AVAL_CHECK(slot != nullptr && !slot->linked && !slot->proposed);
  const auto signature = self_.sign(proposal_digest(self_.chain().chain_id, self_.epoch(), view_, hash));
  if (!signature) return;
  slot->linked = hash;
  slot->own_proposal = Proposal{self_.epoch(), view_, block, self_.id(), *signature};
  tree_.make_durable(step, hash, view_);
  step.send(*slot->own_proposal);
  prepare(step, height, *slot);
}

void Ordering::retransmit(Step& step) const {
  if (!is_open_) return;
  for (const auto& [height, slot] : slots_.slots()) {
    if (slot.own_proposal) step.send(*slot.own_proposal);
    if (slot.own_prepare) step.send(*slot.own_prepare);
    if (slot.own_commit) step.send(*slot.own_commit);
  }
}

// --- what is needed and where it stands

void Ordering::want_batches(const KnownBlock& entry, const std::vector<ReplicaId>& likely,
                            std::vector<Want>& out) const {
  for (std::size_t i = 0; i < entry.bodies.size(); ++i) {
    if (entry.bodies[i] != nullptr) continue;
    Want want{Want::Kind::Batch, entry.block.batches[i].digest, likely};
    want.likely.push_back(entry.block.batches[i].origin);
    out.push_back(std::move(want));
  }
}

std::vector<Want> Ordering::wants() const {
  std::vector<Want> out;
  for (const auto& [height, slot] : slots_.slots()) {
    if (!slot.linked || slot.carried) continue;
    // Who has prepared the block has what it names.
    std::vector<ReplicaId> likely = slot.prepares.voters(*slot.linked);
    likely.insert(likely.begin(), self_.primary(view_));
    want_batches(*tree_.find(*slot.linked), likely, out);
  }
  // The tip and what it rides on: those who showed it have it.
  if (tip_.height <= tree_.final_height()) return out;
  Height height{number(tip_.height) - tip_.chain.size()};
  for (const BlockHash& hash : tip_.chain) {
    height = next(height);
    if (height <= tree_.final_height()) continue;
    if (const KnownBlock* entry = tree_.find(hash))
      want_batches(*entry, tip_.holders, out);
    else
      out.push_back({Want::Kind::Block, hash, tip_.holders});
  }
  return out;
}

bool Ordering::has_work() const {
  if (proposer_.is_busy()) return true;
  return std::any_of(slots_.slots().begin(), slots_.slots().end(), [&](const auto& item) {
    const Slot& slot = item.second;
    const std::size_t voters = std::max(slot.prepares.size(), slot.commits.size());
    return slot.proposed || slot.refused || slot.linked || slot.carried || voters > self_.faulty_max();
  });
}

bool Ordering::stands_on(const Vote& vote) const {
  const Slot* slot = slots_.find(vote.height);
  return slot != nullptr && slot->linked == vote.block_hash;
}

std::set<crypto::Digest> Ordering::taken() const {
  std::set<crypto::Digest> out;
  for (const auto& [height, slot] : slots_.slots()) {
    const auto& hash = slot.linked ? slot.linked : slot.carried;
    const auto chain = hash ? tree_.chain_to(*hash) : std::nullopt;
    if (!chain) continue;
    for (const KnownBlock* member : *chain) {
      for (const auto& ref : member->block.batches) out.insert(ref.digest);
    }
  }
  return out;
}

std::vector<BlockHash> Ordering::tips() const {
  std::vector<BlockHash> out;
  for (const auto& [height, slot] : slots_.slots()) {
    if (slot.linked)
      out.push_back(*slot.linked);
    else if (slot.carried)
      out.push_back(*slot.carried);
  }
  return out;
}

Height Ordering::prepared_height() const {
  Height height = tree_.final_height();
  for (const auto& [at, slot] : slots_.slots()) {
    if (slot.prepared) height = std::max(height, at);
  }
  return height;
}

std::size_t Ordering::in_flight() const {
  return static_cast<std::size_t>(std::count_if(
      slots_.slots().begin(), slots_.slots().end(),
      [](const auto& item) { return item.second.linked || item.second.proposed || item.second.carried; }));
}

}  // namespace aval::consensus
