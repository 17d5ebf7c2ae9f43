#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>

#include "crypto/hash.h"

namespace aval::crypto {

/// ECDSA P-256 signature over a digest: r || s, 32 bytes each, big endian, low s (s <= n/2).
struct Signature {
  std::array<std::uint8_t, 64> bytes{};
  ByteView view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  /// Exactly 64 bytes; anything else is Malformed. Ranges are judged by verify().
  static Result<Signature> from_bytes(ByteView bytes);
  auto operator<=>(const Signature&) const = default;
};

/// A P-256 public key in its only accepted form: 33 bytes, SEC 1 compressed. A plain value; the
/// parsed form is cached behind verify().
struct PublicKey {
  std::array<std::uint8_t, 33> bytes{};
  ByteView view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  std::string hex() const { return to_hex(view()); }
  /// Refuses every other length and form, points off the curve and the point at infinity.
  static Result<PublicKey> from_bytes(ByteView bytes);
  static Result<PublicKey> from_hex(std::string_view text);
  auto operator<=>(const PublicKey&) const = default;
};

/// tagged(KeyId, 33 bytes): the name of a key in logs and certificates.
Digest key_id(const PublicKey& key);

/// True when `signature` is a low-s signature by `key` of `digest` (the digest is signed as it is,
/// without hashing again). Thread-safe; parsed keys are kept in a bounded cache per thread.
bool verify(const PublicKey& key, const Digest& digest, const Signature& signature);

/// A P-256 private key in memory, wiped when destroyed. Move only.
class PrivateKey {
 public:
  static PrivateKey generate();
  /// DER of a PKCS#8 PrivateKeyInfo, unencrypted; used by key files and tests only.
  static Result<PrivateKey> from_pkcs8_der(ByteView der);
  /// A key derived from a 32-byte scalar in [1, n-1]; for test vectors and deterministic tests.
  static Result<PrivateKey> from_scalar(ByteView scalar);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;
  ~PrivateKey();

  const PublicKey& public_key() const { return public_key_; }
  /// Signs a digest as it is; the result always has low s.
  Signature sign(const Digest& digest) const;
  Bytes pkcs8_der() const;
  /// The EVP_PKEY* behind this key, for X.509 and TLS inside this room; valid while the key lives.
  void* native() const;

 private:
  struct Impl;
  explicit PrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  PublicKey public_key_;
};

}  // namespace aval::crypto
