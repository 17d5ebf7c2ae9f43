#pragma once

#include <variant>
#include <vector>

#include "consensus/messages.h"

namespace aval::consensus {

/// What must be on disk before what depends on it is sent. The journal is the sequence of these; at
/// restart the replica is rebuilt from the last final block and the records kept.

/// A batch body named by a block this replica is about to vote for.
struct BatchRecord { BatchPtr batch; };
/// A block this replica is about to vote for in `view`; its batches stand before it.
struct BlockRecord { View view{}; Block block; };
/// A vote about to be sent.
struct VoteRecord { Vote vote; };
/// The highest prepare certificate so far; stands before the commit vote it allows.
struct PreparedRecord { Certificate certificate; };
/// A view change about to be sent: no vote below its view after this.
struct ViewChangeRecord { ViewChange message; };
/// A new view this replica has entered, with its proof.
struct NewViewRecord { NewView message; };
/// A commit certificate this replica has seen complete: the block and all below it are final.
struct FinalRecord { Certificate certificate; };

using Record =
    std::variant<BatchRecord, BlockRecord, VoteRecord, PreparedRecord, ViewChangeRecord, NewViewRecord, FinalRecord>;

/// What a replica starts from: the head of the ledger on disk, with a certificate at or above it
/// (absent at height 0), the journal's records in the order they were written, and what
/// recent_batches() finds in that ledger. Records about heights at or below the head are passed over,
/// except that votes and views are never forgotten.
struct Recovered {
  Header final_header;
  std::optional<Certificate> final_certificate;
  std::vector<Record> records;
  std::vector<crypto::Digest> final_batches = {};
};

/// What of it binds a replica of `epoch`: views and votes are of one epoch, and what was said in earlier ones
/// binds nobody any more. The driver keeps what was said in a later one for the replica of that epoch.
Recovered of_epoch(Epoch epoch, Recovered recovered);

}  // namespace aval::consensus
