#include "consensus/fetches.h"

#include <algorithm>

namespace aval::consensus {
namespace {

/// A batch is usually under way when a block names it: its origin sent it to everybody. Asking at
/// once would move most batches twice.
constexpr std::uint32_t patience_ms = 5;
/// The second peer is asked after so small a part of a retransmission interval, the third after twice as
/// long, up to a whole interval: peers that do not answer must not cost a view its pace.
constexpr Duration::rep first_wait_divisor = 16;
constexpr std::size_t doublings_max = 4;

Duration wait_for(std::size_t attempts, Duration interval) {
  return interval / first_wait_divisor * (Duration::rep{1} << std::min(attempts, doublings_max));
}

}  // namespace

ReplicaId Fetches::candidate(const Want& want, std::size_t attempt) const {
  std::vector<ReplicaId> order;
  const auto append = [&](ReplicaId id) {
    if (id != self_.id() && std::find(order.begin(), order.end(), id) == order.end()) order.push_back(id);
  };
  for (const ReplicaId id : want.likely) append(id);
  for (const ReplicaId id : self_.chain().validators.voters()) append(id);
  return order[attempt % order.size()];
}

void Fetches::ask(Step& step, const std::vector<Want>& wants) {
  if (self_.size() < 2) return;
  std::map<crypto::Digest, Ask> kept;
  std::map<ReplicaId, FetchBatches> batches;
  for (const Want& want : wants) {
    if (kept.contains(want.digest)) continue;  // two blocks may name one batch
    const auto known = asks_.find(want.digest);
    const Duration patience = want.kind == Want::Kind::Batch ? milliseconds(patience_ms) : Duration::zero();
    Ask ask = known != asks_.end() ? known->second : Ask{0, step.now + patience};
    if (ask.due <= step.now) {
      const Duration interval = milliseconds(self_.parameters().retransmit_interval_ms);
      ask.due = step.now + wait_for(ask.attempts, interval);
      const ReplicaId peer = candidate(want, ask.attempts++);
      if (want.kind == Want::Kind::Block)
        step.disseminate_to(peer, FetchBlock{want.digest});
      else
        batches[peer].digests.push_back(want.digest);
    }
    kept[want.digest] = ask;
  }
  asks_ = std::move(kept);
  for (auto& [peer, fetch] : batches) {
    // One request names at most as many batches as a block has; the rest wait for their next turn.
    if (fetch.digests.size() > self_.parameters().block_batches_max)
      fetch.digests.resize(self_.parameters().block_batches_max);
    step.disseminate_to(peer, std::move(fetch));
  }
}

std::optional<TimePoint> Fetches::due() const {
  std::optional<TimePoint> earliest;
  for (const auto& [digest, ask] : asks_) {
    if (!earliest || ask.due < *earliest) earliest = ask.due;
  }
  return earliest;
}

}  // namespace aval::consensus
