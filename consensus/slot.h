#pragma once

#include <map>
#include <optional>
#include <vector>

#include "consensus/messages.h"
#include "ledger/evidence.h"

namespace aval::consensus {

/// Votes of one phase at one height of one view: the first that came from each validator. A second
/// one, whatever it says, is not looked at, so nobody counts twice.
class VoteSet {
 public:
  struct Cast {
    BlockHash hash;
    crypto::Signature signature;
  };

  /// False when `from` has voted before.
  bool add(ReplicaId from, const BlockHash& hash, const crypto::Signature& signature);
  std::size_t count(const BlockHash& hash) const;
  std::size_t size() const { return votes_.size(); }
  bool has(ReplicaId from) const { return votes_.contains(from); }
  /// The vote of `from`; null when there is none.
  const Cast* vote_of(ReplicaId from) const;
  /// The hash that at least `quorum` validators voted for.
  std::optional<BlockHash> decided(std::size_t quorum) const;
  /// `quorum` of the signatures for `hash`, ascending by validator; there must be that many.
  std::vector<ledger::VoteSignature> signatures(const BlockHash& hash, std::size_t quorum) const;
  std::vector<ReplicaId> voters(const BlockHash& hash) const;

 private:
  std::map<ReplicaId, Cast> votes_;
};

/// One height of the view: the block put forward for it and the votes about it.
///
///   empty -> proposed -> linked -> prepare cast -> prepared -> commit cast -> (final, and gone)
///
/// Votes come in at any stage and wait for the block. Whether the block was executed, and with what
/// result, is kept with the block (block_tree.h): it does not change when the view does.
struct Slot {
  std::optional<Block> proposed;     // not linked yet: its parent may be unknown here
  std::optional<BlockHash> linked;   // its chain down to the final block is known and checked
  std::optional<BlockHash> carried;  // the view opened with it: the tip
  bool refused = false;  // the primary's block is of another time: it cannot take it back, so the view has to change
  VoteSet prepares;
  VoteSet commits;
  std::optional<SignedVote> own_prepare;
  std::optional<SignedVote> own_commit;
  std::optional<Certificate> prepared;
  std::optional<Proposal> own_proposal;
  std::optional<ledger::SignedBlock> first_proposal;  // of the primary, whatever became of it

  /// False for a second vote of one sender and phase, and for a second proposal.
  bool add(const SignedVote& vote);
  bool add(const Proposal& proposal);
  /// Proof that the sender stood for another block here before; nothing when it did not.
  std::optional<ledger::Evidence> contradiction(const SignedVote& message) const;
  std::optional<ledger::Evidence> contradiction(const Proposal& message) const;
  const VoteSet& votes(Phase phase) const { return phase == Phase::Prepare ? prepares : commits; }
  /// The certificate of `phase` for `hash`, when `quorum` validators voted for it.
  std::optional<Certificate> certificate(Epoch epoch, View view, Height height, Phase phase,
                                         const BlockHash& hash, std::size_t quorum) const;
};

}  // namespace aval::consensus
