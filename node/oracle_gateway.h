#pragma once

#include <variant>

#include "crypto/signer.h"
#include "node/api_backend.h"

namespace aval::node {

/// Turns a device's message into a transaction of an oracle member, signed with the gateway's key. An
/// ordinary client otherwise: it could as well run in a process of its own.
class OracleGateway {
 public:
  OracleGateway(crypto::PrivateKey key, std::string member)
      : signer_(std::move(key)), member_(std::move(member)) {}

  /// The envelope for a COSE_Sign1 message, or the end of the transaction that brought this very message
  /// before. Refused, starting with the contract's code, when the command would be refused in the next
  /// block. Safe from any thread. The message's digest is the client reference, so it is taken in once.
  Result<std::variant<TxState, Bytes>> wrap(ByteView cose_sign1, const LedgerView& view);

 private:
  ledger::Body body_for(ByteView cose_sign1, const LedgerView& view) const;

  crypto::MemorySigner signer_;
  std::string member_;
};

}  // namespace aval::node
