#pragma once

#include <optional>

#include "ledger/certificate.h"

namespace aval::ledger {

/// The digest a primary signs when it puts a block forward in `view`: tagged(Proposal, canonical
/// ProposalStatement).
crypto::Digest proposal_digest(const crypto::Digest& chain_id, Epoch epoch, View view, const BlockHash& hash);

/// What was said twice.
enum class Statement : std::uint32_t { Prepare = 1, Commit = 2, Proposal = 3 };
/// "prepare", "commit" or "proposal".
const char* name_of(Statement statement);

/// One of two blocks a validator stood for with its key.
struct SignedBlock {
  BlockHash hash;
  /// Of a proposal alone: its statement names the block, and only the header the height.
  std::optional<Header> header;
  crypto::Signature signature;
  bool operator==(const SignedBlock&) const = default;
};

/// Two signed statements of one validator that no honest one makes together: of one kind, epoch, view
/// and height, for two blocks. It is a proof by itself: who has the validator set needs nothing else.
/// The order in which things were signed is no part of it, since no signature shows that.
struct Evidence {
  ReplicaId validator{};
  Statement statement = Statement::Prepare;
  Epoch epoch{};
  View view{};
  Height height{};
  SignedBlock first;  // the lesser hash
  SignedBlock second;
  bool operator==(const Evidence&) const = default;
};

/// Puts the two blocks into their order, so that one contradiction has one encoding.
Evidence in_order(Evidence evidence);

Bytes encode_evidence(const Evidence& evidence);
/// Checks canonical form and the order of the blocks; not signatures.
Result<Evidence> decode_evidence(ByteView bytes);

/// Refused, saying why, unless the validator of `set` has signed both statements on `chain_id`, and
/// they contradict each other.
Result<void> verify_evidence(const Evidence& evidence, const crypto::Digest& chain_id,
                             const ValidatorSet& set, SignatureCheck check = &crypto::verify);

}  // namespace aval::ledger
