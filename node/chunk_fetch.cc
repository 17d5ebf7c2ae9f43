#include "node/chunk_fetch.h"

#include "crypto/base/check.h"

namespace aval::node {

ChunkFetch::ChunkFetch(const std::vector<ledger::ReplicaId>& sources, const std::vector<std::uint32_t>& missing)
    : waiting_(missing.begin(), missing.end()) {
  for (const ledger::ReplicaId source : sources) sources_.emplace(source, Source{});
}

std::vector<ChunkFetch::Ask> ChunkFetch::ask(TimePoint now) {
  for (auto at = asked_.begin(); at != asked_.end();) {
    const auto [source, asked] = *at;
    if (now < asked.deadline) {
      ++at;
      continue;
    }
    waiting_.insert(asked.chunk);
    at = asked_.erase(at);
    Source& slow = sources_.at(source);
    slow.not_before = now + answer_max * (1U << slow.slow);
    if (++slow.slow == slow_max) sources_.erase(source);
  }
  std::vector<Ask> out;
  for (const auto& [source, standing] : sources_) {
    if (waiting_.empty()) break;
    if (asked_.contains(source) || now < standing.not_before) continue;
    const std::uint32_t chunk = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    asked_.emplace(source, Asked{chunk, now + answer_max});
    out.push_back({source, chunk});
  }
  return out;
}

bool ChunkFetch::expects(ledger::ReplicaId source, std::uint32_t chunk) const {
  const auto found = asked_.find(source);
  return found != asked_.end() && found->second.chunk == chunk;
}

void ChunkFetch::took(ledger::ReplicaId source) {
  AVAL_CHECK(asked_.erase(source) == 1);
  sources_.at(source).slow = 0;
}

void ChunkFetch::refused(ledger::ReplicaId source) {
  const auto asked = asked_.extract(source);
  AVAL_CHECK(!asked.empty());
  waiting_.insert(asked.mapped().chunk);
  sources_.erase(source);
}

}  // namespace aval::node
