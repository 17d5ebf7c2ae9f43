#pragma once

#include <vector>

#include "ledger/snapshot.h"
#include "tests/simulation/prng.h"

namespace aval::simulation {

/// A snapshot as those have it who took it.
struct TakenSnapshot {
  ledger::SnapshotManifest manifest;
  std::vector<Bytes> chunks;
  ledger::FinalityProof finality;
};

/// The chain that somebody joins: two epochs, and the snapshots taken of it at three heights, one of them the end
/// of the first epoch, one without a certificate of its own. Signatures are P-256.
struct JoinWorld {
  explicit JoinWorld(std::size_t validators);

  ledger::ChainConfig genesis;
  std::vector<ledger::LedgerEntry> entries;  // height i + 1 at i
  std::vector<TakenSnapshot> snapshots;      // ascending
};

/// Options of a database on a simulated disk. What fails there for good is thrown as a std::runtime_error.
ledger::Ledger::Options options_on(ledger::StoreDisk& disk);
/// All but the proof that its block is final.
TakenSnapshot take_snapshot(const ledger::LedgerSnapshot& ledger);

}  // namespace aval::simulation
