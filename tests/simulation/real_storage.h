#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/journal.h"
#include "contracts/genesis.h"
#include "node/recovery.h"
#include "tests/simulation/prng.h"
#include "tests/support/simulated_store.h"

namespace aval::simulation {

/// One node's vote journal and ledger as the program itself keeps them: its own code, LevelDB included, on a
/// simulated disk. What fails here fails for good, as in a process that ends.
class RealStorage {
 public:
  /// Which key votes, by what the ledger on the disk says.
  using VoteKey = std::function<crypto::PublicKey(const ledger::ChainConfig&)>;

  RealStorage(const contracts::GenesisState& genesis, VoteKey vote_key);
  ~RealStorage();

  /// Starts from what is on the disk, as the program does. After a crash of the usual kind anything but a
  /// normal start is an error.
  Result<consensus::Recovered> open();
  Result<void> persist(const std::vector<consensus::Record>& records);
  Result<void> append(const ledger::LedgerEntry& entry);
  /// Forces the ledger to disk.
  Result<void> force();
  Result<void> restart_journal(const std::vector<consensus::Record>& records);
  /// Makes the journal of the epoch that the ledger's head begins. `is_named`: its key has a seat.
  Result<void> begin_epoch(bool is_named);
  /// The power goes, maybe while these records are being written (power_cut.h).
  void crash(const std::vector<consensus::Record>& under_way, Prng& prng);
  /// Did the last start cut off a torn end of the journal?
  bool was_torn() const { return recovery_ && recovery_->torn_tail_cut; }

 private:
  node::StoragePlaces places();

  const contracts::GenesisState& genesis_;
  VoteKey vote_key_;
  std::unique_ptr<support::SimulatedDisk> disk_;
  std::unique_ptr<support::SimulatedStore> store_;
  std::optional<node::Recovery> recovery_;
};

}  // namespace aval::simulation
