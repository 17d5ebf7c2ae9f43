#include "consensus/pool.h"

#include <algorithm>

#include "consensus/limits.h"

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
  const auto lane = lanes_.find(self_.id());
  return lane == lanes_.end() || lane->second.order.empty() ? nullptr : &lane->second;
}

bool Pool::own_lane_is_full() const {
  const Lane* lane = own_lane();
  return lane != nullptr &&
         (lane->order.size() >= batches_per_peer_max || lane->bytes >= batch_bytes_per_peer_max);
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

bool Pool::add(BatchPtr batch, ReplicaId from, TimePoint now) {
  if (batches_.contains(batch->digest) || final_.contains(batch->digest)) return false;
  const Lane& lane = lanes_[from];
  if (lane.order.size() >= batches_per_peer_max) return false;
  if (lane.bytes + batch->bytes.size() > batch_bytes_per_peer_max) return false;
  keep(std::move(batch), from, now);
  return true;
}

void Pool::keep(BatchPtr batch, ReplicaId from, TimePoint now) {
  Lane& lane = lanes_[from];
  lane.order.push_back(batch->digest);
  lane.bytes += batch->bytes.size();
  const Duration interval = milliseconds(self_.parameters().retransmit_interval_ms);
  const crypto::Digest digest = batch->digest;
  batches_.emplace(digest, Entry{std::move(batch), from, now, now + interval, interval, now});
}

BatchPtr Pool::find(const crypto::Digest& digest) const {
  const auto at = batches_.find(digest);
  return at == batches_.end() ? nullptr : at->second.batch;
}

std::vector<Pool::Turn> Pool::turns() const {
  std::vector<Turn> out;
  for (auto lane = lanes_.lower_bound(first_lane_); lane != lanes_.end(); ++lane)
    out.push_back({lane->second.order.begin(), lane->second.order.end()});
  for (auto lane = lanes_.begin(); lane != lanes_.lower_bound(first_lane_); ++lane)
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
    first_lane_ = next(entry.from);
    passed = 0;
  }
  return chosen;
}

void Pool::on_final(const std::vector<ledger::BatchRef>& refs) {
  std::map<ReplicaId, crypto::Digest> oldest;
  for (const auto& [from, lane] : lanes_) {
    if (!lane.order.empty()) oldest[from] = lane.order.front();
  }
  for (const auto& ref : refs) {
    remove(ref.digest);
    final_.add(ref.digest);
  }
  for (auto& [from, lane] : lanes_) {
    const auto before = oldest.find(from);
    const bool unchanged =
        before != oldest.end() && !lane.order.empty() && lane.order.front() == before->second;
    lane.passed_over = unchanged ? lane.passed_over + 1 : 0;
  }
}

void Pool::remove(const crypto::Digest& digest) {
  const auto at = batches_.find(digest);
  if (at == batches_.end()) return;
  Lane& lane = lanes_[at->second.from];
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

void Pool::judge_anew() {
  for (auto& [from, lane] : lanes_) lane.passed_over = 0;
}

bool Pool::passes_somebody_over(TimePoint came_before, std::uint64_t blocks) const {
  return std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& item) {
    const Lane& lane = item.second;
    return !lane.order.empty() && lane.passed_over >= blocks &&
           batches_.at(lane.order.front()).came < came_before;
  });
}

}  // namespace aval::consensus
