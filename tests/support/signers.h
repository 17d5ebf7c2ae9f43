#pragma once

#include <vector>

#include "crypto/signer.h"
#include "ledger/certificate.h"

/// Signatures for a world without chance. OpenSSL's ECDSA draws a nonce, so two runs of a seed would
/// differ in every byte that holds a signature.
namespace aval::support {

/// A key that exists in every run: the curve point of a small scalar. Keys are made once a process.
const crypto::PublicKey& key_of(std::uint32_t scalar);
/// As messages carry it.
inline Bytes bytes_of(const crypto::PublicKey& key) { return Bytes(key.view()); }

/// A vote signature that costs two hashes: tagged(TestSigner, key || digest) and that of the first
/// half. It proves nothing to anybody but check_toy_signature().
class ToySigner final : public crypto::Signer {
 public:
  explicit ToySigner(std::uint32_t scalar) : key_(key_of(scalar)) {}
  const crypto::PublicKey& public_key() const override { return key_; }
  Result<crypto::Signature> sign(const crypto::Digest& digest) override;

 private:
  crypto::PublicKey key_;
};

bool check_toy_signature(const crypto::PublicKey& key, const crypto::Digest& digest,
                         const crypto::Signature& signature);

/// True ECDSA with the nonce 1: r is the base point's x, s = digest + r * scalar modulo the order.
/// Any verifier takes it, and whoever sees one learns the key, which is no secret here.
class UnitNonceSigner final : public crypto::Signer {
 public:
  explicit UnitNonceSigner(std::uint32_t scalar);
  const crypto::PublicKey& public_key() const override { return key_; }
  Result<crypto::Signature> sign(const crypto::Digest& digest) override;

 private:
  crypto::PublicKey key_;
  std::array<std::uint8_t, 32> r_times_scalar_{};
};

}  // namespace aval::support
