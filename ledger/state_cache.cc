#include "ledger/state_cache.h"

namespace aval::ledger {
namespace {

/// What list and map nodes of one entry take, roughly.
constexpr std::size_t entry_overhead_bytes = 160;

}  // namespace

const std::optional<Bytes>* StateCache::find(ByteView key) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, at->second);
  return &at->second->value;
}

void StateCache::remember(ByteView key, std::optional<Bytes> value) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) forget(known->second);
  entries_.push_front({Bytes(key), std::move(value)});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += cost_of(entries_.front());
  while (bytes_ > bytes_max_) forget(std::prev(entries_.end()));
}

std::size_t StateCache::cost_of(const Entry& entry) {
  return entry_overhead_bytes + entry.key.size() + (entry.value ? entry.value->size() : 0);
}

void StateCache::forget(Entries::iterator entry) {
  bytes_ -= cost_of(*entry);
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace aval::ledger
