#include "consensus/block_tree.h"

#include <algorithm>

#include "consensus/limits.h"
#include "crypto/base/mutant.h"

namespace aval::consensus {

using Standing = KnownBlock::Standing;

bool KnownBlock::is_complete() const {
  return std::all_of(bodies.begin(), bodies.end(), [](const BatchPtr& body) { return body != nullptr; });
}

BlockTree::BlockTree(const Self& self, Header final_header, std::optional<Certificate> certificate)
    : self_(self),
      final_header_(std::move(final_header)),
      final_hash_(ledger::hash_of(final_header_)),
      final_certificate_(std::move(certificate)) {
  if (final_certificate_) certify(*final_certificate_);
}

const KnownBlock* BlockTree::find(const BlockHash& hash) const {
  const auto at = blocks_.find(hash);
  return at == blocks_.end() ? nullptr : &at->second;
}

KnownBlock* BlockTree::entry_of(const BlockHash& hash) {
  const auto at = blocks_.find(hash);
  return at == blocks_.end() ? nullptr : &at->second;
}

const Header* BlockTree::header(const BlockHash& hash) const {
  if (hash == final_hash_) return &final_header_;
  const KnownBlock* entry = find(hash);
  return entry == nullptr ? nullptr : &entry->block.header;
}

std::optional<std::vector<const KnownBlock*>> BlockTree::chain_to(const BlockHash& hash) const {
  std::vector<const KnownBlock*> chain;
  for (BlockHash at = hash; at != final_hash_; at = chain.back()->block.header.parent) {
    const KnownBlock* entry = find(at);
    if (entry == nullptr) return std::nullopt;
    chain.push_back(entry);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

bool BlockTree::has_executed(const BlockHash& hash) const {
  const auto chain = chain_to(hash);
  return chain && std::all_of(chain->begin(), chain->end(),
                              [](const KnownBlock* member) { return member->standing == Standing::Agrees; });
}

bool BlockTree::contradicts(const BlockHash& hash) const {
  const auto chain = chain_to(hash);
  return chain && std::any_of(chain->begin(), chain->end(),
                              [](const KnownBlock* member) { return member->standing == Standing::Differs; });
}

std::vector<const KnownBlock*> BlockTree::blocks() const {
  std::vector<const KnownBlock*> out;
  for (const auto& [hash, entry] : blocks_) out.push_back(&entry);
  return out;
}

void BlockTree::add(Step& step, Block block, View wanted_in, const FindBatch& find_batch) {
  const BlockHash hash = ledger::hash_of(block.header);
  if (block.header.height <= final_height()) return;
  if (KnownBlock* known = entry_of(hash)) {
    known->wanted_in = std::max(known->wanted_in, wanted_in);
    return;
  }
  make_room(step);
  KnownBlock entry;
  for (const auto& ref : block.batches) {
    BatchPtr body = find_batch(ref.digest);
    // A ref that misnames origin or counter never gets a body, so its block is never executed.
    entry.bodies.push_back(body != nullptr && ledger::ref_of(*body) == ref ? std::move(body) : nullptr);
  }
  entry.block = std::move(block);
  entry.hash = hash;
  entry.wanted_in = wanted_in;
  blocks_.emplace(hash, std::move(entry));
}

bool BlockTree::supply(const BatchPtr& batch) {
  bool was_missing = false;
  for (auto& [hash, entry] : blocks_) {
    for (std::size_t i = 0; i < entry.bodies.size(); ++i) {
      if (entry.bodies[i] != nullptr || entry.block.batches[i] != ledger::ref_of(*batch)) continue;
      entry.bodies[i] = batch;
      was_missing = true;
    }
  }
  return was_missing;
}

BatchPtr BlockTree::find_batch(const crypto::Digest& digest) const {
  for (const auto& [hash, entry] : blocks_) {
    for (const BatchPtr& body : entry.bodies) {
      if (body != nullptr && body->digest == digest) return body;
    }
  }
  return nullptr;
}

std::vector<BatchPtr> BlockTree::batches_among(std::set<crypto::Digest> digests) const {
  std::vector<BatchPtr> out;
  for (const auto& [hash, entry] : blocks_) {
    if (digests.empty()) break;
    for (const BatchPtr& body : entry.bodies) {
      if (body != nullptr && digests.erase(body->digest) > 0) out.push_back(body);
    }
  }
  return out;
}

void BlockTree::want(const BlockHash& hash, View view) {
  const auto chain = chain_to(hash);
  if (!chain) return;
  for (const KnownBlock* member : *chain) {
    KnownBlock* entry = entry_of(member->hash);
    entry->wanted_in = std::max(entry->wanted_in, view);
  }
}

bool BlockTree::can_execute_on(const BlockHash& parent) const {
  if (parent == final_hash_) return true;
  const KnownBlock* entry = find(parent);
  return entry != nullptr && (entry->standing == Standing::Executing || entry->standing == Standing::Agrees);
}

ExecutionId BlockTree::execution_on(const BlockHash& parent) const {
  return parent == final_hash_ ? final_execution_ : find(parent)->execution;
}

ExecutionId BlockTree::build(Step& step, const BlockHash& parent, UnixMillis time_ms,
                             std::vector<BatchPtr> bodies) {
  AVAL_CHECK(can_execute_on(parent));
  const ExecutionId id{++last_execution_};
  step.actions.execute.push_back(
      {id, execution_on(parent), next(header(parent)->height), time_ms, std::move(bodies)});
  return id;
}

void BlockTree::adopt(Block block, ExecutionId id, std::vector<BatchPtr> bodies, View view) {
  const BlockHash hash = ledger::hash_of(block.header);
  KnownBlock entry{std::move(block), hash, std::move(bodies), Standing::Agrees, id, false, view};
  executions_[id] = hash;
  blocks_[hash] = std::move(entry);
}

void BlockTree::execute(Step& step, KnownBlock& entry) {
  entry.execution = ExecutionId{++last_execution_};
  entry.standing = Standing::Executing;
  executions_[entry.execution] = entry.hash;
  const Header& header = entry.block.header;
  step.actions.execute.push_back(
      {entry.execution, execution_on(header.parent), header.height, header.time_ms, entry.bodies});
}

void BlockTree::execute_chain(Step& step, const BlockHash& hash) {
  const KnownBlock* last = find(hash);
  if (last == nullptr || last->standing != Standing::Unexecuted) return;
  const auto chain = chain_to(hash);
  if (!chain) return;
  for (const KnownBlock* member : *chain) {
    if (member->standing != Standing::Unexecuted) continue;
    if (!member->is_complete() || !can_execute_on(member->block.header.parent)) return;
    execute(step, *entry_of(member->hash));
  }
}

void BlockTree::execute_certified(Step& step) {
  for (const auto& [height, certificate] : certificates_) execute_chain(step, certificate.block_hash);
}

const KnownBlock* BlockTree::on_executed(const Executed& executed) {
  const auto at = executions_.find(executed.id);
  if (at == executions_.end()) return nullptr;
  KnownBlock* entry = entry_of(at->second);
  if (entry == nullptr || entry->standing != Standing::Executing) return nullptr;
  const Header& header = entry->block.header;
  const bool is_same_receipt_root =
      executed.receipt_root == header.receipt_root || mutated("receipt-root-unchecked");
  const bool agrees = executed.tx_root == header.tx_root && is_same_receipt_root &&
                      executed.state_root == header.state_root &&
                      executed.validators_hash == header.validators_hash &&
                      executed.params_hash == header.params_hash;
  entry->standing = agrees || !self_.checks_roots() ? Standing::Agrees : Standing::Differs;
  return entry;
}

void BlockTree::drop_execution(Step& step, KnownBlock& entry) {
  if (entry.standing == Standing::Unexecuted) return;
  step.actions.discard.push_back(entry.execution);
  executions_.erase(entry.execution);
  entry.execution = final_state;
  entry.standing = Standing::Unexecuted;
}

void BlockTree::keep_executions(Step& step, std::vector<BlockHash> tips) {
  // The highest first: below it most others are found already.
  for (auto at = certificates_.rbegin(); at != certificates_.rend(); ++at) tips.push_back(at->second.block_hash);
  std::set<BlockHash> kept;
  for (const BlockHash& tip : tips) {
    const auto chain = kept.contains(tip) ? std::nullopt : chain_to(tip);
    if (!chain) continue;
    for (const KnownBlock* member : *chain) kept.insert(member->hash);
  }
  for (auto& [hash, entry] : blocks_) {
    if (!kept.contains(hash)) drop_execution(step, entry);
  }
}

void BlockTree::make_room(Step& step) {
  const std::size_t bound =
      std::size_t{known_blocks_factor} * self_.parameters().pipeline_window + final_blocks_max;
  if (blocks_.size() < bound) return;
  std::set<BlockHash> held;
  if (const auto chain = anchor_ ? chain_to(*anchor_) : std::nullopt) {
    for (const KnownBlock* member : *chain) held.insert(member->hash);
  }
  // Of one view the highest goes first, so that no block loses what it stands on.
  auto victim = blocks_.end();
  for (auto at = blocks_.begin(); at != blocks_.end(); ++at) {
    if (held.contains(at->first)) continue;
    const auto rank = [](const KnownBlock& entry) {
      return std::pair(entry.wanted_in, ~number(entry.height()));
    };
    if (victim == blocks_.end() || rank(at->second) < rank(victim->second)) victim = at;
  }
  if (victim == blocks_.end()) return;
  drop_execution(step, victim->second);
  blocks_.erase(victim);
}

void BlockTree::certify(const Certificate& certificate) {
  if (certificate.height < final_height()) return;
  const auto known = certificates_.find(certificate.height);
  const bool is_final = certificate.height == final_height();
  const BlockHash* other = is_final                       ? &final_hash_
                           : known == certificates_.end() ? nullptr
                                                          : &known->second.block_hash;
  if (other != nullptr && *other != certificate.block_hash && !mutated("certified-fork-unnoticed")) {
    fork_ = "two blocks are certified at height " + std::to_string(number(certificate.height)) + ": " +
            other->hex() + " and " + certificate.block_hash.hex();
  }
  if (is_final) return;
  certificates_.emplace(certificate.height, certificate);
  forget_a_certificate();
}

/// At the bound, the highest but one whose block is not here. Those of blocks that are here go with them into the ledger.
void BlockTree::forget_a_certificate() {
  const std::size_t bound = certificates_max + window_factor * self_.parameters().pipeline_window;
  if (certificates_.size() <= bound || mutated("certificates-without-end")) return;
  const auto is_of_none = [this](const auto& each) { return find(each.second.block_hash) == nullptr; };
  const auto victim = std::find_if(std::next(certificates_.rbegin()), certificates_.rend(), is_of_none);
  if (victim != certificates_.rend()) certificates_.erase(std::next(victim).base());
}

const Certificate* BlockTree::highest_certificate() const {
  return certificates_.empty() ? nullptr : &certificates_.rbegin()->second;
}

std::vector<Block> BlockTree::finalise(Step& step) {
  if (fork_) {
    step.diverged(*fork_);
    return {};
  }
  for (auto at = certificates_.rbegin(); at != certificates_.rend(); ++at) {
    const auto chain = chain_to(at->second.block_hash);
    if (!chain) continue;
    if (contradicts(at->second.block_hash)) {
      step.diverged("executing a certified block gave other roots than it names, at or below height " +
                    std::to_string(number(at->first)));
      return {};
    }
    if (!has_executed(at->second.block_hash)) continue;
    std::vector<Block> blocks;
    for (const KnownBlock* member : *chain) blocks.push_back(member->block);
    final_certificate_ = at->second;
    advance(step, *chain);
    return blocks;
  }
  return {};
}

void BlockTree::advance(Step& step, const std::vector<const KnownBlock*>& chain) {
  for (const KnownBlock* member : chain) {
    FinaliseRequest request{member->execution, {member->block, member->bodies, std::nullopt}};
    const auto own = certificates_.find(member->height());
    if (own != certificates_.end() && own->second.block_hash == member->hash)
      request.block.certificate = own->second;
    step.actions.finalise.push_back(std::move(request));
  }
  final_header_ = chain.back()->block.header;
  final_hash_ = chain.back()->hash;
  final_execution_ = chain.back()->execution;
  for (const KnownBlock* member : chain) executions_.erase(member->execution);
  for (const auto& request : step.actions.finalise)
    blocks_.erase(ledger::hash_of(request.block.block.header));
  certificates_.erase(certificates_.begin(), certificates_.upper_bound(final_height()));
  drop_passed(step);
}

void BlockTree::drop_passed(Step& step) {
  // Ascending, so that a dropped block takes its descendants along. One whose parent is not known
  // here stays: it may still turn out to stand on the final block.
  std::multimap<Height, BlockHash> ascending;
  for (const auto& [hash, entry] : blocks_) ascending.emplace(entry.height(), hash);
  std::set<BlockHash> dropped;
  for (const auto& [height, hash] : ascending) {
    KnownBlock& entry = *entry_of(hash);
    const BlockHash& parent = entry.block.header.parent;
    const bool on_other_branch = height == next(final_height()) && parent != final_hash_;
    if (height > final_height() && !on_other_branch && !dropped.contains(parent)) continue;
    dropped.insert(hash);
    drop_execution(step, entry);
  }
  for (const BlockHash& hash : dropped) blocks_.erase(hash);
}

}  // namespace aval::consensus
