#include "contracts/cose.h"

#include <catch2/catch.hpp>

#include "tests/unit/contracts/world.h"

namespace aval::contracts::cose_test {
namespace {

Bytes hex(const std::string& digits) { return from_hex(digits).value(); }

const Attestation example = {"shp-1", "MSKU1234565", "device-1", 1000, "LOAD", 1'767'225'600'000};

const std::string example_payload =
    "87"  // array of 7
    "01"  // version 1
    "65"
    "7368702d31"  // "shp-1"
    "6b"
    "4d534b5531323334353635"  // "MSKU1234565"
    "68"
    "6465766963652d31"  // "device-1"
    "1903e8"            // 1000
    "64"
    "4c4f4144"             // "LOAD"
    "1b0000019b76daa800";  // 1767225600000

/// The example with one run of hexadecimal digits replaced.
Bytes bent(const std::string& from, const std::string& to) {
  std::string digits = example_payload;
  const std::size_t at = digits.find(from);
  REQUIRE(at != std::string::npos);
  return hex(digits.replace(at, from.size(), to));
}

Bytes example_message() {
  crypto::Signature signature;
  signature.bytes.fill(0x11);
  return encode_cose_sign1({hex(example_payload), signature});
}

}  // namespace

TEST_CASE("an attestation is the bytes of the page", "[cose]") {
  REQUIRE(to_hex(encode_attestation(example)) == example_payload);
  REQUIRE(decode_attestation(hex(example_payload)).value() == example);
}

TEST_CASE("a COSE_Sign1 is the bytes of the page", "[cose]") {
  REQUIRE(to_hex(example_message()) ==
          "d2"
          "84"
          "43a10126"
          "a0"
          "58"
          "2e" +
              example_payload + "5840" + to_hex(Bytes(64, '\x11')));
  REQUIRE(decode_cose_sign1(example_message()).value().payload == hex(example_payload));
}

TEST_CASE("what a device signs is the Sig_structure of RFC 9052 bound to the chain", "[cose]") {
  crypto::Digest chain;
  chain.bytes.fill(0xAA);
  const std::string external = to_hex("aval/attestation/v1") + "00" + chain.hex();
  const Bytes structure =
      hex("84"
          "6a" +
          to_hex("Signature1") + "43a10126" + "5834" + external + "582e" + example_payload);
  REQUIRE(attestation_signing_digest(chain, hex(example_payload)) == crypto::sha256(structure));
  REQUIRE(attestation_signing_digest({}, hex(example_payload)) != crypto::sha256(structure));
}

TEST_CASE("numbers and lengths in a longer form than needed are refused", "[cose]") {
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "1a000003e8")));          // 1000 in four bytes
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "1b00000000000003e8")));  // in eight
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "1817")));                // 23 in one byte
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "190017")));              // 23 in two
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "1900ff")));              // 255 in two
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "1a0000ffff")));
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "1b00000000ffffffff")));
  REQUIRE_FALSE(decode_attestation(bent("65736870", "7805736870")));  // text length in one more byte
  REQUIRE_FALSE(decode_attestation(bent("8701",
                                        "9807"
                                        "01")));  // array head likewise
}

TEST_CASE("each width is accepted for the numbers that need it", "[cose]") {
  for (const std::uint64_t counter :
       {0ULL, 23ULL, 24ULL, 255ULL, 256ULL, 65'535ULL, 65'536ULL, 0xFFFFFFFFULL, 0x100000000ULL, ~0ULL}) {
    Attestation attestation = example;
    attestation.counter = counter;
    REQUIRE(decode_attestation(encode_attestation(attestation)).value() == attestation);
  }
}

TEST_CASE("other shapes than the one array are refused", "[cose]") {
  REQUIRE_FALSE(decode_attestation(""));
  REQUIRE_FALSE(decode_attestation(hex(example_payload + "00")));                   // something follows
  REQUIRE_FALSE(decode_attestation(hex(example_payload).substr(0, 20)));            // cut
  REQUIRE_FALSE(decode_attestation(hex("9f" + example_payload.substr(2) + "ff")));  // indefinite array
  REQUIRE_FALSE(decode_attestation(bent("8701", "8702")));                          // another version
  REQUIRE_FALSE(decode_attestation(bent("8701", "8601")));                          // six fields announced
  REQUIRE_FALSE(decode_attestation(bent("8701", "a701")));                          // a map
  REQUIRE_FALSE(decode_attestation(bent("65736870", "45736870")));                  // bytes for text
  REQUIRE_FALSE(decode_attestation(bent("657368702d31", "7f657368702d31ff")));      // text in pieces
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "3903e8")));                      // a negative counter
  REQUIRE_FALSE(decode_attestation(bent("1903e8", "f97bff")));                      // a half float
  REQUIRE_FALSE(decode_attestation(bent("657368702d31", "60")));                    // an empty text
  REQUIRE_FALSE(decode_attestation(bent("657368702d31", "65736870002d")));          // a control character
  REQUIRE_FALSE(decode_attestation(bent("657368702d31", "65736870c3a9")));          // beyond ASCII
}

TEST_CASE("texts longer than their bound are refused", "[cose]") {
  Attestation attestation = example;
  attestation.shipment = std::string(64, 's');
  REQUIRE(decode_attestation(encode_attestation(attestation)));
  attestation.shipment = std::string(65, 's');
  REQUIRE_FALSE(decode_attestation(encode_attestation(attestation)));
}

TEST_CASE("only the fixed headers open a COSE_Sign1", "[cose]") {
  const Bytes good = example_message();
  REQUIRE(decode_cose_sign1(good));
  REQUIRE_FALSE(decode_cose_sign1(good.substr(1)));  // untagged
  REQUIRE_FALSE(decode_cose_sign1(good + '\0'));     // something follows
  REQUIRE_FALSE(decode_cose_sign1(good.substr(0, good.size() - 1)));
  for (const unsigned at : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 55U, 56U}) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
      CAPTURE(at, bit);
      REQUIRE_FALSE(decode_cose_sign1(bad));
    }
  }
}

TEST_CASE("no byte string decodes without encoding back to itself", "[cose][property]") {
  Numbers numbers(5);
  const Bytes good = example_message();
  int decoded = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = good;
    for (std::uint64_t changes = 1 + numbers.below(2); changes > 0; --changes) {
      bytes[numbers.below(bytes.size())] = static_cast<char>(numbers.next() & 0xFFU);
    }
    const auto message = decode_cose_sign1(bytes);
    if (!message) continue;
    REQUIRE(encode_cose_sign1(*message) == bytes);
    const auto attestation = decode_attestation(message->payload);
    if (!attestation) continue;
    ++decoded;
    REQUIRE(encode_attestation(*attestation) == message->payload);
  }
  REQUIRE(decoded > 100);
}

}  // namespace aval::contracts::cose_test
