#pragma once

#include <memory>

#include "consensus/journal.h"
#include "contracts/genesis.h"
#include "ledger/ledger.h"
#include "node/journal_file.h"

namespace aval::node {

/// Where a node keeps its record and its votes.
struct StoragePlaces {
  std::filesystem::path database;
  ledger::Ledger::Options ledger;
  JournalPlace votes;
};

/// What is on disk, opened and checked: the record, the vote journal, and what a replica starts from.
struct Recovery {
  std::unique_ptr<ledger::Ledger> ledger;
  JournalFile journal;
  consensus::Recovered recovered;
  bool torn_tail_cut = false;  // of the journal
};

/// Opens both, or makes them when this is the node's first start. Corrupt when the two do not fit
/// together: a journal that is missing, behind or beside what the ledger saw of it, or a ledger that
/// has lost blocks the journal no longer holds. A journal of an earlier epoch gives way to a new one. Without
/// `vote_key`, because it was given up, the journal is nobody's, and nothing is asked of what was there before.
Result<Recovery> recover(const StoragePlaces& places, const contracts::GenesisState& genesis,
                         const std::optional<crypto::PublicKey>& vote_key);
/// The same for a record that is open already.
Result<Recovery> recover(const StoragePlaces& places, std::unique_ptr<ledger::Ledger> ledger,
                         const std::optional<crypto::PublicKey>& vote_key);

/// What the first replica of an epoch starts from, on the block at the head that ended the one before.
consensus::Recovered at_epoch_start(const ledger::LedgerSnapshot& ledger);

}  // namespace aval::node
