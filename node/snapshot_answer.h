#pragma once

#include "node/snapshot_messages.h"
#include "node/snapshot_store.h"

namespace aval::node {

/// The encoded answer to a question of a peer that joins, from the snapshots and the ledger of this node. An
/// offer is made only of what the ledger can show to be final. Malformed for what is no question. Reads the
/// disk; from any thread.
Result<Bytes> answer_snapshot_question(ByteView question, const SnapshotStore& store,
                                       const ledger::LedgerSnapshot& ledger);

}  // namespace aval::node
