#include "tests/simulation/hostile.h"

#include "consensus/verified.h"
#include "tests/support/signers.h"

namespace aval::simulation {
namespace {

using consensus::Message;
using consensus::Proposal;
using consensus::SignedVote;

constexpr std::uint32_t stranger_scalar = 4001;

/// Gives a signature that somebody made.
class Repeater final : public crypto::Signer {
 public:
  explicit Repeater(const ledger::EnvelopeSignature& made) : made_(made) {}
  const crypto::PublicKey& public_key() const override { return made_.key; }
  Result<crypto::Signature> sign(const crypto::Digest&) override { return made_.signature; }

 private:
  ledger::EnvelopeSignature made_;
};

template <class T>
const T* as(const Message& message) {
  return std::get_if<T>(&message);
}

}  // namespace

Hostile::Hostile(const ledger::ChainConfig& config, ledger::ReplicaId self, Treachery treachery,
                 crypto::Signer& signer, Prng prng, Counters& counters)
    : config_(config),
      self_(self),
      treachery_(treachery),
      signer_(signer),
      shunned_(prng.next()),
      counters_(counters) {}

bool Hostile::is_shunned(ledger::ReplicaId to) const {
  // A wrong root is told to everybody: it takes a quorum to be believed.
  return treachery_ == Treachery::WrongRoot || (shunned_ >> number(to) & 1U) != 0;
}

std::vector<Message> Hostile::in_place_of(ledger::ReplicaId to, const Message& message) {
  overhear(message);
  if (const auto* new_view = as<consensus::NewView>(message); new_view && treachery_ == Treachery::BelowTip)
    return below_tip_first(*new_view);
  if (!is_shunned(to)) return {message};
  switch (treachery_) {
    case Treachery::Mute:
      ++counters_.treachery;
      return {};
    case Treachery::Equivocate:
    case Treachery::WrongRoot:
      return other_block(message);
    case Treachery::BelowTip:
    case Treachery::Rewrap:
      break;
  }
  return {message};
}

/// The transaction id stays what it was, since it names the body alone.
ledger::EnvelopePtr Hostile::in_place_of(const ledger::EnvelopePtr& envelope) {
  if (treachery_ != Treachery::Rewrap) return envelope;
  ++counters_.treachery;
  support::UnitNonceSigner stranger(stranger_scalar);
  std::vector<crypto::Signer*> signers = {&stranger};
  Repeater genuine(envelope->signatures.front());
  const bool adds_to_it = envelope->tx_id.bytes[0] % 2 == 0;
  if (adds_to_it) signers.push_back(&genuine);
  return std::make_shared<const ledger::Envelope>(ledger::sign_envelope(envelope->body, signers).value());
}

std::vector<Message> Hostile::other_block(const Message& message) {
  if (const auto* proposal = as<Proposal>(message)) {
    ++counters_.treachery;
    return {altered(*proposal)};
  }
  const auto* vote = as<SignedVote>(message);
  if (vote == nullptr || !stand_in_.contains(vote->vote.block_hash)) return {message};
  ++counters_.treachery;
  SignedVote lie = *vote;
  lie.vote.block_hash = stand_in_.at(lie.vote.block_hash);
  lie.signature = signer_.sign(ledger::signing_digest(lie.vote)).value();
  return {lie};
}

/// A block on top of an altered one names the altered one as its parent, and is well-formed again.
void Hostile::move_to_stand_in(ledger::Block& block) const {
  const auto parent = stand_in_.find(block.header.parent);
  if (parent == stand_in_.end()) return;
  block.header.parent = parent->second;
  block.batches = ledger::in_block_order(block.header.parent, block.batches);
  block.header.batches_root = ledger::batches_root(block.batches);
}

Proposal Hostile::altered(Proposal proposal) {
  ledger::Header& header = proposal.block.header;
  const ledger::BlockHash truth = ledger::hash_of(header);
  move_to_stand_in(proposal.block);
  if (treachery_ == Treachery::WrongRoot)
    header.state_root.bytes[0] ^= 1U;
  else
    ++header.time_ms;
  stand_in_[truth] = ledger::hash_of(header);
  sign(proposal);
  return proposal;
}

void Hostile::sign(Proposal& proposal) {
  const ledger::BlockHash hash = ledger::hash_of(proposal.block.header);
  proposal.from = self_;
  proposal.signature =
      signer_.sign(consensus::proposal_digest(config_.chain_id, proposal.epoch, proposal.view, hash)).value();
}

std::vector<Message> Hostile::below_tip_first(const consensus::NewView& new_view) {
  std::vector<Message> out = {new_view};
  ledger::Height final{};
  ledger::Height tip{};
  for (const consensus::ViewChange& each : new_view.view_changes) {
    final = std::max(final, each.final_header.height);
    if (each.prepared) tip = std::max(tip, each.prepared->height);
  }
  for (const auto& [height, block] : seen_) {
    if (height <= final || height >= tip) continue;
    ++counters_.treachery;
    Proposal proposal;
    proposal.epoch = new_view.epoch;
    proposal.view = new_view.view;
    proposal.block = block;
    sign(proposal);
    out.emplace_back(proposal);
  }
  return out;
}

void Hostile::overhear(const Message& message) {
  if (const auto* proposal = as<Proposal>(message))
    seen_.insert_or_assign(proposal->block.header.height, proposal->block);
}

}  // namespace aval::simulation
