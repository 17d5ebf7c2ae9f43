#pragma once

// The curve and its two encodings of a signature. Included by .cc files of this room only.

#include <array>
#include <cstdint>
#include <span>

#include "crypto/keys.h"
#include "crypto/openssl.h"

namespace aval::crypto::p256 {

using Scalar = std::span<const std::uint8_t, 32>;  // big endian

/// The order of the base point, and half of it rounded down.
extern const std::array<std::uint8_t, 32> order;
extern const std::array<std::uint8_t, 32> half_order;

/// True for 1 <= scalar <= bound.
bool in_range(Scalar scalar, const std::array<std::uint8_t, 32>& bound);

/// A DER SEQUENCE of two INTEGERs: at most 72 bytes for this curve.
struct DerSignature {
  std::array<std::uint8_t, 72> bytes;
  std::size_t size = 0;
};
DerSignature to_der(const Signature& signature);

/// Reads what OpenSSL wrote and replaces a high s by n - s.
Signature from_der_low_s(ByteView der);

/// The shared, read-only group.
const EC_GROUP* group();

/// Parses a compressed point; null when it is not one.
PkeyPtr parse(const PublicKey& key);

/// True when this thread has verified a signature by `key` and still keeps it parsed: then it is a point
/// of the curve, and decoding it again would cost half of another verification.
bool is_known_point(const PublicKey& key);

/// The compressed form of an OpenSSL public key on P-256; Malformed for any other key.
Result<PublicKey> compress(EVP_PKEY* key);

/// From SEC 1 bytes, compressed or uncompressed.
Result<PublicKey> compress(ByteView sec1);

/// A key pair made of a public point (SEC 1) and, unless null, its scalar; null when refused.
PkeyPtr from_parts(ByteView sec1, const BIGNUM* scalar);

}  // namespace aval::crypto::p256
