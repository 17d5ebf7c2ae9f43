#include <algorithm>

#include "consensus/limits.h"
#include "consensus/pool.h"

namespace aval::consensus {
namespace {

/// A batch's own fields, and what each envelope costs beside its bytes.
constexpr std::size_t batch_overhead = 32;
constexpr std::size_t envelope_overhead = 8;

std::size_t cost(const ledger::Envelope& envelope) { return envelope.bytes.size() + envelope_overhead; }

}  // namespace

bool EnvelopeQueue::add(ledger::EnvelopePtr envelope, TimePoint now) {
  if (ids_.size() >= own_envelopes_max) return false;
  auto& waiting = members_[envelope->body.member];
  if (waiting.size() >= own_envelopes_per_member_max) return false;
  if (!ids_.insert(envelope->tx_id).second) return false;
  if (ids_.size() == 1) oldest_ = now;
  bytes_ += cost(*envelope);
  waiting.push_back(std::move(envelope));
  return true;
}

std::vector<ledger::EnvelopePtr> EnvelopeQueue::all() const {
  std::vector<ledger::EnvelopePtr> out;
  for (const auto& [member, waiting] : members_) out.insert(out.end(), waiting.begin(), waiting.end());
  return out;
}

bool EnvelopeQueue::fills_a_batch(const ledger::Parameters& limits) const {
  return ids_.size() >= limits.batch_envelopes_max || bytes_ + batch_overhead >= limits.batch_bytes_max;
}

std::vector<ledger::EnvelopePtr> EnvelopeQueue::take(const ledger::Parameters& limits, TimePoint now) {
  oldest_ = now;
  std::vector<ledger::EnvelopePtr> taken;
  std::size_t bytes = batch_overhead;
  while (!members_.empty() && taken.size() < limits.batch_envelopes_max) {
    auto member = members_.upper_bound(last_member_);
    if (member == members_.end()) member = members_.begin();
    last_member_ = member->first;
    if (member->second.empty()) {
      members_.erase(member);
      continue;
    }
    const std::size_t more = cost(*member->second.front());
    if (!taken.empty() && bytes + more > limits.batch_bytes_max) break;
    bytes += more;
    bytes_ -= more;
    ids_.erase(member->second.front()->tx_id);
    taken.push_back(std::move(member->second.front()));
    member->second.pop_front();
    if (member->second.empty()) members_.erase(member);
  }
  return taken;
}

}  // namespace aval::consensus
