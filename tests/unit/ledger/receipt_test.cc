#include "ledger/receipt.h"

#include <catch2/catch.hpp>

#include "ledger/canonical.h"
#include "ledger/wire.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::receipt_test {
namespace {

const ChainConfig config = chain_of(4);

std::string refusal(const ReceiptProof& proof) {
  const auto result = verify_receipt_proof(proof, config.chain_id, config.validators);
  return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("a receipt decodes to itself", "[receipt]") {
  const Receipt refused{digest_of("tx"), 17, {}};
  for (const Receipt& receipt :
       {sample_receipt(digest_of("tx"), 0), sample_receipt(digest_of("tx"), 5), refused})
    CHECK(decode_receipt(encode_receipt(receipt)).value() == receipt);
}

TEST_CASE("the leaf of a receipt is the Merkle leaf over its canonical bytes", "[receipt]") {
  const Receipt receipt = sample_receipt(digest_of("tx"), 0);
  CHECK(leaf_of(receipt) == crypto::merkle_leaf(encode_receipt(receipt)));
}

TEST_CASE("a receipt with more than 1000 results is refused", "[receipt]") {
  Receipt receipt{digest_of("tx"), 0, std::vector<CommandResult>(1000)};
  CHECK(decode_receipt(encode_receipt(receipt)));
  receipt.results.emplace_back();
  CHECK_FALSE(decode_receipt(encode_receipt(receipt)));
}

TEST_CASE("CR-07 bytes moved between neighbouring fields of a receipt give another leaf", "[receipt]") {
  const auto leaf = [](std::vector<CommandResult> results) {
    return leaf_of(Receipt{digest_of("tx"), 0, std::move(results)});
  };
  const auto base = leaf({{0, {{"ab", "cd", "ef"}}}});
  CHECK(leaf({{0, {{"abc", "d", "ef"}}}}) != base);
  CHECK(leaf({{0, {{"ab", "cde", "f"}}}}) != base);
  CHECK(leaf({{0, {{"ab", "cd", ""}, {"", "", "ef"}}}}) != base);
  CHECK(leaf({{0, {}}, {0, {{"ab", "cd", "ef"}}}}) != base);
}

TEST_CASE("a receipt proof decodes to itself and shows how the transaction ended", "[receipt]") {
  const ReceiptProof proof = sample_receipt_proof();
  CHECK(refusal(proof).empty());
  const Bytes bytes = encode_receipt_proof(proof);
  const ReceiptProof read = decode_receipt_proof(bytes).value();
  CHECK(encode_receipt_proof(read) == bytes);
  CHECK(read.receipt == proof.receipt);
  CHECK(read.finality.headers == proof.finality.headers);
  CHECK(read.finality.certificate == proof.finality.certificate);
  CHECK(refusal(read).empty());
}

TEST_CASE("a receipt proof in which something does not hold is refused, saying what", "[receipt]") {
  const auto after = [](void (*change)(ReceiptProof&)) {
    ReceiptProof proof = sample_receipt_proof();
    change(proof);
    return refusal(proof);
  };
  CHECK(after([](auto& p) { p.body_bytes += '\0'; }).starts_with("body: "));
  CHECK(after([](auto& p) { p.body_bytes = encode_body(sample_body(digest_of("another chain"), 1)); }) ==
        "receipt proof: the transaction is of another chain");
  CHECK(after([](auto& p) { p.body_bytes = encode_body(sample_body(config.chain_id, 2)); }) ==
        "receipt proof: the receipt is of another transaction");
  CHECK(after([](auto& p) { p.receipt.status ^= 1U; }) ==
        "receipt proof: the receipt is not under the receipt root of the block");
  CHECK(after([](auto& p) { p.path.path.front().bytes[0] ^= 1U; }) ==
        "receipt proof: the receipt is not under the receipt root of the block");
  CHECK(after([](auto& p) { p.path.index = 0; }) ==
        "receipt proof: the receipt is not under the receipt root of the block");
  CHECK(after([](auto& p) { p.path.path.pop_back(); }) ==
        "receipt proof: the receipt is not under the receipt root of the block");
  CHECK(after([](auto& p) { p.finality.headers.clear(); }) == "receipt proof: no headers");
  CHECK(after([](auto& p) { p.finality.headers.back().chain_id.bytes[0] ^= 1U; }) ==
        "receipt proof: a header is of another chain");
  CHECK(after([](auto& p) { p.finality.headers.back().epoch = Epoch{1}; }) ==
        "receipt proof: the headers are of several epochs");
  CHECK(after([](auto& p) { p.finality.headers.back().height = Height{7}; }) ==
        "receipt proof: the headers skip a height");
  CHECK(after([](auto& p) { p.finality.headers.back().parent.bytes[0] ^= 1U; }) ==
        "receipt proof: a header does not name the one below it");
  CHECK(after([](auto& p) { p.finality.headers.front().state_root.bytes[0] ^= 1U; }) ==
        "receipt proof: a header does not name the one below it");
  CHECK(after([](auto& p) { p.finality.headers.back().state_root.bytes[0] ^= 1U; }) ==
        "receipt proof: the certificate is of another block");
  CHECK(after([](auto& p) { p.finality.headers.pop_back(); }) ==
        "receipt proof: the certificate is of another height");
  CHECK(after([](auto& p) { p.finality.certificate.phase = Phase::Prepare; }) ==
        "receipt proof: the certificate is not a commit certificate");
  CHECK(after([](auto& p) { p.finality.certificate.epoch = Epoch{1}; }) ==
        "receipt proof: the certificate is of another epoch");
  CHECK(after([](auto& p) { p.finality.certificate.signatures.pop_back(); }) ==
        "certificate: carries 2 signatures, the quorum is 3");
  CHECK(after([](auto& p) { p.finality.headers.resize(65, p.finality.headers.back()); }) ==
        "receipt proof: more headers than a certificate can carry");
}

TEST_CASE("a receipt proof of one chain, or for other validators, is refused", "[receipt]") {
  const ReceiptProof proof = sample_receipt_proof();
  CHECK_FALSE(verify_receipt_proof(proof, digest_of("another chain"), config.validators));
  ValidatorSet others = config.validators;
  std::swap(others.validators[0], others.validators[1]);
  CHECK_FALSE(verify_receipt_proof(proof, config.chain_id, others));
}

TEST_CASE("a receipt proof without a path or headers, or with too many, does not decode", "[receipt]") {
  pb::ReceiptProof good;
  REQUIRE(good.ParseFromString(encode_receipt_proof(sample_receipt_proof())));
  pb::ReceiptProof wire = good;
  wire.clear_path();
  CHECK_FALSE(decode_receipt_proof(canonical(wire)));
  wire = good;
  wire.clear_headers();
  CHECK_FALSE(decode_receipt_proof(canonical(wire)));
  wire = good;
  for (int i = 0; i < 64; ++i) wire.add_headers(good.headers(0));
  CHECK_FALSE(decode_receipt_proof(canonical(wire)));
  wire = good;
  for (int i = 0; i < 65; ++i) wire.mutable_path()->add_path(Bytes(32, 'p'));
  CHECK_FALSE(decode_receipt_proof(canonical(wire)));
  wire = good;
  wire.mutable_path()->set_path(0, Bytes(31, 'p'));
  CHECK_FALSE(decode_receipt_proof(canonical(wire)));
}

TEST_CASE("no flipped bit of a receipt proof leaves it valid", "[receipt]") {
  // The number of leaves is not part of a Merkle root (crypto/merkle.h); the proof's claim, that this
  // receipt stands under that root, does not rest on it.
  const ReceiptProof good = sample_receipt_proof();
  const Bytes bytes = encode_receipt_proof(good);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    const auto read = decode_receipt_proof(flipped);
    if (!read || !refusal(*read).empty()) continue;
    CHECK(read->path.size != good.path.size);
  }
}

}  // namespace aval::ledger::receipt_test
