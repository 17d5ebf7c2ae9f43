#include "ledger/envelope.h"

#include <catch2/catch.hpp>

#include "ledger/canonical.h"
#include "ledger/wire.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::envelope_test {
namespace {

const crypto::Digest chain = digest_of("a chain");

pb::Envelope wire_of(const Envelope& envelope) {
  pb::Envelope wire;
  AVAL_CHECK(wire.ParseFromString(envelope.bytes));
  return wire;
}

Result<Body> again(const Body& body) { return decode_body(encode_body(body)); }

}  // namespace

TEST_CASE("a signed envelope decodes to what was signed", "[envelope]") {
  auto maker = signer(1);
  auto checker = signer(2);
  const Body body = sample_body(chain, 7);
  const Envelope signed_envelope = sign_envelope(body, {&maker, &checker}).value();
  const Envelope envelope = decode_envelope(signed_envelope.bytes).value();
  CHECK(envelope.body == body);
  CHECK(envelope.body_bytes == encode_body(body));
  CHECK(envelope.tx_id == crypto::tagged(crypto::Tag::Tx, envelope.body_bytes));
  CHECK(envelope.bytes == signed_envelope.bytes);
  CHECK(envelope.signatures == signed_envelope.signatures);
  CHECK(envelope.signatures.size() == 2);
  CHECK(signatures_valid(envelope));
}

TEST_CASE("one wrong signature among several makes the envelope's signatures invalid", "[envelope]") {
  auto maker = signer(1);
  auto checker = signer(2);
  const Envelope good = sign_envelope(sample_body(chain, 7), {&maker, &checker}).value();
  for (std::size_t i = 0; i < 2; ++i) {
    Envelope bad = good;
    bad.signatures[i].signature.bytes[5] ^= 1U;
    CHECK_FALSE(signatures_valid(bad));
  }
  Envelope exchanged = good;
  std::swap(exchanged.signatures[0].signature, exchanged.signatures[1].signature);
  CHECK_FALSE(signatures_valid(exchanged));
}

TEST_CASE("CR-15 the transaction id does not depend on signatures", "[envelope]") {
  auto maker = signer(1);
  auto checker = signer(2);
  const Body body = sample_body(chain, 7);
  const Envelope first = sign_envelope(body, {&maker}).value();
  const Envelope second = sign_envelope(body, {&maker}).value();
  const Envelope third = sign_envelope(body, {&checker, &maker}).value();
  CHECK(first.tx_id == second.tx_id);
  CHECK(first.tx_id == third.tx_id);
  CHECK(first.bytes != third.bytes);
  CHECK(decode_envelope(third.bytes)->tx_id == first.tx_id);
}

TEST_CASE("CR-03 the order of signers does not change the envelope's keys", "[envelope]") {
  auto maker = signer(1);
  auto checker = signer(2);
  const Envelope one = sign_envelope(sample_body(chain, 7), {&maker, &checker}).value();
  const Envelope other = sign_envelope(sample_body(chain, 7), {&checker, &maker}).value();
  REQUIRE(one.signatures.size() == other.signatures.size());
  for (std::size_t i = 0; i < one.signatures.size(); ++i)
    CHECK(one.signatures[i].key == other.signatures[i].key);
}

TEST_CASE("CR-07 bytes moved between neighbouring fields of a body give another id", "[envelope]") {
  const auto id_of = [](const Body& body) { return crypto::tagged(crypto::Tag::Tx, encode_body(body)); };
  Body body = sample_body(chain, 7);
  body.member = "ab";
  body.client_ref = "cd";
  body.commands = {"ef", "gh"};
  std::vector<Body> moved(5, body);
  moved[0].member = "abc", moved[0].client_ref = "d";
  moved[1].client_ref = "cde", moved[1].commands = {"f", "gh"};
  moved[2].commands = {"efg", "h"};
  moved[3].commands = {"efgh"};
  moved[4].commands = {"ef", "gh", ""};
  for (const Body& other : moved) CHECK(id_of(other) != id_of(body));
}

TEST_CASE("a body outside its limits is refused", "[envelope]") {
  const Body good = sample_body(chain, 7);
  REQUIRE(again(good));
  for (const char* member : {"", "Acme", "a b", "a_b", "\xc3\xa4"}) {
    Body body = good;
    body.member = member;
    CHECK_FALSE(again(body));
  }
  Body body = good;
  body.member = Bytes(64, 'm');
  CHECK(again(body));
  body.member = Bytes(65, 'm');
  CHECK_FALSE(again(body));
  body = good;
  body.client_ref = Bytes(64, '\xff');
  CHECK(again(body));
  body.client_ref = Bytes(65, 'r');
  CHECK_FALSE(again(body));
  body.client_ref.clear();
  CHECK_FALSE(again(body));
  body = good;
  body.commands.assign(1000, "c");
  CHECK(again(body));
  body.commands.assign(1001, "c");
  CHECK_FALSE(again(body));
  body.commands.clear();
  CHECK_FALSE(again(body));
}

TEST_CASE("a body names its chain in exactly 32 bytes", "[envelope]") {
  pb::Body wire;
  REQUIRE(wire.ParseFromString(encode_body(sample_body(chain, 7))));
  for (const std::size_t length : {0U, 31U, 33U}) {
    wire.set_chain_id(Bytes(length, 'c'));
    CHECK_FALSE(decode_body(canonical(wire)));
  }
}

TEST_CASE("an envelope without signatures, with nine, or with one key twice is refused", "[envelope]") {
  const auto envelope = sample_envelope(chain, 7);
  auto wire = wire_of(*envelope);
  *wire.add_signatures() = wire.signatures(0);
  CHECK_FALSE(decode_envelope(canonical(wire)));
  wire.clear_signatures();
  CHECK_FALSE(decode_envelope(canonical(wire)));

  std::vector<crypto::MemorySigner> holders;
  std::vector<crypto::Signer*> signers;
  for (std::uint32_t i = 0; i < 9; ++i) holders.push_back(signer(i));
  for (auto& holder : holders) signers.push_back(&holder);
  CHECK_FALSE(sign_envelope(sample_body(chain, 7), signers));
  signers.pop_back();
  const Envelope eight = sign_envelope(sample_body(chain, 7), signers).value();
  REQUIRE(decode_envelope(eight.bytes));
  auto nine = wire_of(eight);
  auto* ninth = nine.add_signatures();
  ninth->set_public_key(Bytes(holders.back().public_key().view()));
  ninth->set_signature(Bytes(64, 's'));
  CHECK_FALSE(decode_envelope(canonical(nine)));
}

TEST_CASE("an envelope's signatures out of order are refused", "[envelope]") {
  auto maker = signer(1);
  auto checker = signer(2);
  auto wire = wire_of(sign_envelope(sample_body(chain, 7), {&maker, &checker}).value());
  REQUIRE(decode_envelope(canonical(wire)));
  wire.mutable_signatures()->SwapElements(0, 1);
  CHECK_FALSE(decode_envelope(canonical(wire)));
}

TEST_CASE("CR-04 an envelope with a key that is no compressed point of the curve is refused", "[envelope]") {
  auto wire = wire_of(*sample_envelope(chain, 7));
  for (const Bytes& key : {Bytes(), Bytes(32, 'k'), Bytes(33, '\xff'), Bytes(33, '\0'), Bytes(65, '\x04')}) {
    wire.mutable_signatures(0)->set_public_key(key);
    CHECK_FALSE(decode_envelope(canonical(wire)));
  }
}

TEST_CASE("nobody, and nobody twice, can sign an envelope", "[envelope]") {
  auto maker = signer(1);
  CHECK_FALSE(sign_envelope(sample_body(chain, 7), {}));
  CHECK_FALSE(sign_envelope(sample_body(chain, 7), {&maker, &maker}));
}

TEST_CASE("a body outside its limits is not signed", "[envelope]") {
  auto maker = signer(1);
  Body body = sample_body(chain, 7);
  body.member = "Not A Member Id";
  CHECK_FALSE(sign_envelope(body, {&maker}));
}

}  // namespace aval::ledger::envelope_test
