#include "tests/simulation/hostile/blocks.h"

#include "ledger/batch.h"

namespace aval::simulation {
namespace {

using consensus::Proposal;
using consensus::SignedVote;
using ledger::Header;

void flip(crypto::Digest& digest) { digest.bytes[0] ^= 1U; }

using Forgery = void (*)(Header&);
constexpr std::array<Forgery, 14> forgeries = {{
    [](Header& header) { flip(header.chain_id); },
    [](Header& header) { header.epoch = ledger::Epoch{number(header.epoch) + 1}; },
    [](Header& header) { header.height = next(header.height); },
    [](Header& header) { header.height = ledger::Height{number(header.height) - 1}; },
    [](Header& header) { flip(header.parent); },
    [](Header& header) { header.proposer = ReplicaId{number(header.proposer) + 1}; },
    [](Header& header) { header.origin_view = next(header.origin_view); },
    [](Header& header) { header.time_ms = 1; },
    [](Header& header) { flip(header.batches_root); },
    [](Header& header) { flip(header.tx_root); },
    [](Header& header) { flip(header.receipt_root); },
    [](Header& header) { flip(header.state_root); },
    [](Header& header) { flip(header.validators_hash); },
    [](Header& header) { flip(header.params_hash); },
}};

constexpr std::uint64_t below_tip_max = 8;
constexpr std::int64_t past_the_edge_ms = 200;

}  // namespace

Messages OtherBlocks::in_place_of(ReplicaId to, const Message& message) {
  if (!lies_to(to)) return {message};
  if (const auto* proposal = std::get_if<Proposal>(&message)) {
    count();
    return {altered(*proposal)};
  }
  const auto* vote = std::get_if<SignedVote>(&message);
  if (vote == nullptr || !stand_in_.contains(vote->vote.block_hash)) return {message};
  count();
  ledger::Vote lie = vote->vote;
  lie.block_hash = stand_in_.at(lie.block_hash);
  return {signed_vote(lie)};
}

/// A block on top of an altered one names the altered one as its parent, and is well-formed again.
void OtherBlocks::move_to_stand_in(ledger::Block& block) const {
  const auto parent = stand_in_.find(block.header.parent);
  if (parent == stand_in_.end()) return;
  block.header.parent = parent->second;
  block.batches = ledger::in_block_order(block.header.parent, block.batches);
  block.header.batches_root = ledger::batches_root(block.batches);
}

Proposal OtherBlocks::altered(const Proposal& proposal) {
  ledger::Block block = proposal.block;
  move_to_stand_in(block);
  alter(block.header);
  stand_in_[ledger::hash_of(proposal.block.header)] = ledger::hash_of(block.header);
  return signed_proposal(proposal.view, block);
}

/// By the height, so that the block is the same one for everybody and whenever it is sent.
void ForgeHeaders::alter(Header& header) { forgeries[number(header.height) % forgeries.size()](header); }

Messages ShiftTime::in_place_of(ReplicaId, const Message& message) {
  if (std::holds_alternative<Proposal>(message)) {
    ++proposals_;
    count();
  }
  return {message};
}

std::int64_t ShiftTime::clock_error_ms() {
  const auto tolerance = static_cast<std::int64_t>(config().parameters.clock_tolerance_ms);
  switch (proposals_ / 8 % 4) {
    case 0:
      return tolerance - past_the_edge_ms;
    case 1:
      return past_the_edge_ms - tolerance;
    case 2:
      return tolerance + past_the_edge_ms;
    default:
      return -tolerance - past_the_edge_ms;
  }
}

Messages BelowTip::in_place_of(ReplicaId, const Message& message) {
  remember(message);
  if (const auto* new_view = std::get_if<consensus::NewView>(&message)) return below_tip_first(*new_view);
  return {message};
}

Messages BelowTip::on_heard(const Message& message) {
  remember(message);
  return {};
}

void BelowTip::remember(const Message& message) {
  if (const auto* proposal = std::get_if<Proposal>(&message))
    seen_.insert_or_assign(proposal->block.header.height, proposal->block);
}

Messages BelowTip::below_tip_first(const consensus::NewView& new_view) {
  Messages out = {new_view};
  ledger::Height tip{};
  for (const consensus::ViewChange& each : new_view.view_changes) {
    tip = std::max(tip, each.final_header.height);
    if (each.prepared) tip = std::max(tip, each.prepared->height);
  }
  for (const auto& [height, block] : seen_) {
    if (height >= tip || number(height) + below_tip_max < number(tip)) continue;
    count();
    out.emplace_back(signed_proposal(new_view.view, block));
  }
  return out;
}

}  // namespace aval::simulation
