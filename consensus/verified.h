#pragma once

#include "consensus/messages.h"
#include "ledger/evidence.h"

namespace aval::consensus {

/// A message whose form and signatures were checked, with the peer whose link it came over. Only
/// verify() makes one, so the replica cannot be handed anything else.
class Verified {
 public:
  ReplicaId peer() const { return peer_; }
  const Message& message() const { return message_; }

 private:
  friend Result<Verified> verify(Message, ReplicaId, const ledger::ChainConfig&, ledger::SignatureCheck);
  Verified(Message message, ReplicaId peer) : message_(std::move(message)), peer_(peer) {}
  Message message_;
  ReplicaId peer_{};
};

/// Checks every signature in `message` (of the signer it names, all certificates in it, every client
/// signature of a batch) and everything else that needs no replica state. Pure; runs on any thread.
/// Refused, saying why, when anything does not hold; Corrupt when it is a signature of the epoch that this peer need
/// not have sent on: of a vote, a proposal, or a client in a batch. A BatchMessage pushed by its origin and one
/// fetched from elsewhere are treated alike: the digest names the content.
Result<Verified> verify(Message message, ReplicaId peer, const ledger::ChainConfig& config,
                        ledger::SignatureCheck check = &crypto::verify);

/// The digests that primaries and view changers sign.
using ledger::proposal_digest;
crypto::Digest signing_digest(const crypto::Digest& chain_id, const ViewChange& message);
crypto::Digest signing_digest(const crypto::Digest& chain_id, const NewView& message);

}  // namespace aval::consensus
