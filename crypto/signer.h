#pragma once

#include "crypto/keys.h"

namespace aval::crypto {

/// Something that holds a private key and signs digests with it: a key file today, an HSM later.
/// Implementations are safe to call from several threads.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const PublicKey& public_key() const = 0;
  /// Io when the device that holds the key fails; a node that gets that stops voting.
  virtual Result<Signature> sign(const Digest& digest) = 0;
};

/// Signs with a key held in memory.
class MemorySigner final : public Signer {
 public:
  explicit MemorySigner(PrivateKey key) : key_(std::move(key)) {}
  const PublicKey& public_key() const override { return key_.public_key(); }
  Result<Signature> sign(const Digest& digest) override { return key_.sign(digest); }
  const PrivateKey& key() const { return key_; }

 private:
  PrivateKey key_;
};

}  // namespace aval::crypto
