#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "crypto/keys.h"
#include "ledger/certificate.h"

struct ssl_ctx_st;
struct ssl_st;

namespace aval::node {

/// Who is who on the peer network: the TLS keys of the validator set. A certificate is only the
/// envelope of such a key; its names, issuer and chain say nothing about identity.
class PeerDirectory {
 public:
  /// All that hold a seat, with a vote or observing.
  explicit PeerDirectory(const ledger::ValidatorSet& set);
  std::optional<ledger::ReplicaId> find(const crypto::PublicKey& tls_key) const;

 private:
  std::map<crypto::PublicKey, ledger::ReplicaId> by_key_;
};

/// One end's TLS settings for both roles: TLS 1.3 only, P-256 certificates, both ends must show one,
/// no session tickets, no early data. The handshake ends in refusal unless the peer's key is in the
/// directory or strangers are admitted. A certificate of a validator outside its validity is logged as an alarm and accepted:
/// expiry of a file must not silence a bank.
class TlsContext {
 public:
  /// `certificate_pem` must be for `key`; `issuer_pem` may be empty and is sent along when not.
  static Result<TlsContext> make(const crypto::PrivateKey& key, const Bytes& certificate_pem,
                                 const Bytes& issuer_pem, PeerDirectory directory);
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

  ssl_ctx_st* native() const;
  /// Who is who from now on. Links that are up are not looked at.
  void know(PeerDirectory directory);
  /// Whether handshakes from now on end well with a key that is not in the directory. Who that is must then be shown.
  void admit_strangers(bool admit);
  std::optional<ledger::ReplicaId> find(const crypto::PublicKey& tls_key) const;
  /// The key at the other end of a finished handshake.
  static std::optional<crypto::PublicKey> key_of(const ssl_st* connection);

 private:
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aval::node
