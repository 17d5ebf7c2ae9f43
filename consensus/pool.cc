#include "consensus/pool.h"

#include <algorithm>

#include "consensus/limits.h"
#include "crypto/base/mutant.h"

namespace aval::consensus {

namespace {
/// Own batches are sent again after one interval, then two, up to this many.
constexpr std::uint32_t resend_intervals_max = 16;
}  // namespace

bool Pool::submit(ledger::EnvelopePtr envelope, TimePoint now) {
  if (envelope->bytes.size() > self_.parameters().envelope_bytes_max || contains(envelope->tx_id))
    return false;
  return queue_.add(std::move(envelope), now);
}

const Pool::Lane* Pool::own_lane() const {
  const auto lane = lanes_.find({self_.id(), false});
  return lane == lanes_.end() || lane->second.order.empty() ? nullptr : &lane->second;
}

bool Pool::own_lane_is_full() const {
  return !has_room({self_.id(), false}, self_.parameters().batch_bytes_max);
}

std::optional<TimePoint> Pool::pack_due() const {
  const auto oldest = queue_.oldest();
  if (!oldest || own_lane_is_full()) return std::nullopt;
  return *oldest + milliseconds(self_.parameters().batch_delay_ms);
}

void Pool::pack(Step& step) {
  while (const auto due = pack_due()) {
    const bool nothing_of_ours_waits = own_lane() == nullptr;
    if (!nothing_of_ours_waits && !queue_.fills_a_batch(self_.parameters()) && *due > step.now) return;
    const BatchPtr batch =
        ledger::make_batch(self_.id(), next_counter_++, queue_.take(self_.parameters(), step.now));
    for (const auto& envelope : batch->envelopes) packed_.insert(envelope->tx_id);
    keep(batch, self_.id(), step.now);
    step.disseminate(BatchMessage{batch});
  }
}

bool Pool::has_room(const LaneKey& key, std::size_t bytes) const {
  const auto lane = lanes_.find(key);
  if (lane == lanes_.end() || lane->second.order.empty()) return true;
  const auto& [from, is_handed_on] = key;
  const std::size_t batches_max = is_handed_on ? handed_on_batches_per_peer_max : batches_per_peer_max;
  const std::size_t bytes_max = is_handed_on ? handed_on_bytes_per_peer_max : batch_bytes_per_peer_max;
  return (lane->second.order.size() < batches_max && lane->second.bytes + bytes <= bytes_max) ||
         mutated("peer-fills-the-pool");
}

bool Pool::add(BatchPtr batch, ReplicaId from, TimePoint now) {
  if (final_.contains(batch->digest)) return false;
  if (batches_.contains(batch->digest)) {
    if (batch->origin != from) bring_forward(batch->digest, from);
    return false;
  }
  if (!has_room({from, batch->origin != from}, batch->bytes.size())) return false;
  keep(std::move(batch), from, now);
  return true;
}

void Pool::keep(BatchPtr batch, ReplicaId from, TimePoint now) {
  const Duration interval = milliseconds(self_.parameters().retransmit_interval_ms);
  const crypto::Digest digest = batch->digest;
  const bool is_handed_on = batch->origin != from;
  Lane& lane = lanes_[{from, is_handed_on}];
  lane.order.push_back(digest);
  lane.bytes += batch->bytes.size();
  batches_.emplace(digest,
                   Entry{std::move(batch), from, now, now + interval, interval, now, is_handed_on, 0, now});
}

/// A batch that waits here already and is handed on moves to the forwarder's lane when it has fewer in
/// front of it there. So it never waits longer for being handed on.
void Pool::bring_forward(const crypto::Digest& digest, ReplicaId from) {
  Entry& entry = batches_.at(digest);
  const std::size_t bytes = entry.batch->bytes.size();
  const LaneKey to{from, true};
  if (entry.lane() == to || entry.from == self_.id() || !has_room(to, bytes)) return;
  Lane& now_in = lanes_.at(entry.lane());
  Lane& better = lanes_[to];
  const auto at = std::find(now_in.order.begin(), now_in.order.end(), digest);
  if (static_cast<std::size_t>(at - now_in.order.begin()) <= better.order.size()) return;
  now_in.order.erase(at);
  now_in.bytes -= bytes;
  better.order.push_back(digest);
  better.bytes += bytes;
  entry.from = from;
  entry.is_handed_on = true;
}

BatchPtr Pool::find(const crypto::Digest& digest) const {
  const auto at = batches_.find(digest);
  return at == batches_.end() ? nullptr : at->second.batch;
}

std::vector<Pool::Turn> Pool::turns() const {
  std::vector<Turn> out;
  const auto first = served_last_ ? lanes_.upper_bound(*served_last_) : lanes_.begin();
  for (auto lane = first; lane != lanes_.end(); ++lane)
    out.push_back({lane->second.order.begin(), lane->second.order.end()});
  for (auto lane = lanes_.begin(); lane != first; ++lane)
    out.push_back({lane->second.order.begin(), lane->second.order.end()});
  return out;
}

std::vector<BatchPtr> Pool::choose(const std::set<crypto::Digest>& taken) {
  const auto& limits = self_.parameters();
  std::vector<Turn> turn = turns();
  std::vector<BatchPtr> chosen;
  std::size_t bytes = 0;
  for (std::size_t passed = 0, i = 0; passed < turn.size(); i = (i + 1) % turn.size()) {
    auto& [at, end] = turn[i];
    while (at != end && taken.contains(*at)) ++at;
    ++passed;
    if (at == end) continue;
    const Entry& entry = batches_.at(*at++);
    bytes += entry.batch->bytes.size();
    if (chosen.size() == limits.block_batches_max || bytes > limits.block_bytes_max) return chosen;
    chosen.push_back(entry.batch);
    served_last_ = entry.lane();
    passed = 0;
  }
  return chosen;
}

void Pool::on_final(const std::vector<ledger::BatchRef>& refs) {
  std::map<LaneKey, crypto::Digest> oldest;
  for (const auto& [key, lane] : lanes_) {
    if (!lane.order.empty()) oldest[key] = lane.order.front();
  }
  for (const auto& ref : refs) {
    remove(ref.digest);
    final_.add(ref.digest);
  }
  for (auto& [key, lane] : lanes_) {
    const auto before = oldest.find(key);
    const bool unchanged =
        before != oldest.end() && !lane.order.empty() && lane.order.front() == before->second;
    lane.passed_over = unchanged ? lane.passed_over + 1 : 0;
  }
}

void Pool::remove(const crypto::Digest& digest) {
  const auto at = batches_.find(digest);
  if (at == batches_.end()) return;
  Lane& lane = lanes_.at(at->second.lane());
  lane.bytes -= at->second.batch->bytes.size();
  std::erase(lane.order, digest);
  if (at->second.from == self_.id())
    for (const auto& envelope : at->second.batch->envelopes) packed_.erase(envelope->tx_id);
  batches_.erase(at);
}

std::vector<crypto::Digest> Pool::worth_sending(const Lane& lane, bool is_stalled) const {
  if (is_stalled) return {lane.order.begin(), lane.order.end()};
  if (lane.order.empty() || !is_neglected(lane)) return {};
  return {lane.order.front()};
}

void Pool::resend(Step& step, const std::set<crypto::Digest>& taken, bool is_stalled) {
  const Lane* lane = own_lane();
  if (lane == nullptr) return;
  const Duration longest = milliseconds(self_.parameters().retransmit_interval_ms) * resend_intervals_max;
  std::size_t sent = 0;
  for (const auto& digest : worth_sending(*lane, is_stalled)) {
    if (sent == resent_batches_max) return;
    Entry& entry = batches_.at(digest);
    if (entry.resend_at > step.now || taken.contains(digest)) continue;
    entry.resend_after = std::min(entry.resend_after * 2, longest);
    entry.resend_at = step.now + entry.resend_after;
    step.disseminate(BatchMessage{entry.batch});
    ++sent;
  }
}

void Pool::on_link_back(TimePoint now) {
  const Lane* lane = own_lane();
  if (lane == nullptr) return;
  for (const auto& digest : lane->order) {
    Entry& entry = batches_.at(digest);
    entry.resend_after = milliseconds(self_.parameters().retransmit_interval_ms);
    entry.resend_at = std::min(entry.resend_at, now);
  }
}

void Pool::forward(Step& step, std::optional<ReplicaId> to, Duration patience,
                   const std::set<crypto::Digest>& taken, bool is_stalled) {
  if (to == self_.id()) return;
  std::size_t sent = 0;
  for (const auto& [from, lane] : lanes_) {
    for (const auto& digest : worth_sending(lane, is_stalled)) {
      if (sent == forwarded_batches_max) return;
      Entry& entry = batches_.at(digest);
      if (step.now - entry.forward_from < patience || taken.contains(digest)) continue;
      entry.forward_from = step.now;
      step.actions.disseminate.push_back({to, BatchMessage{entry.batch}});
      ++sent;
    }
  }
}

std::vector<ledger::EnvelopePtr> Pool::own_envelopes() const {
  std::vector<ledger::EnvelopePtr> out;
  if (const Lane* lane = own_lane()) {
    for (const auto& digest : lane->order) {
      const auto& envelopes = batches_.at(digest).batch->envelopes;
      out.insert(out.end(), envelopes.begin(), envelopes.end());
    }
  }
  for (ledger::EnvelopePtr& waiting : queue_.all()) out.push_back(std::move(waiting));
  return out;
}

void Pool::judge_anew() {
  for (auto& [key, lane] : lanes_) lane.passed_over = 0;
  for (auto& [digest, entry] : batches_) {
    entry.handed = 0;
    entry.handed_at = entry.came;
  }
}

std::vector<Pool::Waiting> Pool::waiting(const std::set<crypto::Digest>& taken) const {
  std::vector<Waiting> out;
  for (const auto& [key, lane] : lanes_) {
    std::size_t found = 0;
    for (auto at = lane.order.begin(); at != lane.order.end() && found < watched_batches_per_lane_max; ++at) {
      if (taken.contains(*at)) continue;
      const Entry& entry = batches_.at(*at);
      const std::uint64_t passed_over = at == lane.order.begin() ? lane.passed_over : 0;
      out.push_back({*at, entry.came, entry.handed_at, entry.handed, passed_over});
      ++found;
    }
  }
  return out;
}

void Pool::hand_over(Step& step, const crypto::Digest& digest, ReplicaId primary) {
  Entry& entry = batches_.at(digest);
  ++entry.handed;
  entry.handed_at = step.now;
  entry.forward_from = step.now;
  step.disseminate_to(primary, BatchMessage{entry.batch});
}

}  // namespace aval::consensus
