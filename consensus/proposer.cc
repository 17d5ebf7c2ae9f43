#include "consensus/proposer.h"

#include <algorithm>

namespace aval::consensus {
namespace {

/// The batches in the order their block must name them.
std::vector<BatchPtr> ordered(const std::vector<BatchPtr>& batches,
                              const std::vector<ledger::BatchRef>& refs) {
  std::map<crypto::Digest, BatchPtr> by_digest;
  for (const BatchPtr& batch : batches) by_digest[batch->digest] = batch;
  std::vector<BatchPtr> out;
  for (const auto& ref : refs) out.push_back(by_digest.at(ref.digest));
  return out;
}

}  // namespace

void Proposer::start(Step& step, BlockTree& tree, const Header& parent, View view,
                     std::vector<BatchPtr> batches) {
  AVAL_CHECK(!draft_);
  if (batches.empty()) return;
  const BlockHash parent_hash = ledger::hash_of(parent);
  std::vector<ledger::BatchRef> refs;
  for (const BatchPtr& batch : batches) refs.push_back(ledger::ref_of(*batch));
  refs = ledger::in_block_order(parent_hash, std::move(refs));

  Draft draft;
  draft.built.bodies = ordered(batches, refs);
  Header& header = draft.built.block.header;
  header.chain_id = self_.chain().chain_id;
  header.epoch = self_.epoch();
  header.height = next(parent.height);
  header.parent = parent_hash;
  header.proposer = self_.id();
  header.origin_view = view;
  header.time_ms = std::max(parent.time_ms + 1, step.wall_clock);
  header.batches_root = ledger::batches_root(refs);
  draft.built.block.batches = std::move(refs);
  draft.id = tree.build(step, parent_hash, header.time_ms, draft.built.bodies);
  draft_ = std::move(draft);
}

Proposer::Built Proposer::finish(const Executed& executed) {
  AVAL_CHECK(waits_for(executed.id));
  Built built = std::move(draft_->built);
  draft_.reset();
  built.block.header.tx_root = executed.tx_root;
  built.block.header.receipt_root = executed.receipt_root;
  built.block.header.state_root = executed.state_root;
  built.block.header.validators_hash = executed.validators_hash;
  built.block.header.params_hash = executed.params_hash;
  return built;
}

void Proposer::stop(Step& step, BlockTree& tree) {
  if (draft_) tree.discard(step, draft_->id);
  draft_.reset();
}

}  // namespace aval::consensus
