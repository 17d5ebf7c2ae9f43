#pragma once

#include "node/config.h"
#include "node/data_dir.h"
#include "node/ledger_worker.h"

namespace aval::node {

/// A node that has no database yet asks its peers for a snapshot, fetches it from all that have it, checks it,
/// and puts it in the place of the database; then it starts from there. It says nothing else meanwhile, and the
/// API is not open. A stop in between loses nothing: the next start goes on. Without a snapshot that f+1 voters
/// offer it leaves everything as it is, and the node follows the blocks from the genesis.
/// Does nothing when there is a database. Fails when the peers' port cannot be bound, or on a bad disk.
Result<void> join_if_new(const Config& config, const ledger::ChainConfig& genesis, const DataDir& directory,
                         const ledger::Ledger::Options& options);

}  // namespace aval::node
