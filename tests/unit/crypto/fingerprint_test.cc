#include "crypto/fingerprint.h"

#include <catch2/catch.hpp>

namespace aval::crypto::fingerprint_test {

TEST_CASE("HMAC-SHA256 follows the test cases of RFC 4231", "[fingerprint]") {
  const auto hmac = [](ByteView key, ByteView bytes) { return hmac_sha256(key, bytes).hex(); };
  REQUIRE(hmac(Bytes(20, '\x0b'), "Hi There") ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  REQUIRE(hmac("Jefe", "what do ya want for nothing?") ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  REQUIRE(hmac(Bytes(20, '\xaa'), Bytes(50, '\xdd')) ==
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  REQUIRE(hmac(Bytes(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC-SHA256 takes an empty key and an empty message", "[fingerprint]") {
  REQUIRE(hmac_sha256({}, {}).hex() == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("a fingerprint is the keyed hash of the tag, a zero byte and the bytes", "[fingerprint]") {
  const Bytes message = Bytes(tag_text(Tag::Fingerprint)) + '\0' + "invoice 7";
  REQUIRE(fingerprint("consortium secret", "invoice 7") == hmac_sha256("consortium secret", message));
}

TEST_CASE("a fingerprint cannot be computed without the key", "[fingerprint]") {
  REQUIRE(fingerprint("one key", "invoice 7") != fingerprint("another key", "invoice 7"));
  REQUIRE(fingerprint("one key", "invoice 7") != fingerprint("one key", "invoice 8"));
}

}  // namespace aval::crypto::fingerprint_test
