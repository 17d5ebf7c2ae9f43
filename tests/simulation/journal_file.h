#pragma once

#include <vector>

#include "consensus/wire.h"
#include "tests/simulation/prng.h"

namespace aval::simulation {

/// One node's vote journal as bytes on a simulated disk: what is synced survives a crash, of what is
/// only written a prefix may survive, cut anywhere, even inside a record.
///   file  = frame*
///   frame = length of the record (8 bytes big endian), first 8 bytes of its SHA-256, record
/// Reading ends at the first frame that is not whole. The file is one epoch's: what was said in another binds
/// nobody.
class JournalFile {
 public:
  explicit JournalFile(ledger::Epoch epoch) : epoch_(epoch) {}

  void write(const std::vector<consensus::Record>& records);
  /// Everything written is on disk.
  void sync() { synced_bytes_ = bytes_.size(); }
  /// A new file with these records takes the place of the old one: written, synced, renamed, and the
  /// directory synced.
  void replace(const std::vector<consensus::Record>& records);
  /// The same, empty, for an epoch that begins.
  void begin(ledger::Epoch epoch);
  ledger::Epoch epoch() const { return epoch_; }
  /// Returns how many bytes are gone.
  std::size_t lose_unsynced(Prng& prng);
  std::vector<consensus::Record> read(const ledger::ChainConfig& config) const;

 private:
  ledger::Epoch epoch_;
  Bytes bytes_;
  std::size_t synced_bytes_ = 0;
};

}  // namespace aval::simulation
