#pragma once

#include <optional>

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
/// file and remedy. Keys that the ledger is
/// to name in a later epoch may wait in files beside the present ones, with ".next" behind the name; which of
/// the two a node uses is the ledger's decision.
Result<Identity> read_identity(const Config& config, const ledger::ValidatorSet& set);

/// The network side of a node under one TLS key.
struct TlsIdentity {
  crypto::PublicKey key;
  TlsContext tls;
};

/// Of the two TLS keys that may lie beside each other the one that is not `in_use`; none when there is one only. For
/// a node that others take for nobody: they may be in an epoch that names its other key.
Result<std::optional<TlsIdentity>> read_other_tls(const Config& config, const ledger::ValidatorSet& set,
                                                  const crypto::PublicKey& in_use);

}  // namespace aval::node
