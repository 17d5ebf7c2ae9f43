#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ledger/block.h"

namespace aval::ledger {

/// No validator set has more seats; decoders refuse longer lists.
constexpr std::size_t validators_max = 256;

/// Of a node whose member has no seat yet: a number that no seat can have.
constexpr ReplicaId no_seat{UINT32_MAX};

/// What the holder of a seat does. Observers follow the chain and have no vote; a seat that was left
/// stays empty for ever, so that a number never comes to mean somebody else.
enum class SeatStanding : std::uint32_t { Voter = 0, Observer = 1, Left = 2 };

/// One seat: a member's node and its keys.
struct Validator {
  std::string member;
  crypto::PublicKey vote_key;
  crypto::PublicKey tls_key;
  std::string address;
  SeatStanding standing = SeatStanding::Voter;
  bool operator==(const Validator&) const = default;
};

/// The seats of one epoch; ReplicaId is the index in `validators`, in every epoch the same member's.
/// n, f, q and the primaries count voters alone.
struct ValidatorSet {
  Epoch epoch{};
  std::vector<Validator> validators;

  /// Voters: n.
  std::size_t size() const;
  /// Largest number of Byzantine validators that is tolerated: floor((n-1)/3).
  std::size_t faulty_max() const { return (size() - 1) / 3; }
  /// ceil((n+f+1)/2): any two quorums share at least f+1 validators.
  std::size_t quorum() const { return (size() + faulty_max() + 2) / 2; }
  /// True when `id` has a vote.
  bool contains(ReplicaId id) const { return stands(id, SeatStanding::Voter); }
  /// True when `id` has a vote or observes: its node may speak to ours.
  bool has_seat(ReplicaId id) const { return contains(id) || stands(id, SeatStanding::Observer); }
  /// Those with a vote, ascending.
  std::vector<ReplicaId> voters() const;
  bool operator==(const ValidatorSet&) const = default;

 private:
  bool stands(ReplicaId id, SeatStanding standing) const {
    return number(id) < validators.size() && validators[number(id)].standing == standing;
  }
};

Bytes encode_validators(const ValidatorSet& set);
/// Refuses non-canonical bytes, more than validators_max seats, an unknown standing, or bad keys.
Result<ValidatorSet> decode_validators(ByteView bytes);
/// tagged(Validators, canonical ValidatorSet).
crypto::Digest hash_of(const ValidatorSet& set);

enum class Phase : std::uint32_t { Prepare = 1, Commit = 2 };

struct Vote {
  crypto::Digest chain_id;
  Epoch epoch{};
  View view{};
  Height height{};
  Phase phase = Phase::Prepare;
  BlockHash block_hash;
  auto operator<=>(const Vote&) const = default;
};

Bytes encode_vote(const Vote& vote);
/// The digest a validator signs: tagged(Vote, canonical Vote).
crypto::Digest signing_digest(const Vote& vote);

struct VoteSignature {
  ReplicaId validator{};
  crypto::Signature signature;
  auto operator<=>(const VoteSignature&) const = default;
};

/// Exactly q votes of one phase for one block, ascending by validator.
struct Certificate {
  Epoch epoch{};
  View view{};
  Height height{};
  Phase phase = Phase::Commit;
  BlockHash block_hash;
  std::vector<VoteSignature> signatures;
  bool operator==(const Certificate&) const = default;
};

/// Of two certificates of one phase the one of the later view counts for more; in one view, of the larger height.
inline std::tuple<View, Height> rank(const Certificate& certificate) { return {certificate.view, certificate.height}; }

Bytes encode_certificate(const Certificate& certificate);
Result<Certificate> decode_certificate(ByteView bytes);

/// Checks a signature of a digest by a validator's vote key. The simulator supplies its own.
using SignatureCheck = bool (*)(const crypto::PublicKey&, const crypto::Digest&, const crypto::Signature&);

/// Refused, saying why, unless the certificate carries exactly set.quorum() valid signatures by
/// distinct members of `set`, in ascending order, of the right epoch, over `chain_id`.
Result<void> verify_certificate(const Certificate& certificate, const crypto::Digest& chain_id,
                                const ValidatorSet& set, SignatureCheck check = &crypto::verify);

/// A final block with everything needed to check and execute it again.
struct CertifiedBlock {
  Block block;
  std::vector<BatchPtr> batches;  // in the order of block.batches
  std::optional<Certificate> certificate;  // absent when a descendant's certificate carries it
};

Bytes encode_certified_block(const CertifiedBlock& block);
/// Checks canonical form and that each batch is the one its ref names; not signatures.
Result<CertifiedBlock> decode_certified_block(ByteView bytes);

}  // namespace aval::ledger
