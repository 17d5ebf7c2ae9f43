#include "ledger/canonical.h"
#include "ledger/finality_wire.h"
#include "ledger/parameters.h"
#include "ledger/receipt.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

/// A proof's path has one step per level of a tree of at most 2^64 leaves.
constexpr int path_steps_max = 64;

unexpected bad_receipt_proof(const char* why) {
  return unexpected(Error::Code::Refused, std::string("receipt proof: ") + why);
}

Result<crypto::MerkleProof> read_path(const pb::MerkleProof& wire) {
  if (wire.path_size() > path_steps_max) return malformed("receipt proof: path longer than 64 steps");
  crypto::MerkleProof path{wire.index(), wire.size(), {}};
  for (const Bytes& step : wire.path()) {
    crypto::Digest digest;
    AVAL_TRY(read_field(step, "receipt proof: step of the path", digest));
    path.path.push_back(digest);
  }
  return path;
}

Result<void> check_transaction(const ReceiptProof& proof, const crypto::Digest& chain_id) {
  AVAL_ASSIGN(const Body body, decode_body(proof.body_bytes));
  if (body.chain_id != chain_id) return bad_receipt_proof("the transaction is of another chain");
  if (crypto::tagged(crypto::Tag::Tx, proof.body_bytes) != proof.receipt.tx_id)
    return bad_receipt_proof("the receipt is of another transaction");
  if (!crypto::merkle_verify(proof.finality.headers.front().receipt_root, leaf_of(proof.receipt), proof.path))
    return bad_receipt_proof("the receipt is not under the receipt root of the block");
  return {};
}

}  // namespace

Bytes encode_receipt_proof(const ReceiptProof& proof) {
  pb::ReceiptProof wire;
  wire.set_body(proof.body_bytes);
  wire.set_receipt(encode_receipt(proof.receipt));
  wire.mutable_path()->set_index(proof.path.index);
  wire.mutable_path()->set_size(proof.path.size);
  for (const crypto::Digest& step : proof.path.path) put_field(wire.mutable_path()->add_path(), step.view());
  for (const Header& header : proof.finality.headers) wire.add_headers(encode_header(header));
  wire.set_certificate(encode_certificate(proof.finality.certificate));
  for (const EpochStep& step : proof.finality.epochs) wire.add_epochs(encode_epoch_step(step));
  return canonical(wire);
}

Result<ReceiptProof> decode_receipt_proof(ByteView bytes) {
  pb::ReceiptProof wire;
  AVAL_TRY(parse_canonical(bytes, wire, "receipt proof"));
  if (!wire.has_path()) return malformed("receipt proof: no path");
  ReceiptProof proof;
  AVAL_TRY(decode_body(wire.body()));
  AVAL_ASSIGN(proof.receipt, decode_receipt(wire.receipt()));
  AVAL_ASSIGN(proof.path, read_path(wire.path()));
  AVAL_ASSIGN(proof.finality.headers, read_headers(wire.headers(), "receipt proof"));
  AVAL_ASSIGN(proof.finality.certificate, decode_certificate(wire.certificate()));
  AVAL_ASSIGN(proof.finality.epochs, read_epochs(wire.epochs(), "receipt proof"));
  proof.body_bytes = std::move(*wire.mutable_body());
  return proof;
}

Result<void> verify_receipt_proof(const ReceiptProof& proof, const crypto::Digest& chain_id,
                                  const ValidatorSet& genesis) {
  AVAL_TRY(verify_finality(proof.finality, chain_id, genesis, "receipt proof"));
  return check_transaction(proof, chain_id);
}

}  // namespace aval::ledger
