#pragma once

#include <string>
#include <vector>

#include "crypto/merkle.h"
#include "ledger/finality.h"

namespace aval::ledger {

struct Event {
  std::string type;
  std::string subject;
  Bytes data;
  bool operator==(const Event&) const = default;
};

struct CommandResult {
  std::uint32_t status = 0;
  std::vector<Event> events;
  bool operator==(const CommandResult&) const = default;
};

/// The final answer to one transaction; status 0 is committed, anything else the rejection's code.
struct Receipt {
  TxId tx_id;
  std::uint32_t status = 0;
  std::vector<CommandResult> results;
  bool operator==(const Receipt&) const = default;
};

Bytes encode_receipt(const Receipt& receipt);
Result<Receipt> decode_receipt(ByteView bytes);
/// merkle_leaf(canonical receipt): the leaf under receipt_root.
crypto::Digest leaf_of(const Receipt& receipt);

/// A receipt with its way up to a certificate; see ledger.proto, message ReceiptProof.
struct ReceiptProof {
  Bytes body_bytes;
  Receipt receipt;
  crypto::MerkleProof path;
  FinalityProof finality;  // of the block that holds it
};

Bytes encode_receipt_proof(const ReceiptProof& proof);
Result<ReceiptProof> decode_receipt_proof(ByteView bytes);

/// Refused, naming the first thing that does not hold, unless the proof shows that the transaction
/// of body_bytes ended with this receipt at headers.front().height of this chain. `genesis` is the
/// validator set of the first epoch.
Result<void> verify_receipt_proof(const ReceiptProof& proof, const crypto::Digest& chain_id,
                                  const ValidatorSet& genesis);

}  // namespace aval::ledger
