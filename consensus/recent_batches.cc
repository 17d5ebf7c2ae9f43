#include "consensus/recent_batches.h"

#include <algorithm>

#include "consensus/limits.h"

namespace aval::consensus {

void RecentBatches::add(const crypto::Digest& digest) {
  ++count_[digest];
  order_.push_back(digest);
  if (order_.size() <= final_digests_max) return;
  const auto oldest = count_.find(order_.front());
  if (--oldest->second == 0) count_.erase(oldest);
  order_.pop_front();
}

std::vector<crypto::Digest> recent_batches(
    ledger::Height head, const std::function<std::vector<ledger::BatchRef>(ledger::Height)>& refs_at) {
  std::vector<crypto::Digest> newest_first;
  for (std::uint64_t height = ledger::number(head); height > 0 && newest_first.size() < final_digests_max; --height) {
    const auto refs = refs_at(ledger::Height{height});
    for (auto ref = refs.rbegin(); ref != refs.rend() && newest_first.size() < final_digests_max; ++ref)
      newest_first.push_back(ref->digest);
  }
  std::reverse(newest_first.begin(), newest_first.end());
  return newest_first;
}

}  // namespace aval::consensus
