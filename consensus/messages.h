#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "ledger/certificate.h"
#include "ledger/chain_config.h"

/// What replicas say to each other. Small structs; consensus/wire.h gives them bytes.
namespace aval::consensus {

using ledger::BatchPtr;
using ledger::Block;
using ledger::BlockHash;
using ledger::Certificate;
using ledger::Epoch;
using ledger::Header;
using ledger::Height;
using ledger::Phase;
using ledger::ReplicaId;
using ledger::View;
using ledger::Vote;
using ledger::next;
using ledger::number;

/// A batch on its way from its origin, or to somebody who asked for it.
struct BatchMessage {
  BatchPtr batch;
};

/// The primary of `view` puts a block forward. Signs tagged(Proposal, chain, epoch, view, block hash).
struct Proposal {
  Epoch epoch{};
  View view{};
  Block block;
  ReplicaId from{};
  crypto::Signature signature;
};

/// A prepare or a commit.
struct SignedVote {
  Vote vote;
  ReplicaId from{};
  crypto::Signature signature;
};

/// "I have left every view below `view`, and this is all I know that could have become final."
struct ViewChange {
  Epoch epoch{};
  View view{};
  ReplicaId from{};
  Header final_header;                            // of the sender's last final block (genesis: height 0)
  std::optional<Certificate> final_certificate;   // commit certificate at or above it; absent at height 0
  std::optional<Certificate> prepared;            // highest prepare certificate by (view, height), above final
  std::vector<Header> headers;                    // final + 1 .. prepared.height, when prepared is present
  crypto::Signature signature;                    // over tagged(ViewChange, canonical bytes without it)
};

/// The primary of `view` opens it: q view changes. The tip follows from them (view_change.h).
struct NewView {
  Epoch epoch{};
  View view{};
  ReplicaId from{};
  std::vector<ViewChange> view_changes;  // exactly q, ascending by sender
  crypto::Signature signature;           // over tagged(NewView, canonical bytes without it)
};

/// Where the sender stands; sent at each retransmission interval. Unsigned: it is only believed of
/// the peer at the other end of the authenticated link, and only makes us send or ask.
struct StatusMessage {
  Epoch epoch{};
  View view{};
  Height final_height{};
  bool in_view_change = false;
  bool wishes_to_leave = false;  // would rather be in the view after `view`; binds the sender to nothing
};

struct FetchBatches { std::vector<crypto::Digest> digests; };
/// Asks for a block above the final one by hash (the tip of a new view and what it rides on).
struct FetchBlock { BlockHash hash; };
struct BlockReply { Block block; };
/// Asks for final blocks from `first` on.
struct FetchFinal { Height first{}; };
/// Consecutive final blocks, the last one with a certificate.
struct FinalBlocks { std::vector<ledger::CertifiedBlock> blocks; };

using Message = std::variant<BatchMessage, Proposal, SignedVote, ViewChange, NewView, StatusMessage,
                             FetchBatches, FetchBlock, BlockReply, FetchFinal, FinalBlocks>;

/// The name of a message's kind for logs and metrics, such as "proposal".
const char* kind_of(const Message& message);
/// Every certificate that the message shows.
std::vector<const Certificate*> certificates_in(const Message& message);

}  // namespace aval::consensus
