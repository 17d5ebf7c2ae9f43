// The part of BlockTree that reads and writes the journal's blocks and batches.

#include <algorithm>

#include "consensus/block_tree.h"
#include "crypto/base/mutant.h"

namespace aval::consensus {

void BlockTree::make_durable(Step& step, const BlockHash& hash, View view) {
  const auto chain = chain_to(hash);
  AVAL_CHECK(chain.has_value());
  std::set<crypto::Digest> written;
  for (const auto& [known, entry] : blocks_) {
    if (!entry.is_durable) continue;
    for (const auto& ref : entry.block.batches) written.insert(ref.digest);
  }
  for (const KnownBlock* member : *chain) {
    if (member->is_durable) continue;
    AVAL_CHECK(member->is_complete());
    for (const BatchPtr& body : member->bodies) {
      const bool is_new = written.insert(body->digest).second && !mutated("batch-left-out-of-the-journal");
      if (is_new) step.persist(BatchRecord{body});
    }
    step.persist(BlockRecord{view, member->block});
    entry_of(member->hash)->is_durable = true;
  }
}

void BlockTree::restore(const std::vector<Record>& records) {
  std::map<crypto::Digest, BatchPtr> batches;
  for (const Record& record : records) {
    if (const auto* batch = std::get_if<BatchRecord>(&record)) batches[batch->batch->digest] = batch->batch;
    if (const auto* known = std::get_if<FinalRecord>(&record)) certify(known->certificate);
    const auto* block = std::get_if<BlockRecord>(&record);
    if (block == nullptr || block->block.header.height <= final_height()) continue;
    KnownBlock entry;
    for (const auto& ref : block->block.batches) {
      const auto body = batches.find(ref.digest);
      entry.bodies.push_back(body == batches.end() ? nullptr : body->second);
    }
    entry.block = block->block;
    entry.hash = ledger::hash_of(block->block.header);
    entry.is_durable = entry.is_complete();
    entry.wanted_in = block->view;
    const BlockHash hash = entry.hash;
    blocks_[hash] = std::move(entry);
  }
  restored_ = blocks_.size();
}

std::vector<Record> BlockTree::records() const {
  std::vector<const KnownBlock*> durable;
  for (const auto& [hash, entry] : blocks_) {
    if (entry.is_durable) durable.push_back(&entry);
  }
  std::stable_sort(durable.begin(), durable.end(),
                   [](const KnownBlock* a, const KnownBlock* b) { return a->height() < b->height(); });
  std::vector<Record> out;
  std::set<crypto::Digest> written;
  for (const KnownBlock* entry : durable) {
    for (const BatchPtr& body : entry->bodies) {
      if (written.insert(body->digest).second) out.push_back(BatchRecord{body});
    }
    out.push_back(BlockRecord{entry->wanted_in, entry->block});
  }
  if (final_certificate_) out.push_back(FinalRecord{*final_certificate_});
  return out;
}

}  // namespace aval::consensus
