#pragma once

// Internal to this room.

#include "ledger/ledger.h"
#include "ledger/leveldb_store.h"

namespace aval::ledger {

/// Where a transaction stands, and where its envelope does: `batch` of the block, `position` in it.
struct StoredLocation {
  TxLocation location;
  std::uint32_t batch = 0;
  std::uint32_t position = 0;
};

/// Where an epoch began and who its validators are: height of the last block before it (8 bytes big
/// endian), canonical ValidatorSet.
struct StoredEpoch {
  Height base{};
  ValidatorSet validators;
};
Bytes encode_epoch(const StoredEpoch& epoch);
Result<StoredEpoch> decode_epoch(ByteView bytes);

/// height (8 bytes big endian), canonical Certificate.
Bytes encode_base(const LedgerBase& base);
Result<LedgerBase> decode_base(ByteView bytes);

/// What stands under the key of the format: format and chain.
Bytes format_of(const ChainConfig& config);

/// The records of the ledger as read from one view of the store. What cannot be decoded again, or does
/// not stand where it should, is fatal: this process or the disk has damaged it.
class LedgerView final : public LedgerSnapshot {
 public:
  /// `genesis` is the header of height 0, `head` the one the view ends at.
  LedgerView(std::shared_ptr<const StoreView> store, Header genesis, Header head, LedgerBase base)
      : store_(std::move(store)), genesis_(std::move(genesis)), head_(std::move(head)), base_(std::move(base)) {}

  std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override;
  Header head() const override { return head_; }
  LedgerBase base() const override { return base_; }
  std::optional<CertifiedBlock> block(Height height) const override;
  std::optional<Header> header(Height height) const override;
  std::vector<BatchRef> batch_refs(Height height) const override;
  std::vector<Receipt> receipts(Height height) const override;
  std::optional<TxLocation> find(const TxId& tx_id) const override;
  std::optional<ReceiptProof> receipt_proof(const TxId& tx_id) const override;
  std::optional<FinalityProof> finality_proof(Height height) const override;
  std::optional<ValidatorSet> validators(Epoch epoch) const override;
  std::vector<EpochStep> epoch_steps(Epoch from, Epoch to) const override;

 private:
  std::optional<StoredLocation> locate(const TxId& tx_id) const;
  std::optional<Block> stored_block(Height height) const;
  std::optional<Certificate> stored_certificate(Height height) const;
  Batch stored_batch(Height height, std::uint32_t index) const;
  std::vector<BatchPtr> stored_batches(Height height, const std::vector<BatchRef>& refs) const;
  std::vector<Bytes> stored_receipts(Height height) const;
  std::optional<StoredEpoch> stored_epoch(Epoch epoch) const;
  /// The value of a read, or fatal, naming `what` at `height`.
  template <class Value>
  Value intact(Result<Value> read, const char* what, Height height) const;
  [[noreturn]] void damaged(const char* what, Height height, const std::string& why) const;

  std::shared_ptr<const StoreView> store_;
  Header genesis_;
  Header head_;
  LedgerBase base_;
};

/// height (8 bytes big endian), index, batch, position (4 bytes big endian each).
Bytes encode_location(const StoredLocation& location);
Result<StoredLocation> decode_location(ByteView bytes);

}  // namespace aval::ledger
