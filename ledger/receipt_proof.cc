#include "ledger/canonical.h"
#include "ledger/parameters.h"
#include "ledger/receipt.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

/// A proof's path has one step per level of a tree of at most 2^64 leaves.
constexpr int path_steps_max = 64;

unexpected refused(const char* why) {
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

Result<std::vector<Header>> read_headers(const pb::ReceiptProof& wire) {
  if (wire.headers_size() == 0) return malformed("receipt proof: no headers");
  if (static_cast<std::size_t>(wire.headers_size()) > proof_headers_max)
    return malformed("receipt proof: more headers than a certificate can carry");
  std::vector<Header> out;
  for (const Bytes& bytes : wire.headers()) {
    AVAL_ASSIGN(auto header, decode_header(bytes));
    out.push_back(std::move(header));
  }
  return out;
}

Result<std::vector<EpochStep>> read_epochs(const pb::ReceiptProof& wire) {
  if (static_cast<std::size_t>(wire.epochs_size()) > epoch_steps_max)
    return malformed("receipt proof: too many epochs");
  std::vector<EpochStep> out;
  for (const Bytes& bytes : wire.epochs()) {
    AVAL_ASSIGN(auto step, decode_epoch_step(bytes));
    out.push_back(std::move(step));
  }
  return out;
}

Result<void> check_transaction(const ReceiptProof& proof, const crypto::Digest& chain_id) {
  AVAL_ASSIGN(const Body body, decode_body(proof.body_bytes));
  if (body.chain_id != chain_id) return refused("the transaction is of another chain");
  if (crypto::tagged(crypto::Tag::Tx, proof.body_bytes) != proof.receipt.tx_id)
    return refused("the receipt is of another transaction");
  if (!crypto::merkle_verify(proof.headers.front().receipt_root, leaf_of(proof.receipt), proof.path))
    return refused("the receipt is not under the receipt root of the block");
  return {};
}

Result<void> check_headers(const std::vector<Header>& headers, const crypto::Digest& chain_id) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].chain_id != chain_id) return refused("a header is of another chain");
    if (headers[i].epoch != headers.front().epoch) return refused("the headers are of several epochs");
    if (i == 0) continue;
    if (headers[i].height != next(headers[i - 1].height)) return refused("the headers skip a height");
    if (headers[i].parent != hash_of(headers[i - 1]))
      return refused("a header does not name the one below it");
  }
  return {};
}

Result<void> check_certified(const Certificate& certificate, const Header& header) {
  if (certificate.phase != Phase::Commit) return refused("the certificate is not a commit certificate");
  if (certificate.epoch != header.epoch) return refused("the certificate is of another epoch");
  if (certificate.height != header.height) return refused("the certificate is of another height");
  if (certificate.block_hash != hash_of(header)) return refused("the certificate is of another block");
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
  for (const Header& header : proof.headers) wire.add_headers(encode_header(header));
  wire.set_certificate(encode_certificate(proof.certificate));
  for (const EpochStep& step : proof.epochs) wire.add_epochs(encode_epoch_step(step));
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
  AVAL_ASSIGN(proof.headers, read_headers(wire));
  AVAL_ASSIGN(proof.certificate, decode_certificate(wire.certificate()));
  AVAL_ASSIGN(proof.epochs, read_epochs(wire));
  proof.body_bytes = std::move(*wire.mutable_body());
  return proof;
}

Result<void> verify_receipt_proof(const ReceiptProof& proof, const crypto::Digest& chain_id,
                                  const ValidatorSet& genesis) {
  if (proof.headers.empty()) return refused("no headers");
  if (proof.headers.size() > proof_headers_max) return refused("more headers than a certificate can carry");
  AVAL_TRY(check_transaction(proof, chain_id));
  AVAL_TRY(check_headers(proof.headers, chain_id));
  AVAL_TRY(check_certified(proof.certificate, proof.headers.back()));
  AVAL_ASSIGN(const ValidatorSet set, walk(genesis, proof.epochs, chain_id));
  return verify_certificate(proof.certificate, chain_id, set);
}

}  // namespace aval::ledger
