#pragma once

#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "ledger/block.h"

namespace aval::consensus {

/// The batches that became final last, so that a late copy is not taken for new work. The chain alone
/// decides which they are: replicas at one height agree on it, whether they were there, caught up or
/// have just started, and so none of them waits for a batch that the others know to be done.
class RecentBatches {
 public:
  /// `digest` became final just now, perhaps once more.
  void add(const crypto::Digest& digest);
  bool contains(const crypto::Digest& digest) const { return known_.contains(digest); }

 private:
  std::set<crypto::Digest> known_;
  std::deque<crypto::Digest> order_;  // oldest first
};

/// What a replica that starts on a ledger of `head` blocks must know of it, oldest first. `refs_at`
/// gives the batches of the block at a height from 1 to head, in block order.
std::vector<crypto::Digest> recent_batches(
    ledger::Height head, const std::function<std::vector<ledger::BatchRef>(ledger::Height)>& refs_at);

}  // namespace aval::consensus
