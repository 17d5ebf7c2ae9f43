#include "crypto/keys.h"
#include "crypto/x509.h"
#include "tests/fuzz/target.h"

namespace aval::fuzz {
namespace {

/// A point has one form. Hexadecimal is another way to write the same bytes.
bool public_key(ByteView bytes) {
  const auto key = crypto::PublicKey::from_bytes(bytes);
  if (!key) return false;
  AVAL_CHECK(key->view() == bytes);
  const auto again = crypto::PublicKey::from_hex(key->hex());
  AVAL_CHECK(again && *again == *key);
  // No signature of zeros is anybody's.
  AVAL_CHECK(!crypto::verify(*key, crypto::sha256(bytes), crypto::Signature{}));
  return true;
}

/// What is read of a certificate holds a key that is a point; text with anything around it is not one.
bool certificate_x509(ByteView bytes) {
  const auto read = crypto::parse_certificate(bytes);
  if (!read) return false;
  AVAL_CHECK(crypto::PublicKey::from_bytes(read->public_key.view()).has_value());
  return true;
}

/// A key that is read can be written, read again, and signs.
bool private_key(ByteView bytes) {
  const auto key = crypto::PrivateKey::from_pkcs8_der(bytes);
  if (!key) return false;
  const auto again = crypto::PrivateKey::from_pkcs8_der(key->pkcs8_der());
  AVAL_CHECK(again && again->public_key() == key->public_key());
  const auto digest = crypto::sha256(bytes);
  AVAL_CHECK(crypto::verify(key->public_key(), digest, key->sign(digest)));
  return true;
}

/// Hexadecimal has two digits for each byte; base64 has one form.
bool text_of_bytes(ByteView text) {
  const auto from_hex = aval::from_hex(text);
  if (from_hex) AVAL_CHECK(to_hex(*from_hex).size() == text.size());
  const auto from_64 = round_trip(text, &from_base64, [](const Bytes& bytes) { return to_base64(bytes); });
  return from_hex.has_value() || from_64.has_value();
}

}  // namespace

std::vector<Target> crypto_targets() {
  return {{"public_key", &public_key},
          {"certificate_x509", &certificate_x509},
          {"private_key", &private_key},
          {"text_of_bytes", &text_of_bytes}};
}

}  // namespace aval::fuzz
