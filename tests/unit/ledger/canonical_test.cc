#include "ledger/canonical.h"

#include <catch2/catch.hpp>

#include "ledger/snapshot.h"
#include "ledger/state_tree.h"
#include "ledger/wire.h"
#include "tests/unit/ledger/fixtures.h"
#include "tests/unit/ledger/non_canonical.h"

namespace aval::ledger::canonical_test {
namespace {

/// A type that is signed, hashed or stored: how it is decoded and encoded again, and a sample of it.
struct Codec {
  const char* name;
  const google::protobuf::Descriptor* type;
  Bytes sample;
  Result<Bytes> (*round_trip)(ByteView);
};

template <class Value>
Result<Bytes> again(Result<Value> decoded, Bytes (*encode)(const Value&)) {
  if (!decoded) return unexpected(decoded.error());
  return encode(*decoded);
}

Result<Bytes> bytes_of(Result<Envelope> envelope) {
  if (!envelope) return unexpected(envelope.error());
  return envelope->bytes;
}

Result<Bytes> bytes_of(Result<Batch> batch) {
  if (!batch) return unexpected(batch.error());
  return make_batch(batch->origin, batch->counter, batch->envelopes)->bytes;
}

Certificate sample_certificate() { return certify(commit_vote(sample_header()), 3); }

CertifiedBlock sample_certified_block() { return ChainBuilder(chain_of(4)).next_entry(3, true).block; }

StateProof sample_state_proof() {
  WriteSet writes;
  for (int i = 0; i < 20; ++i) writes["key/" + std::to_string(i)] = "value";
  return StateTree().with(writes).prove("key/7");
}

std::vector<Codec> codecs() {
  const auto chain = digest_of("a chain");
  const auto envelope = sample_envelope(chain, 1);
  return {
      {"body", pb::Body::descriptor(), envelope->body_bytes,
       [](ByteView bytes) { return again(decode_body(bytes), encode_body); }},
      {"envelope", pb::Envelope::descriptor(), envelope->bytes,
       [](ByteView bytes) { return bytes_of(decode_envelope(bytes)); }},
      {"batch", pb::Batch::descriptor(),
       make_batch(ReplicaId{0}, 7, {envelope, sample_envelope(chain, 2)})->bytes,
       [](ByteView bytes) { return bytes_of(decode_batch(bytes)); }},
      {"header", pb::Header::descriptor(), encode_header(sample_header()),
       [](ByteView bytes) { return again(decode_header(bytes), encode_header); }},
      {"block", pb::Block::descriptor(), encode_block(sample_certified_block().block),
       [](ByteView bytes) { return again(decode_block(bytes), encode_block); }},
      {"certificate", pb::Certificate::descriptor(), encode_certificate(sample_certificate()),
       [](ByteView bytes) { return again(decode_certificate(bytes), encode_certificate); }},
      {"certified block", pb::CertifiedBlock::descriptor(), encode_certified_block(sample_certified_block()),
       [](ByteView bytes) { return again(decode_certified_block(bytes), encode_certified_block); }},
      {"receipt", pb::Receipt::descriptor(), encode_receipt(sample_receipt(digest_of("tx"), 3)),
       [](ByteView bytes) { return again(decode_receipt(bytes), encode_receipt); }},
      {"parameters", pb::Parameters::descriptor(), encode_parameters(Parameters()),
       [](ByteView bytes) { return again(decode_parameters(bytes), encode_parameters); }},
      {"state proof", pb::StateProof::descriptor(), encode_state_proof(sample_state_proof()),
       [](ByteView bytes) { return again(decode_state_proof(bytes), encode_state_proof); }},
      {"receipt proof", pb::ReceiptProof::descriptor(), encode_receipt_proof(sample_receipt_proof()),
       [](ByteView bytes) { return again(decode_receipt_proof(bytes), encode_receipt_proof); }},
      {"finality proof", pb::FinalityProof::descriptor(), encode_finality_proof(sample_receipt_proof().finality),
       [](ByteView bytes) { return again(decode_finality_proof(bytes), encode_finality_proof); }},
      {"snapshot manifest", pb::SnapshotManifest::descriptor(),
       encode_manifest({chain, Height{9}, digest_of("block"), {digest_of("one"), digest_of("two")}}),
       [](ByteView bytes) { return again(decode_manifest(bytes), encode_manifest); }},
  };
}

}  // namespace

TEST_CASE("every encoding decodes and encodes to the same bytes", "[canonical]") {
  for (const Codec& codec : codecs()) {
    INFO(codec.name);
    const auto again = codec.round_trip(codec.sample);
    REQUIRE(again);
    CHECK(*again == codec.sample);
  }
}

TEST_CASE("CR-01 CR-02 non-canonical bytes of every type are refused", "[canonical]") {
  std::size_t tried = 0;
  for (const Codec& codec : codecs()) {
    for (const Variant& variant : non_canonical_variants(*codec.type, codec.sample)) {
      INFO(codec.name << ": " << variant.name);
      ++tried;
      const auto read = codec.round_trip(variant.bytes);
      REQUIRE_FALSE(read);
      CHECK(read.error().code == Error::Code::Malformed);
    }
  }
  CHECK(tried > 300);
}

TEST_CASE("bytes cut off or added at any place are refused or are another message", "[canonical]") {
  for (const Codec& codec : codecs()) {
    INFO(codec.name);
    for (std::size_t length = 0; length < codec.sample.size(); ++length) {
      const auto read = codec.round_trip(ByteView(codec.sample).substr(0, length));
      if (read) CHECK(*read == codec.sample.substr(0, length));
    }
    CHECK_FALSE(codec.round_trip(codec.sample + '\0'));
  }
}

TEST_CASE("random bytes and flipped bits never crash a decoder, and what decodes encodes to itself",
          "[canonical]") {
  Numbers numbers(1);
  for (const Codec& codec : codecs()) {
    INFO(codec.name);
    for (int i = 0; i < 2000; ++i) {
      const Bytes noise = numbers.bytes(numbers.below(120));
      const auto read = codec.round_trip(noise);
      if (read) CHECK(*read == noise);
    }
    for (int i = 0; i < 2000; ++i) {
      Bytes flipped = codec.sample;
      const std::size_t at = numbers.below(flipped.size());
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << numbers.below(8)));
      const auto read = codec.round_trip(flipped);
      if (read) CHECK(*read == flipped);
    }
  }
}

TEST_CASE("the signed bytes within an envelope must be canonical themselves", "[canonical]") {
  const auto envelope = sample_envelope(digest_of("a chain"), 1);
  for (const Variant& variant : non_canonical_variants(*pb::Body::descriptor(), envelope->body_bytes)) {
    INFO(variant.name);
    pb::Envelope wire;
    REQUIRE(wire.ParseFromString(envelope->bytes));
    wire.set_body(variant.bytes);
    CHECK_FALSE(decode_envelope(canonical(wire)));
  }
}

TEST_CASE("text that is not UTF-8 is refused", "[canonical]") {
  pb::Receipt wire;
  wire.set_tx_id(Bytes(32, 't'));
  wire.add_results()->add_events()->set_data("type");
  Bytes bytes = canonical(wire);
  REQUIRE(decode_receipt(bytes));
  bytes[bytes.find("\x1a\x04type")] = '\x0a';  // the event's data becomes its type
  REQUIRE(decode_receipt(bytes));
  bytes[bytes.find("type")] = '\xff';
  CHECK_FALSE(decode_receipt(bytes));
}

TEST_CASE("nothing is reserved for a length that announces more than is there", "[canonical]") {
  const Bytes announces_50_mb = "\x0a\xff\xe0\xeb\x17";   // field 1, 49,999,999 bytes
  const Bytes results_of_64_mb = "\x1a\xff\xff\xff\x1f";  // field 3: each says that it holds the next
  const Bytes events_of_63_mb = "\x12\xff\xff\xdf\x1e";   // field 2
  const Bytes group = "\xc3\x3e";                         // of another message's field 1000
  for (const Bytes& bytes :
       {announces_50_mb, announces_50_mb + "abc", results_of_64_mb, results_of_64_mb + events_of_63_mb,
        results_of_64_mb + events_of_63_mb + announces_50_mb,
        Bytes("\x1a\x0b") + events_of_63_mb + announces_50_mb + "a", group + announces_50_mb}) {
    pb::Receipt wire;
    const std::size_t before = wire.SpaceUsedLong();
    const auto read = parse_canonical(bytes, wire, "receipt");
    REQUIRE_FALSE(read);
    CHECK(read.error().message == "receipt: not a valid encoding");
    CHECK(wire.SpaceUsedLong() == before);
  }
}

TEST_CASE("groups are refused however deep they are", "[canonical]") {
  pb::Header wire;
  for (const std::size_t depth : {1U, 100U, 1'000'000U}) {
    Bytes groups;
    for (std::size_t i = 0; i < depth; ++i) groups += "\xc3\x3e";  // group 1000 begins
    for (std::size_t i = 0; i < depth; ++i) groups += "\xc4\x3e";  // and ends
    CHECK_FALSE(parse_canonical(groups, wire, "header"));
  }
}

TEST_CASE("an error names what was read", "[canonical]") {
  pb::Header wire;
  CHECK(parse_canonical("\xff", wire, "header").error().message == "header: not a valid encoding");
  CHECK(parse_canonical(Bytes("\x10\x00", 2), wire, "header").error().message ==
        "header: not the canonical encoding");
}

}  // namespace aval::ledger::canonical_test
