#include "consensus/slot.h"

#include <algorithm>

#include "crypto/base/mutant.h"

namespace aval::consensus {

bool VoteSet::add(ReplicaId from, const BlockHash& hash, const crypto::Signature& signature) {
  if (mutated("later-vote-replaces-the-first")) votes_.erase(from);
  return votes_.emplace(from, Cast{hash, signature}).second;
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

std::optional<Certificate> Slot::certificate(Epoch epoch, View view, Height height, Phase phase,
                                             const BlockHash& hash, std::size_t quorum) const {
  const VoteSet& set = phase == Phase::Prepare ? prepares : commits;
  if (set.count(hash) < quorum) return std::nullopt;
  return Certificate{epoch, view, height, phase, hash, set.signatures(hash, quorum)};
}

}  // namespace aval::consensus
