#include "tests/simulation/ledger_store.h"

namespace aval::simulation {

LedgerStore::LedgerStore(const contracts::GenesisState& genesis)
    : genesis_header_(ledger::genesis_header(genesis.config)), head_(genesis_header_) {
  epochs_.emplace(Height{}, std::make_shared<const ledger::ChainConfig>(genesis.config));
  durable_state_.apply(genesis.state);
  state_ = durable_state_;
  tree_ = ledger::StateTree::of(state_);
}

void LedgerStore::append(StoredBlock block) {
  AVAL_CHECK(block.block.block.header.height == next(head_.height));
  state_.apply(block.writes);
  take(block);
  if (ledger::ends_epoch(head_, *chain()))
    epochs_.emplace(head_.height,
                    std::make_shared<const ledger::ChainConfig>(ledger::next_epoch(*chain(), head_, state_)));
  blocks_.push_back(std::move(block));
}

void LedgerStore::take(const StoredBlock& block) {
  tree_ = block.tree;
  head_ = block.block.block.header;
  for (const ledger::TxId& tx_id : block.included) heights_.emplace(tx_id, head_.height);
}

void LedgerStore::sync(Height height) {
  for (; durable_height_ < height; durable_height_ = next(durable_height_))
    durable_state_.apply(blocks_[number(durable_height_)].writes);
}

std::size_t LedgerStore::lose_unsynced(Prng& prng) {
  return cut_to(static_cast<Height>(prng.between(number(durable_height_), number(head_.height))));
}

std::size_t LedgerStore::cut_to(Height kept) {
  AVAL_CHECK(kept >= durable_height_ && kept <= head_.height);
  const std::size_t held = blocks_.size();
  sync(kept);
  blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(number(kept)), blocks_.end());
  state_ = durable_state_;
  heights_.clear();
  epochs_.erase(epochs_.upper_bound(kept), epochs_.end());
  head_ = genesis_header_;
  if (blocks_.empty()) tree_ = ledger::StateTree::of(state_);
  for (const StoredBlock& block : blocks_) take(block);
  return held - blocks_.size();
}

const ledger::CertifiedBlock* LedgerStore::block(Height height) const {
  AVAL_CHECK(number(height) > 0);
  return height > head_.height ? nullptr : &blocks_[number(height) - 1].block;
}

std::optional<Height> LedgerStore::height_of(const ledger::TxId& tx_id) const {
  const auto known = heights_.find(tx_id);
  return known == heights_.end() ? std::nullopt : std::optional(known->second);
}

std::vector<ledger::CertifiedBlock> LedgerStore::from(Height first, std::size_t blocks_max) const {
  std::vector<ledger::CertifiedBlock> out;
  std::size_t proved = 0;
  for (Height height = std::max(first, Height{1}); height <= head_.height; height = next(height)) {
    out.push_back(*block(height));
    if (out.back().certificate) proved = out.size();
    if (proved > 0 && out.size() >= blocks_max) break;
  }
  out.resize(proved);
  return out;
}

}  // namespace aval::simulation
