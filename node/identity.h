#pragma once

#include <optional>

#include "crypto/base/time.h"
#include "node/config.h"
#include "node/tls.h"

namespace aval::node {

/// Who this node is, read from its key files and checked against the seats of an epoch.
struct Identity {
  ledger::ReplicaId self{};  // no_seat while the member has none
  crypto::PrivateKey vote_key;
  crypto::PublicKey tls_key;
  TlsContext tls;
  std::optional<crypto::PrivateKey> gateway_key;
};

/// Refused unless `config.member` holds a seat of `set`, or `config.join` says that it will, the keys are those of the
/// seat, or with `config.join` those that a later epoch may name, and the files are as private as keys must be; names
/// file and remedy. Keys that the ledger is to name in a later epoch may wait in files beside the present ones, with
/// ".next" behind the name; which of the two a node uses is the ledger's decision.
Result<Identity> read_identity(const Config& config, const ledger::ValidatorSet& set);

/// The network side of a node under one TLS key.
struct TlsIdentity {
  crypto::PublicKey key;
  TlsContext tls;
};

/// The two TLS keys that may lie beside each other, for a node that its peers take for nobody: they may be in an epoch in
/// which its seat has the one that it does not show, and only behind that one does it get the blocks that say so.
class TlsTurns {
 public:
  explicit TlsTurns(const Config& config) : config_(config) {}
  /// The one that is not `in_use`. None when there is one only, or when it cannot be read, or when the last turn was a
  /// moment ago.
  std::optional<TlsIdentity> take(const ledger::ValidatorSet& set, const crypto::PublicKey& in_use);

 private:
  const Config& config_;
  TimePoint not_before_;
};

}  // namespace aval::node
