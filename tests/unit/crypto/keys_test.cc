#include "crypto/keys.h"

#include <memory>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <catch2/catch.hpp>

#include "crypto/signer.h"

namespace aval::crypto::keys_test {
namespace {

// RFC 6979 A.2.5.
constexpr const char* rfc_scalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr const char* rfc_x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
constexpr const char* rfc_y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

Error::Code refusal_of(const std::string& hex) {
  const auto key = PublicKey::from_hex(hex);
  REQUIRE(!key);
  return key.error().code;
}

PrivateKey key_of(const char* scalar) { return PrivateKey::from_scalar(from_hex(scalar).value()).value(); }

Bytes pkcs8_of(EVP_PKEY* key) {
  PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(key);
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  const Bytes bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  PKCS8_PRIV_KEY_INFO_free(info);
  EVP_PKEY_free(key);
  return bytes;
}

}  // namespace

TEST_CASE("a public key is 33 bytes, compressed, and on the curve", "[keys]") {
  const std::string text = std::string("03") + rfc_x;
  REQUIRE(PublicKey::from_hex(text).value().hex() == text);
  REQUIRE(PublicKey::from_hex(std::string("02") + rfc_x));  // the other y of the same x
  REQUIRE(PublicKey::from_hex("02" + std::string(62, '0') + "05"));
}

TEST_CASE("every other form of a point is refused", "[keys]") {
  const std::string x = rfc_x;
  const std::string y = rfc_y;
  const std::string forms[] = {
      "",
      "00",  // nothing, the point at infinity
      "04" + x + y,
      "07" + x + y,  // uncompressed, hybrid
      "06" + x + y,
      x + y,  //
      "04" + x,
      "00" + x,
      "01" + x,  // 33 bytes with a wrong first byte
      "05" + x,
      "06" + x,
      "07" + x,  //
      "ff" + x,
      "82" + x,  //
      "03" + x.substr(2),
      "03" + x + "00",
      x,
      std::string(66, '0'),  // infinity, padded
  };
  for (const std::string& form : forms) {
    CAPTURE(form);
    REQUIRE(refusal_of(form) == Error::Code::Malformed);
  }
}

TEST_CASE("an x that no point of the curve has is refused", "[keys]") {
  const std::string zeros(62, '0');
  for (const char* last : {"01", "02", "03"}) {
    REQUIRE(refusal_of("02" + zeros + last) == Error::Code::Malformed);
    REQUIRE(refusal_of("03" + zeros + last) == Error::Code::Malformed);
  }
}

TEST_CASE("an x that is not reduced is refused, though its remainder is on the curve", "[keys]") {
  REQUIRE(PublicKey::from_hex("02" + std::string(64, '0')));
  REQUIRE(refusal_of("02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff") ==
          Error::Code::Malformed);
  REQUIRE(refusal_of("02" + std::string(64, 'f')) == Error::Code::Malformed);
}

TEST_CASE("a key id is the tagged hash of the 33 bytes", "[keys]") {
  const PublicKey key = PrivateKey::generate().public_key();
  REQUIRE(key_id(key) == tagged(Tag::KeyId, key.view()));
}

TEST_CASE("a scalar gives the public key that belongs to it", "[keys]") {
  REQUIRE(key_of(rfc_scalar).public_key().hex() == std::string("03") + rfc_x);
  REQUIRE(key_of("0000000000000000000000000000000000000000000000000000000000000002").public_key().hex() ==
          "037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978");
  REQUIRE(key_of("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550").public_key().hex() ==
          "026b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
}

TEST_CASE("a scalar outside 1 to n - 1 is refused", "[keys]") {
  for (const char* text : {"0000000000000000000000000000000000000000000000000000000000000000",
                           "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
                           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "01", ""}) {
    REQUIRE(PrivateKey::from_scalar(from_hex(text).value()).error().code == Error::Code::Malformed);
  }
}

TEST_CASE("a signature always has low s", "[keys]") {
  const Bytes half = from_hex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8").value();
  const PrivateKey key = PrivateKey::generate();
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Digest digest = tagged(Tag::Tx, big_endian(i));
    const Signature signature = key.sign(digest);
    REQUIRE(Bytes(signature.view().substr(32)) <= half);
    REQUIRE(verify(key.public_key(), digest, signature));
  }
}

TEST_CASE("short r and s are written with their leading zeros", "[keys]") {
  // One signature in 128 has a zero byte in front of r or s.
  const PrivateKey key = key_of(rfc_scalar);
  int short_ones = 0;
  for (std::uint64_t i = 0; i < 2000 && short_ones < 3; ++i) {
    const Digest digest = tagged(Tag::Tx, big_endian(i));
    const Signature signature = key.sign(digest);
    if (signature.bytes[0] != 0 && signature.bytes[32] != 0) continue;
    ++short_ones;
    REQUIRE(verify(key.public_key(), digest, signature));
  }
  REQUIRE(short_ones == 3);
}

TEST_CASE("a signature is read from exactly 64 bytes", "[keys]") {
  const Signature signature = PrivateKey::generate().sign(sha256("abc"));
  REQUIRE(Signature::from_bytes(signature.view()).value() == signature);
  for (const std::size_t size : {0u, 63u, 65u, 72u}) {
    REQUIRE(Signature::from_bytes(Bytes(size, '\x01')).error().code == Error::Code::Malformed);
  }
}

TEST_CASE("a private key survives the way through PKCS#8", "[keys]") {
  const PrivateKey key = PrivateKey::generate();
  const PrivateKey again = PrivateKey::from_pkcs8_der(key.pkcs8_der()).value();
  REQUIRE(again.public_key() == key.public_key());
  REQUIRE(verify(key.public_key(), sha256("abc"), again.sign(sha256("abc"))));
}

TEST_CASE("a scalar beside another key's point is refused", "[keys]") {
  Bytes der = PrivateKey::generate().pkcs8_der();
  const Bytes other = PrivateKey::generate().pkcs8_der();
  REQUIRE(der.size() == other.size());
  der.replace(der.size() - 64, 64, other, other.size() - 64, 64);  // the point comes last
  REQUIRE(PrivateKey::from_pkcs8_der(der).error().code == Error::Code::Malformed);
}

TEST_CASE("private keys of other kinds are refused", "[keys]") {
  for (const Bytes& der :
       {pkcs8_of(EVP_EC_gen("P-384")), pkcs8_of(EVP_EC_gen("secp256k1")),
        pkcs8_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), pkcs8_of(EVP_RSA_gen(1024))}) {
    REQUIRE(PrivateKey::from_pkcs8_der(der).error().code == Error::Code::Malformed);
  }
}

TEST_CASE("a truncated or extended PKCS#8 key is refused", "[keys]") {
  const Bytes der = PrivateKey::generate().pkcs8_der();
  for (std::size_t size = 0; size < der.size(); ++size)
    REQUIRE(!PrivateKey::from_pkcs8_der(der.substr(0, size)));
  REQUIRE(!PrivateKey::from_pkcs8_der(der + '\0'));
}

TEST_CASE("a moved key signs as before", "[keys]") {
  PrivateKey key = PrivateKey::generate();
  const PublicKey public_key = key.public_key();
  PrivateKey moved = std::move(key);
  REQUIRE(verify(public_key, sha256("abc"), moved.sign(sha256("abc"))));
  PrivateKey target = PrivateKey::generate();
  target = std::move(moved);
  REQUIRE(target.public_key() == public_key);
  REQUIRE(verify(public_key, sha256("abc"), target.sign(sha256("abc"))));
}

TEST_CASE("a signer signs with the key it names", "[keys]") {
  const std::unique_ptr<Signer> signer = std::make_unique<MemorySigner>(PrivateKey::generate());
  REQUIRE(verify(signer->public_key(), sha256("abc"), signer->sign(sha256("abc")).value()));
}

}  // namespace aval::crypto::keys_test
