#include "consensus/recent_batches.h"

#include <algorithm>

#include "consensus/limits.h"

namespace aval::consensus {

void RecentBatches::add(const crypto::Digest& digest) {
  if (!known_.insert(digest).second) std::erase(order_, digest);
  order_.push_back(digest);
  if (order_.size() <= final_digests_max) return;
  known_.erase(order_.front());
  order_.pop_front();
}

std::vector<crypto::Digest> recent_batches(
    ledger::Height head, const std::function<std::vector<ledger::BatchRef>(ledger::Height)>& refs_at) {
  std::set<crypto::Digest> known;
  std::vector<crypto::Digest> newest_first;
  for (std::uint64_t height = ledger::number(head); height > 0 && known.size() < final_digests_max; --height) {
    const auto refs = refs_at(ledger::Height{height});
    for (auto ref = refs.rbegin(); ref != refs.rend() && known.size() < final_digests_max; ++ref) {
      if (known.insert(ref->digest).second) newest_first.push_back(ref->digest);
    }
  }
  std::reverse(newest_first.begin(), newest_first.end());
  return newest_first;
}

}  // namespace aval::consensus
