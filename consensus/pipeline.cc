#include "consensus/pipeline.h"

#include "crypto/base/mutant.h"

namespace aval::consensus {
namespace {

View view_of(const EarlyMessages::Item& item) {
  if (const auto* proposal = std::get_if<Proposal>(&item)) return proposal->view;
  return std::get<SignedVote>(item).vote.view;
}

}  // namespace

Slot* Pipeline::at(Height height) { return in_window(height) ? &slots_[height] : nullptr; }

const Slot* Pipeline::find(Height height) const {
  const auto at = slots_.find(height);
  return at == slots_.end() ? nullptr : &at->second;
}

Slot* Pipeline::find(Height height) {
  const auto at = slots_.find(height);
  return at == slots_.end() ? nullptr : &at->second;
}

void Pipeline::advance(Height final) {
  final_ = final;
  slots_.erase(slots_.begin(), slots_.upper_bound(final));
}

void EarlyMessages::add(ReplicaId from, Item item) {
  if (mutated("early-messages-forgotten")) return;
  auto& queue = items_[from];
  queue.push_back(std::move(item));
  if (queue.size() > early_messages_per_peer_max) queue.pop_front();
}

std::vector<EarlyMessages::Item> EarlyMessages::take(View view) {
  std::vector<Item> taken;
  for (auto& [from, queue] : items_) {
    std::deque<Item> kept;
    for (Item& item : queue) {
      if (view_of(item) == view)
        taken.push_back(std::move(item));
      else if (view_of(item) > view)
        kept.push_back(std::move(item));
    }
    queue = std::move(kept);
  }
  return taken;
}

std::size_t EarlyMessages::size() const {
  std::size_t count = 0;
  for (const auto& [from, queue] : items_) count += queue.size();
  return count;
}

}  // namespace aval::consensus
