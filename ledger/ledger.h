#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ledger/chain_config.h"
#include "ledger/receipt.h"
#include "ledger/state.h"
#include "ledger/store_disk.h"

namespace aval::ledger {

/// Where a transaction stands in the chain.
struct TxLocation {
  Height height{};
  std::uint32_t index = 0;
  bool operator==(const TxLocation&) const = default;
};

/// Everything one final block adds; written as one LevelDB batch.
struct LedgerEntry {
  CertifiedBlock block;
  std::vector<EnvelopePtr> transactions;  // the included ones, in order of tx_root
  std::vector<Receipt> receipts;          // same order
  WriteSet writes;
};

/// Where a ledger begins: with the genesis, or with the block of a snapshot. Of blocks up to there it has no
/// bodies and no receipts.
struct LedgerBase {
  Height height{};
  std::optional<Certificate> certificate;  // over the block of a snapshot: its own, or of one above it
};

/// A consistent read-only view of the ledger at one height; safe to use from any thread.
class LedgerSnapshot : public StateReader {
 public:
  virtual Header head() const = 0;  // genesis_header at height 0
  virtual LedgerBase base() const { return {}; }
  /// nullopt up to the base.
  virtual std::optional<CertifiedBlock> block(Height height) const = 0;
  /// Up to the base only of the blocks that came with the snapshot.
  virtual std::optional<Header> header(Height height) const = 0;
  /// The batches that the block at `height` orders, in block order; empty above the head.
  virtual std::vector<BatchRef> batch_refs(Height height) const = 0;
  /// Newest first is not offered: callers page by height.
  virtual std::vector<Receipt> receipts(Height height) const = 0;
  virtual std::optional<TxLocation> find(const TxId& tx_id) const = 0;
  /// Self-contained proof of a transaction's end; nullopt when it has none yet, or had it below the base.
  virtual std::optional<ReceiptProof> receipt_proof(const TxId& tx_id) const = 0;
  /// Shows that the block at `height` is final; nullopt when no certificate here carries it.
  virtual std::optional<FinalityProof> finality_proof(Height) const { return std::nullopt; }
  /// The validators of an epoch that has begun; nullopt of a later one.
  virtual std::optional<ValidatorSet> validators(Epoch epoch) const = 0;
  /// How the set of one epoch led to that of a later one, which must have begun.
  virtual std::vector<EpochStep> epoch_steps(Epoch from, Epoch to) const = 0;
};

/// The record on disk: one LevelDB, one write batch per block. Owned by one thread; snapshots may
/// go anywhere. The first failed write calls `on_fatal` (which must not return) and nothing is
/// retried: a failed LevelDB append makes later acknowledged writes vanish.
class Ledger {
 public:
  struct Options {
    std::size_t cache_bytes = 32U << 20U;
    std::size_t write_buffer_bytes = 16U << 20U;
    std::function<void(const std::string& what)> on_fatal;
    StoreDisk* disk = nullptr;  // nullptr: the machine's own
  };

  /// Opens the database at `path`, or creates it with the genesis state. Refused when another
  /// process has it, when it belongs to another chain, or when its format is unknown.
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& path, const ChainConfig& config,
                                              const WriteSet& genesis_state, Options options);
  virtual ~Ledger() = default;

  /// Appends the block above the head; heights must follow, and one that ends its epoch has its own
  /// certificate. `sync` forces it and everything before it to disk.
  virtual void append(const LedgerEntry& entry, bool sync) = 0;
  /// Highest height known to be on disk (synced).
  virtual Height durable_height() const = 0;
  virtual std::shared_ptr<const LedgerSnapshot> snapshot() const = 0;
  /// The live state at the head; reads by the owning thread only.
  virtual const StateReader& state() const = 0;
  virtual Header head() const = 0;
  /// The chain in the epoch of the next block.
  virtual const ChainConfig& config() const = 0;
  /// Small records of the node (such as the mirrored journal tip), outside the state; not replicated.
  virtual std::optional<Bytes> note(ByteView name) const = 0;
  virtual void put_note(ByteView name, ByteView value, bool sync) = 0;
};

}  // namespace aval::ledger
