#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/recovery.h"
#include "tests/support/simulated_store.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::storage_test {

/// What on_fatal ends in where a process would end.
struct Stopped {
  std::string what;
};

/// A chain made once, that scripted nodes write down.
class Script {
 public:
  explicit Script(std::size_t blocks);

  const contracts::GenesisState& genesis() const { return genesis_; }
  /// The vote key of validator 0, whose storage it is.
  const crypto::PublicKey& vote_key() const { return genesis_.config.validators.validators.front().vote_key; }
  std::size_t blocks() const { return entries_.size(); }
  const ledger::LedgerEntry& entry(std::uint64_t height) const { return entries_[height - 1]; }
  /// The header at a height; 0 is that of the genesis.
  ledger::Header header(std::uint64_t height) const;
  /// Records that make the vote for the block one that may be sent, then the commit vote, then the end.
  std::vector<Bytes> before_prepare(std::uint64_t height) const;
  std::vector<Bytes> before_commit(std::uint64_t height) const;
  std::vector<Bytes> at_end(std::uint64_t height) const;

 private:
  ledger::Vote vote(std::uint64_t height, ledger::Phase phase) const;

  contracts::GenesisState genesis_;
  std::vector<ledger::LedgerEntry> entries_;
};

/// What a node has promised the world so far.
struct Promises {
  std::uint64_t final_height = 0;
  /// How the records in the journal must begin: in one of these ways (in two, while a new journal
  /// takes the place of the old one).
  std::vector<std::vector<Bytes>> journals = {{}};
  bool has_begun = false;  // it has said anything at all
};

/// Where the storage of the node in these tests lives on a disk.
node::StoragePlaces places_on(support::SimulatedDisk& disk, support::SimulatedStore& store);

/// The storage of one node, driven as the ledger thread drives it, on a disk that tests break.
class ScriptedNode {
 public:
  ScriptedNode(const Script& script, support::SimulatedDisk& disk);

  /// Opens what is on the disk.
  Result<void> start();
  /// The block above the head, from proposal to ledger: every promise is made when the disk allows it.
  Result<void> add_block();
  /// Forces the ledger to disk, as it happens now and then.
  void force();
  Result<void> restart_journal();
  /// A block and, every so often, what else a node does to its disk.
  Result<void> live_through_a_block();

  std::uint64_t height() const { return ledger::number(recovery_->ledger->head().height); }
  const Promises& promises() const { return promises_; }
  node::Recovery& recovery() { return *recovery_; }

 private:
  Result<void> promise(const std::vector<Bytes>& payloads);

  const Script& script_;
  support::SimulatedDisk& disk_;
  support::SimulatedStore store_;
  std::optional<node::Recovery> recovery_;
  Promises promises_;
};

/// How a start on a disk ended.
struct Judgement {
  enum class End { Normal, Recovering, Stopped };
  End end = End::Normal;
  std::string why;                   // unless Normal
  std::optional<std::string> wrong;  // what must never be
};

/// Starts on this image with the program's own code and compares what it finds with what was promised.
/// A normal start must have everything, and go on as if nothing had been; any other must be by name.
Judgement start_and_judge(const Script& script, const support::DiskImage& image, const Promises& promises);

/// The same, and every block, transaction and entry is read back: each must be the one that was written,
/// or end in a stop.
Judgement start_and_read_all(const Script& script, const support::DiskImage& image, const Promises& promises);

}  // namespace aval::storage_test
