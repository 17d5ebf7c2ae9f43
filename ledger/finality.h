#pragma once

#include <vector>

#include "ledger/epoch_step.h"

namespace aval::ledger {

/// One certificate carries at most the blocks of one pipeline window.
constexpr std::size_t proof_headers_max = 64;

/// Shows that a block is final, to whoever knows the genesis. Layout: ledger.proto, message FinalityProof.
struct FinalityProof {
  std::vector<Header> headers;    // the block's own, then every one up to the certified one
  Certificate certificate;        // of the last header
  std::vector<EpochStep> epochs;  // from the genesis set to the one that signed the certificate
  bool operator==(const FinalityProof&) const = default;
};

Bytes encode_finality_proof(const FinalityProof& proof);
Result<FinalityProof> decode_finality_proof(ByteView bytes);

/// The set that signed, when the certificate is a commit certificate of the last header by the set that the
/// epochs lead to from `genesis`, and every header names the one before it. Else Refused: `what`, and the
/// first thing that does not hold.
Result<ValidatorSet> verify_finality(const FinalityProof& proof, const crypto::Digest& chain_id,
                                     const ValidatorSet& genesis, const char* what);

}  // namespace aval::ledger
