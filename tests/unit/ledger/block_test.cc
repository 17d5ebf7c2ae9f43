#include "ledger/block.h"

#include <catch2/catch.hpp>

#include "crypto/merkle.h"
#include "ledger/canonical.h"
#include "ledger/certificate.h"
#include "ledger/wire.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::block_test {
namespace {

Block block_of(std::vector<BatchRef> refs) {
  Block block{sample_header(), in_block_order(sample_header().parent, std::move(refs))};
  block.header.batches_root = batches_root(block.batches);
  return block;
}

std::vector<BatchRef> some_refs() {
  return {{ReplicaId{0}, 1, digest_of("a")},
          {ReplicaId{0}, 2, digest_of("b")},
          {ReplicaId{2}, 9, digest_of("c")}};
}

/// One header for each field, changed in that field alone.
std::vector<Header> changed_headers(const Header& header) {
  std::vector<Header> out(13, header);
  out[0].chain_id.bytes[0] ^= 1U;
  out[1].epoch = next(header.epoch);
  out[2].height = next(header.height);
  out[3].parent.bytes[31] ^= 1U;
  out[4].proposer = ReplicaId{number(header.proposer) + 1};
  out[5].origin_view = next(header.origin_view);
  out[6].time_ms += 1;
  out[7].batches_root.bytes[0] ^= 1U;
  out[8].tx_root.bytes[0] ^= 1U;
  out[9].receipt_root.bytes[0] ^= 1U;
  out[10].state_root.bytes[0] ^= 1U;
  out[11].validators_hash.bytes[0] ^= 1U;
  out[12].params_hash.bytes[0] ^= 1U;
  return out;
}

}  // namespace

TEST_CASE("a header decodes to itself", "[block]") {
  for (const Header& header : changed_headers(sample_header()))
    CHECK(decode_header(encode_header(header)).value() == header);
  CHECK(decode_header(encode_header(Header())).value() == Header());
}

TEST_CASE("every field of a header enters the block hash", "[block]") {
  const Header header = sample_header();
  CHECK(hash_of(header) == crypto::tagged(crypto::Tag::Header, encode_header(header)));
  for (const Header& changed : changed_headers(header)) CHECK(hash_of(changed) != hash_of(header));
}

TEST_CASE("CR-07 a header in which two digests changed places has another hash", "[block]") {
  Header header = sample_header();
  Header exchanged = header;
  std::swap(exchanged.tx_root, exchanged.receipt_root);
  CHECK(hash_of(exchanged) != hash_of(header));
}

TEST_CASE("a header with a digest of another length is refused", "[block]") {
  for (const int field : {1, 4, 8, 9, 10, 11, 12, 13}) {
    pb::Header wire;
    REQUIRE(wire.ParseFromString(encode_header(sample_header())));
    const auto* declared = pb::Header::descriptor()->FindFieldByNumber(field);
    wire.GetReflection()->SetString(&wire, declared, Bytes(31, 'd'));
    INFO(declared->name());
    const auto read = decode_header(canonical(wire));
    REQUIRE_FALSE(read);
    CHECK(read.error().message.starts_with("header: " + declared->name()));
  }
}

TEST_CASE("a block decodes to itself, with batches and without", "[block]") {
  for (const Block& block : {block_of({}), block_of(some_refs())})
    CHECK(decode_block(encode_block(block)).value() == block);
}

TEST_CASE("the root of the batches is the Merkle root over their canonical refs", "[block]") {
  CHECK(batches_root({}) == crypto::merkle_root({}));
  pb::BatchRef wire;
  wire.set_origin(2);
  wire.set_counter(9);
  wire.set_digest(Bytes(digest_of("c").view()));
  CHECK(batches_root({{ReplicaId{2}, 9, digest_of("c")}}) == crypto::merkle_leaf(canonical(wire)));
}

TEST_CASE("a block whose batches stand in another order is refused", "[block]") {
  Block block = block_of(some_refs());
  std::swap(block.batches.front(), block.batches.back());
  block.header.batches_root = batches_root(block.batches);
  CHECK(decode_block(encode_block(block)).error().message == "block: batches not in block order");
}

TEST_CASE("a block that names a batch twice is refused", "[block]") {
  auto refs = some_refs();
  refs.push_back(refs.front());
  CHECK(decode_block(encode_block(block_of(refs))).error().message == "block: a batch stands twice");
}

TEST_CASE("a block with the root of other batches is refused", "[block]") {
  Block block = block_of(some_refs());
  block.batches.pop_back();
  CHECK(decode_block(encode_block(block)).error().message == "block: batches_root is of other batches");
}

TEST_CASE("a certified block decodes to itself, with a certificate and without", "[block]") {
  for (const bool with_certificate : {true, false}) {
    ChainBuilder builder(chain_of(4));
    const CertifiedBlock block = builder.next_entry(5, with_certificate).block;
    const CertifiedBlock read = decode_certified_block(encode_certified_block(block)).value();
    CHECK(read.block == block.block);
    CHECK(read.certificate == block.certificate);
    REQUIRE(read.batches.size() == block.batches.size());
    for (std::size_t i = 0; i < read.batches.size(); ++i)
      CHECK(read.batches[i]->bytes == block.batches[i]->bytes);
  }
}

TEST_CASE("a certified block with other batches than it names is refused", "[block]") {
  ChainBuilder builder(chain_of(4));
  const CertifiedBlock good = builder.next_entry(5, true).block;
  CertifiedBlock fewer = good;
  fewer.batches.pop_back();
  CHECK_FALSE(decode_certified_block(encode_certified_block(fewer)));
  CertifiedBlock exchanged = good;
  std::swap(exchanged.batches[0], exchanged.batches[1]);
  CHECK_FALSE(decode_certified_block(encode_certified_block(exchanged)));
}

TEST_CASE("a certified block with a certificate of something else is refused", "[block]") {
  ChainBuilder builder(chain_of(4));
  const CertifiedBlock good = builder.next_entry(1, true).block;
  std::vector<CertifiedBlock> bad(4, good);
  bad[0].certificate->phase = Phase::Prepare;
  bad[1].certificate->height = Height{2};
  bad[2].certificate->epoch = Epoch{1};
  bad[3].certificate->block_hash.bytes[0] ^= 1U;
  for (const CertifiedBlock& block : bad) CHECK_FALSE(decode_certified_block(encode_certified_block(block)));
}

}  // namespace aval::ledger::block_test
