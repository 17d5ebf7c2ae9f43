#include "ledger/state_cache.h"

#include <algorithm>
#include <functional>

namespace aval::ledger {
namespace {

/// About twenty entries of the usual size.
constexpr std::size_t set_bytes_max = 4096;

/// What an entry takes beside its own bytes: itself, two allocations, the vector's slack; roughly.
constexpr std::size_t entry_overhead_bytes = 160;

template <class Entry>
std::size_t cost_of(const Entry& entry) {
  return entry_overhead_bytes + entry.key.size() + (entry.value ? entry.value->size() : 0);
}

}  // namespace

StateCache::StateCache(std::size_t bytes_max)
    : set_bytes_(std::min(bytes_max, set_bytes_max)), sets_(std::max<std::size_t>(1, bytes_max / set_bytes_max)) {}

bool StateCache::bring_forward(Set& set, std::size_t hash, ByteView key) {
  const auto at = std::find_if(set.begin(), set.end(),
                               [&](const Entry& entry) { return entry.hash == hash && entry.key == key; });
  if (at == set.end()) return false;
  std::rotate(set.begin(), at, std::next(at));
  return true;
}

const std::optional<Bytes>* StateCache::find(ByteView key) {
  const std::size_t hash = std::hash<ByteView>()(key);
  Set& set = set_of(hash);
  return bring_forward(set, hash, key) ? &set.front().value : nullptr;
}

void StateCache::remember(ByteView key, std::optional<Bytes> value) {
  const std::size_t hash = std::hash<ByteView>()(key);
  Set& set = set_of(hash);
  if (bring_forward(set, hash, key)) set.erase(set.begin());
  Entry fresh{hash, Bytes(key), std::move(value)};
  if (cost_of(fresh) > set_bytes_) return;
  set.insert(set.begin(), std::move(fresh));
  std::size_t bytes = 0;
  const auto first_over = std::find_if(set.begin(), set.end(), [&](const Entry& entry) {
    return (bytes += cost_of(entry)) > set_bytes_;
  });
  set.erase(first_over, set.end());
}

}  // namespace aval::ledger
