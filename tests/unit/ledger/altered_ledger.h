#pragma once

#include "ledger/ledger.h"

namespace aval::ledger {

/// A ledger of which some reads give something else, as if that stood on the disk.
class AlteredLedger final : public LedgerSnapshot {
 public:
  explicit AlteredLedger(std::shared_ptr<const LedgerSnapshot> whole) : whole_(std::move(whole)) {}

  std::function<void(Height, std::optional<CertifiedBlock>&)> alter_block = [](Height, auto&) {};
  std::function<void(Height, std::vector<Receipt>&)> alter_receipts = [](Height, auto&) {};
  std::function<void(std::optional<TxLocation>&)> alter_location = [](auto&) {};

  std::optional<Bytes> get(ByteView key) const override { return whole_->get(key); }
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override {
    whole_->scan(prefix, visit);
  }
  Header head() const override { return whole_->head(); }
  LedgerBase base() const override { return whole_->base(); }
  std::optional<CertifiedBlock> block(Height height) const override {
    auto block = whole_->block(height);
    alter_block(height, block);
    return block;
  }
  std::optional<Header> header(Height height) const override { return whole_->header(height); }
  std::vector<BatchRef> batch_refs(Height height) const override { return whole_->batch_refs(height); }
  std::vector<Receipt> receipts(Height height) const override {
    auto receipts = whole_->receipts(height);
    alter_receipts(height, receipts);
    return receipts;
  }
  std::optional<TxLocation> find(const TxId& tx_id) const override {
    auto location = whole_->find(tx_id);
    alter_location(location);
    return location;
  }
  std::optional<ReceiptProof> receipt_proof(const TxId& tx_id) const override { return whole_->receipt_proof(tx_id); }
  std::optional<ValidatorSet> validators(Epoch epoch) const override { return whole_->validators(epoch); }
  std::vector<EpochStep> epoch_steps(Epoch from, Epoch to) const override { return whole_->epoch_steps(from, to); }

 private:
  std::shared_ptr<const LedgerSnapshot> whole_;
};

}  // namespace aval::ledger
