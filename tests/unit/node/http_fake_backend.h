#pragma once

#include <atomic>
#include <functional>
#include <map>

#include "crypto/signer.h"
#include "node/api_backend.h"

namespace aval::node {

/// A chain of one block in memory: what the HTTP side may see of a ledger.
class FakeSnapshot : public ledger::LedgerSnapshot {
 public:
  std::optional<Bytes> get(ByteView key) const override { return state.get(key); }
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override {
    state.scan(prefix, visit);
  }
  ledger::Header head() const override { return headers.back(); }
  std::optional<ledger::CertifiedBlock> block(ledger::Height height) const override;
  std::optional<ledger::Header> header(ledger::Height height) const override;
  std::vector<ledger::BatchRef> batch_refs(ledger::Height height) const override {
    return first && ledger::number(height) == 1 ? first->block.batches : std::vector<ledger::BatchRef>{};
  }
  std::vector<ledger::Receipt> receipts(ledger::Height height) const override;
  std::optional<ledger::TxLocation> find(const ledger::TxId& tx_id) const override;
  std::optional<ledger::ReceiptProof> receipt_proof(const ledger::TxId& tx_id) const override;
  std::optional<ledger::ValidatorSet> validators(ledger::Epoch) const override { return seats; }
  std::vector<ledger::EpochStep> epoch_steps(ledger::Epoch, ledger::Epoch) const override { return {}; }

  ledger::MemoryState state;
  ledger::ValidatorSet seats;
  std::vector<ledger::Header> headers;  // by height
  std::optional<ledger::CertifiedBlock> first;
  std::vector<ledger::Receipt> first_receipts;
  std::optional<ledger::ReceiptProof> proof;
};

/// A node of the test's making. Its chain: a genesis of four banks, and block 1 with one committed
/// transaction, after which the state also holds the entities of the tests. Submits are counted and
/// answered by `on_submit`, on the HTTP thread unless that does otherwise.
class FakeBackend final : public ApiBackend {
 public:
  FakeBackend();
  const contracts::GenesisState& genesis() const override { return *genesis_; }
  std::string member() const override { return "bank-a"; }
  LedgerView view() const override { return {snapshot, tree, chain}; }
  NodeStatus status() const override { return node_status; }
  std::vector<ledger::Evidence> evidence() const override { return kept_evidence; }
  std::vector<Bytes> new_views() const override { return kept_new_views; }
  TxState find(const ledger::TxId& tx_id) const override;
  void submit(Bytes envelope, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) override;
  void submit_attestation(Bytes cose_sign1, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) override;

  /// An envelope with a signature of bank-a; `reference` names it.
  ledger::Envelope envelope(const std::string& reference) const;
  /// The state that a committed `envelope` has.
  static TxState committed(const ledger::Envelope& envelope);

  std::shared_ptr<FakeSnapshot> snapshot;
  ledger::StateTree tree;
  std::shared_ptr<const ledger::ChainConfig> chain;
  NodeStatus node_status;
  std::vector<ledger::Evidence> kept_evidence;
  std::vector<Bytes> kept_new_views;
  std::map<ledger::TxId, TxState> transactions;
  std::function<void(Bytes, std::chrono::milliseconds, Answer)> on_submit;
  std::atomic<int> submits{0};
  std::atomic<ClientQueue> last_queue{ClientQueue::Ordinary};
  ledger::TxId first_tx;  // the transaction in block 1

 private:
  void make_genesis();
  void make_block();

  std::vector<std::unique_ptr<crypto::MemorySigner>> voters_;
  std::unique_ptr<crypto::MemorySigner> maker_;
  std::optional<contracts::GenesisState> genesis_;
};

}  // namespace aval::node
