#include "contracts/replay.h"

#include "contracts/invariants.h"
#include "crypto/merkle.h"
#include "ledger/chain.h"

namespace aval::contracts {
namespace {

std::string at_height(const ledger::Header& header) {
  return "block " + std::to_string(ledger::number(header.height)) + ": ";
}

unexpected bad_block(const ledger::Header& header, const std::string& what) {
  return unexpected(Error::Code::Refused, at_height(header) + what);
}

/// The bodies are those the header names, in block order.
Result<void> check_batches(const ledger::CertifiedBlock& block, const ledger::ChainConfig& config) {
  const ledger::Header& header = block.block.header;
  const std::vector<ledger::BatchRef>& refs = block.block.batches;
  if (ledger::batches_root(refs) != header.batches_root) return bad_block(header, "batches_root differs");
  if (ledger::in_block_order(header.parent, refs) != refs)
    return bad_block(header, "batches out of block order");
  if (block.batches.size() != refs.size()) return bad_block(header, "a batch body is missing");
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (ledger::ref_of(*block.batches[i]) != refs[i]) return bad_block(header, "a batch is not the one named");
    if (!config.validators.contains(refs[i].origin)) return bad_block(header, "a batch of an unknown origin");
  }
  return {};
}

Result<std::uint64_t> check_signatures(const ledger::CertifiedBlock& block) {
  std::uint64_t checked = 0;
  for (const ledger::BatchPtr& batch : block.batches) {
    for (const ledger::EnvelopePtr& envelope : batch->envelopes) {
      if (!ledger::signatures_valid(*envelope)) {
        return bad_block(block.block.header,
                       "a client signature of transaction " + envelope->tx_id.hex() + " does not verify");
      }
      checked += envelope->signatures.size();
    }
  }
  return checked;
}

Result<void> check_roots(const ledger::Header& header, const BlockOutcome& outcome) {
  const auto differ = [&](const char* root, const crypto::Digest& stated, const crypto::Digest& computed) {
    return bad_block(header, std::string(root) + " differs: the block says " + stated.hex() +
                               ", execution gives " + computed.hex());
  };
  if (header.tx_root != outcome.tx_root) return differ("tx_root", header.tx_root, outcome.tx_root);
  if (header.receipt_root != outcome.receipt_root) {
    return differ("receipt_root", header.receipt_root, outcome.receipt_root);
  }
  if (header.state_root != outcome.state_root)
    return differ("state_root", header.state_root, outcome.state_root);
  if (header.validators_hash != outcome.validators_hash)
    return differ("validators_hash", header.validators_hash, outcome.validators_hash);
  if (header.params_hash != outcome.params_hash)
    return differ("params_hash", header.params_hash, outcome.params_hash);
  return {};
}

Result<void> check_certificate(const ledger::CertifiedBlock& block, const ledger::ChainConfig& config) {
  const ledger::Header& header = block.block.header;
  const ledger::Certificate& certificate = *block.certificate;
  if (certificate.phase != ledger::Phase::Commit) return bad_block(header, "the certificate is not of commits");
  if (certificate.height != header.height || certificate.block_hash != ledger::hash_of(header)) {
    return bad_block(header, "the certificate is another block's");
  }
  const auto verified = ledger::verify_certificate(certificate, config.chain_id, config.validators);
  return verified ? Result<void>() : bad_block(header, verified.error().message);
}

/// Of an entry that genesis writes and nothing removes.
crypto::Digest hash_of_entry(crypto::Tag tag, const ledger::StateReader& state, ByteView key) {
  const auto bytes = state.get(key);
  AVAL_CHECK(bytes.has_value());
  return crypto::tagged(tag, *bytes);
}

}  // namespace

BlockOutcome run_block(const BlockContext& context, const std::vector<ledger::BatchPtr>& batches,
                       const ledger::StateTree& tree, ledger::Overlay& state) {
  BlockOutcome outcome;
  outcome.executed = execute_block(context, batches, state);
  std::vector<crypto::Digest> transactions;
  std::vector<crypto::Digest> receipts;
  for (const ledger::Receipt& receipt : outcome.executed.receipts) {
    transactions.push_back(crypto::merkle_leaf(receipt.tx_id.view()));
    receipts.push_back(ledger::leaf_of(receipt));
  }
  outcome.tx_root = crypto::merkle_root(transactions);
  outcome.receipt_root = crypto::merkle_root(receipts);
  outcome.tree = tree.with(state.writes());
  outcome.state_root = outcome.tree.root();
  outcome.validators_hash = hash_of_entry(crypto::Tag::Validators, state, ledger::validators_key);
  outcome.params_hash = hash_of_entry(crypto::Tag::Parameters, state, ledger::parameters_key);
  return outcome;
}

Replay::Replay(const GenesisState& genesis) : config_(genesis.config) {
  state_.apply(genesis.state);
  tree_ = ledger::StateTree::of(state_);
  head_ = ledger::genesis_header(config_);
}

Result<void> Replay::add(const ledger::CertifiedBlock& block) {
  if (failed_) return unexpected(*failed_);
  Result<void> added = check_and_apply(block);
  if (!added) failed_ = added.error();
  return added;
}

Result<void> Replay::check_and_apply(const ledger::CertifiedBlock& block) {
  const ledger::Header& header = block.block.header;
  if (const auto linked = ledger::follows(head_, header, config_); !linked) {
    return bad_block(header, linked.error().message);
  }
  AVAL_TRY(check_batches(block, config_));
  AVAL_ASSIGN(const std::uint64_t signatures, check_signatures(block));
  if (block.certificate) AVAL_TRY(check_certificate(block, config_));

  const BlockContext context{config_.chain_id, header.height, header.time_ms,
                             config_.parameters.validity_window_blocks};
  ledger::Overlay changes(state_);
  BlockOutcome outcome = run_block(context, block.batches, tree_, changes);
  AVAL_TRY(check_roots(header, outcome));
  if (const auto sound = check_invariants(state_, changes.writes()); !sound) {
    return bad_block(header, sound.error().message);
  }

  state_.apply(changes.writes());
  tree_ = std::move(outcome.tree);
  head_ = header;
  if (ledger::ends_epoch(header, config_)) {
    if (!block.certificate) return bad_block(header, "it ends an epoch without a certificate of its own");
    config_ = ledger::next_epoch(config_, header, state_);
  }
  if (block.certificate) certified_ = header.height;
  transactions_ += outcome.executed.included.size();
  signatures_ += signatures;
  return {};
}

Result<void> Replay::finish() const {
  if (failed_) return unexpected(*failed_);
  if (certified_ == head_.height) return {};
  return unexpected(Error::Code::Refused, "blocks " + std::to_string(ledger::number(certified_) + 1) +
                                              " to " + std::to_string(ledger::number(head_.height)) +
                                              " have no certificate above them");
}

}  // namespace aval::contracts
