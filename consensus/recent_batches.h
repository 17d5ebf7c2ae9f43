#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "ledger/block.h"

namespace aval::consensus {

/// What the chain named last: a batch is recent while it is among the last final_digests_max ones that
/// final blocks named, repeats included. So a late copy is not taken for new work, and replicas at one
/// height agree on it, whether they were there, caught up or have just started: none of them waits for
/// a batch that the others know to be done.
class RecentBatches {
 public:
  /// A block that is final now named `digest`, perhaps once more.
  void add(const crypto::Digest& digest);
  bool contains(const crypto::Digest& digest) const { return count_.contains(digest); }

 private:
  std::map<crypto::Digest, std::uint32_t> count_;  // in order_
  std::deque<crypto::Digest> order_;               // oldest first
};

/// What a replica that starts on a ledger of `head` blocks must know of it, oldest first. `refs_at`
/// gives the batches of the block at a height from 1 to head, in block order.
std::vector<crypto::Digest> recent_batches(
    ledger::Height head, const std::function<std::vector<ledger::BatchRef>(ledger::Height)>& refs_at);

}  // namespace aval::consensus
