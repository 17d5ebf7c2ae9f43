#include "ledger/ledger_view.h"

#include "crypto/merkle.h"
#include "ledger/ledger_keys.h"

namespace aval::ledger {
namespace {

constexpr std::size_t location_bytes = 20;

Result<std::vector<Bytes>> split_frames(ByteView frames) {
  std::vector<Bytes> out;
  while (!frames.empty()) {
    AVAL_ASSIGN(const ByteView frame, take_frame(frames));
    out.emplace_back(frame);
  }
  return out;
}

std::vector<crypto::Digest> leaves_of(const std::vector<Bytes>& receipts) {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(receipts.size());
  for (const Bytes& receipt : receipts) leaves.push_back(crypto::merkle_leaf(receipt));
  return leaves;
}

}  // namespace

Bytes encode_location(const StoredLocation& stored) {
  return big_endian(number(stored.location.height)) + big_endian_4(stored.location.index) +
         big_endian_4(stored.batch) + big_endian_4(stored.position);
}

Result<StoredLocation> decode_location(ByteView bytes) {
  if (bytes.size() != location_bytes) return unexpected(Error::Code::Malformed, "location: not 20 bytes");
  StoredLocation out;
  out.location.height = Height{from_big_endian(bytes.substr(0, 8))};
  out.location.index = from_big_endian_4(bytes.substr(8, 4));
  out.batch = from_big_endian_4(bytes.substr(12, 4));
  out.position = from_big_endian_4(bytes.substr(16, 4));
  return out;
}

Bytes encode_epoch(const StoredEpoch& epoch) {
  return big_endian(number(epoch.base)) + encode_validators(epoch.validators);
}

Result<StoredEpoch> decode_epoch(ByteView bytes) {
  if (bytes.size() < 8) return unexpected(Error::Code::Malformed, "epoch: shorter than a height");
  AVAL_ASSIGN(auto validators, decode_validators(bytes.substr(8)));
  return StoredEpoch{Height{from_big_endian(bytes.substr(0, 8))}, std::move(validators)};
}

Bytes encode_base(const LedgerBase& base) {
  return big_endian(number(base.height)) + encode_certificate(base.certificate.value());
}

Result<LedgerBase> decode_base(ByteView bytes) {
  if (bytes.size() < 8) return unexpected(Error::Code::Malformed, "base: shorter than a height");
  AVAL_ASSIGN(auto certificate, decode_certificate(bytes.substr(8)));
  return LedgerBase{Height{from_big_endian(bytes.substr(0, 8))}, std::move(certificate)};
}

std::optional<Bytes> LedgerView::get(ByteView key) const { return store_->get(keys::state(key)); }

void LedgerView::scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const {
  store_->scan(keys::state(prefix),
               [&](ByteView key, ByteView value) { return visit(key.substr(1), value); });
}

std::optional<CertifiedBlock> LedgerView::block(Height height) const {
  if (height <= base_.height) return std::nullopt;
  auto block = stored_block(height);
  if (!block) return std::nullopt;
  CertifiedBlock out;
  out.batches = stored_batches(height, block->batches);
  out.block = std::move(*block);
  out.certificate = stored_certificate(height);
  return out;
}

std::optional<Header> LedgerView::header(Height height) const {
  if (height == genesis_.height) return genesis_;
  if (height == head_.height) return head_;
  auto block = stored_block(height);
  if (!block) return std::nullopt;
  return std::move(block->header);
}

std::vector<BatchRef> LedgerView::batch_refs(Height height) const {
  auto block = stored_block(height);
  return block ? std::move(block->batches) : std::vector<BatchRef>{};
}

std::vector<Receipt> LedgerView::receipts(Height height) const {
  std::vector<Receipt> out;
  for (const Bytes& bytes : stored_receipts(height))
    out.push_back(intact(decode_receipt(bytes), "a receipt", height));
  return out;
}

std::optional<TxLocation> LedgerView::find(const TxId& tx_id) const {
  const auto stored = locate(tx_id);
  if (!stored) return std::nullopt;
  return stored->location;
}

std::optional<ReceiptProof> LedgerView::receipt_proof(const TxId& tx_id) const {
  const auto stored = locate(tx_id);
  if (!stored) return std::nullopt;
  const auto [height, index] = stored->location;
  auto finality = finality_proof(height);
  if (!finality) return std::nullopt;
  ReceiptProof proof;
  proof.finality = *std::move(finality);
  const Batch batch = stored_batch(height, stored->batch);
  if (stored->position >= batch.envelopes.size())
    damaged("a transaction's location", height, "no such envelope");
  proof.body_bytes = batch.envelopes[stored->position]->body_bytes;
  const std::vector<Bytes> receipts = stored_receipts(height);
  if (index >= receipts.size()) damaged("a transaction's location", height, "no such receipt");
  proof.receipt = intact(decode_receipt(receipts[index]), "a receipt", height);
  if (proof.receipt.tx_id != tx_id) damaged("a transaction's location", height, "it leads to another one");
  proof.path = crypto::merkle_prove(leaves_of(receipts), index);
  return proof;
}

std::optional<ValidatorSet> LedgerView::validators(Epoch epoch) const {
  auto stored = stored_epoch(epoch);
  if (!stored) return std::nullopt;
  return std::move(stored->validators);
}

std::vector<EpochStep> LedgerView::epoch_steps(Epoch from, Epoch to) const {
  std::vector<EpochStep> steps;
  for (Epoch at = from; at < to;) {
    at = next(at);
    auto stored = stored_epoch(at);
    auto last = stored ? header(stored->base) : std::nullopt;
    auto certificate = stored ? stored_certificate(stored->base) : std::nullopt;
    if (!last || !certificate) damaged("the beginning of an epoch", head_.height, "it is incomplete");
    steps.push_back({*std::move(last), *std::move(certificate), std::move(stored->validators)});
  }
  return steps;
}

std::optional<StoredEpoch> LedgerView::stored_epoch(Epoch epoch) const {
  const auto bytes = store_->get(keys::epoch(epoch));
  if (!bytes) return std::nullopt;
  return intact(decode_epoch(*bytes), "the beginning of an epoch", head_.height);
}

std::optional<StoredLocation> LedgerView::locate(const TxId& tx_id) const {
  const auto bytes = store_->get(keys::transaction(tx_id.view()));
  if (!bytes) return std::nullopt;
  return intact(decode_location(*bytes), "a transaction's location", head_.height);
}

std::optional<Block> LedgerView::stored_block(Height height) const {
  const auto bytes = store_->get(keys::block(height));
  if (!bytes) return std::nullopt;
  Block block = intact(decode_block(*bytes), "the block", height);
  if (block.header.height != height) damaged("the block", height, "it is of another height");
  return block;
}

std::optional<Certificate> LedgerView::stored_certificate(Height height) const {
  const auto bytes = store_->get(keys::certificate(height));
  if (!bytes) return std::nullopt;
  return intact(decode_certificate(*bytes), "the certificate", height);
}

Batch LedgerView::stored_batch(Height height, std::uint32_t index) const {
  const auto bytes = store_->get(keys::body(height, index));
  if (!bytes) damaged("a batch", height, "it is missing");
  return intact(decode_batch(*bytes), "a batch", height);
}

std::vector<BatchPtr> LedgerView::stored_batches(Height height, const std::vector<BatchRef>& refs) const {
  std::vector<BatchPtr> out;
  out.reserve(refs.size());
  for (const BatchRef& ref : refs) {
    auto batch = std::make_shared<const Batch>(stored_batch(height, static_cast<std::uint32_t>(out.size())));
    if (ref_of(*batch) != ref) damaged("a batch", height, "it is not the one the block names");
    out.push_back(std::move(batch));
  }
  return out;
}

std::vector<Bytes> LedgerView::stored_receipts(Height height) const {
  const auto bytes = store_->get(keys::receipts(height));
  if (!bytes) return {};
  return intact(split_frames(*bytes), "the receipts", height);
}

std::optional<FinalityProof> LedgerView::finality_proof(Height height) const {
  FinalityProof proof;
  while (proof.headers.size() < proof_headers_max) {
    auto stored = header(height);
    if (!stored) return std::nullopt;
    proof.headers.push_back(std::move(*stored));
    if (auto certificate = stored_certificate(height)) {
      proof.certificate = std::move(*certificate);
      proof.epochs = epoch_steps(Epoch{}, proof.certificate.epoch);
      return proof;
    }
    height = next(height);
  }
  return std::nullopt;
}

template <class Value>
Value LedgerView::intact(Result<Value> read, const char* what, Height height) const {
  if (!read) damaged(what, height, read.error().message);
  return std::move(read).value();
}

void LedgerView::damaged(const char* what, Height height, const std::string& why) const {
  store_->fatal("the ledger is damaged: " + std::string(what) + " at height " +
                std::to_string(number(height)) + ": " + why);
}

}  // namespace aval::ledger
