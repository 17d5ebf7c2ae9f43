#include "consensus/slot.h"

#include <algorithm>

#include "crypto/base/mutant.h"

namespace aval::consensus {
namespace {

ledger::SignedBlock signed_block_of(const Proposal& proposal) {
  const Header& header = proposal.block.header;
  return {ledger::hash_of(header), header, proposal.signature};
}

/// Nothing when both are of one block: everybody says everything again.
std::optional<ledger::Evidence> if_of_two_blocks(ledger::Evidence evidence) {
  const bool is_same = evidence.first.hash == evidence.second.hash;
  if (is_same && !mutated("evidence-of-one-vote-twice")) return std::nullopt;
  return ledger::in_order(std::move(evidence));
}

}  // namespace

bool VoteSet::add(ReplicaId from, const BlockHash& hash, const crypto::Signature& signature) {
  if (mutated("later-vote-replaces-the-first")) votes_.erase(from);
  return votes_.emplace(from, Cast{hash, signature}).second;
}

const VoteSet::Cast* VoteSet::vote_of(ReplicaId from) const {
  const auto at = votes_.find(from);
  return at == votes_.end() ? nullptr : &at->second;
}

std::size_t VoteSet::count(const BlockHash& hash) const {
  return static_cast<std::size_t>(std::count_if(votes_.begin(), votes_.end(),
                                                [&](const auto& vote) { return vote.second.hash == hash; }));
}

std::optional<BlockHash> VoteSet::decided(std::size_t quorum) const {
  if (votes_.size() < quorum) return std::nullopt;
  for (const auto& [from, cast] : votes_) {
    if (count(cast.hash) >= quorum) return cast.hash;
  }
  return std::nullopt;
}

std::vector<ledger::VoteSignature> VoteSet::signatures(const BlockHash& hash, std::size_t quorum) const {
  std::vector<ledger::VoteSignature> out;
  for (const auto& [from, cast] : votes_) {
    if (cast.hash == hash && out.size() < quorum) out.push_back({from, cast.signature});
  }
  AVAL_CHECK(out.size() == quorum);
  return out;
}

std::vector<ReplicaId> VoteSet::voters(const BlockHash& hash) const {
  std::vector<ReplicaId> out;
  for (const auto& [from, cast] : votes_) {
    if (cast.hash == hash) out.push_back(from);
  }
  return out;
}

bool Slot::add(const SignedVote& vote) {
  VoteSet& set = vote.vote.phase == Phase::Prepare ? prepares : commits;
  return set.add(vote.from, vote.vote.block_hash, vote.signature);
}

bool Slot::add(const Proposal& proposal) {
  if (first_proposal) return false;
  first_proposal = signed_block_of(proposal);
  return true;
}

std::optional<ledger::Evidence> Slot::contradiction(const SignedVote& message) const {
  const Vote& vote = message.vote;
  const VoteSet::Cast* first = votes(vote.phase).vote_of(message.from);
  if (first == nullptr) return std::nullopt;
  return if_of_two_blocks({message.from,
                           static_cast<ledger::Statement>(vote.phase),
                           vote.epoch,
                           vote.view,
                           vote.height,
                           {first->hash, std::nullopt, first->signature},
                           {vote.block_hash, std::nullopt, message.signature}});
}

std::optional<ledger::Evidence> Slot::contradiction(const Proposal& message) const {
  if (!first_proposal) return std::nullopt;
  return if_of_two_blocks({message.from, ledger::Statement::Proposal, message.epoch, message.view,
                           message.block.header.height, *first_proposal, signed_block_of(message)});
}

std::optional<Certificate> Slot::certificate(Epoch epoch, View view, Height height, Phase phase,
                                             const BlockHash& hash, std::size_t quorum) const {
  const VoteSet& set = votes(phase);
  if (set.count(hash) < quorum) return std::nullopt;
  return Certificate{epoch, view, height, phase, hash, set.signatures(hash, quorum)};
}

}  // namespace aval::consensus
