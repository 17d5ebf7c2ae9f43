#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "crypto/base/time.h"
#include "ledger/ids.h"

namespace aval::node {

/// Whom to ask for which chunk: each source for one at a time, the chunks in order. A source that is slow gets a
/// pause that doubles; one that is slow too often, or gives wrong bytes once, is asked no more. Pure: time comes
/// in.
class ChunkFetch {
 public:
  static constexpr Duration answer_max = std::chrono::seconds(10);
  static constexpr std::uint32_t slow_max = 3;

  struct Ask {
    ledger::ReplicaId source{};
    std::uint32_t chunk = 0;
    bool operator==(const Ask&) const = default;
  };

  ChunkFetch(const std::vector<ledger::ReplicaId>& sources, const std::vector<std::uint32_t>& missing);

  /// What to ask for now. Called now and then: it also looks after those that have not answered.
  std::vector<Ask> ask(TimePoint now);
  /// Was this chunk asked of this source, and not answered yet?
  bool expects(ledger::ReplicaId source, std::uint32_t chunk) const;
  /// The expected answer came, and was what the manifest names.
  void took(ledger::ReplicaId source);
  /// The expected answer was wrong, or says that the chunk is not there.
  void refused(ledger::ReplicaId source);

  bool is_done() const { return waiting_.empty() && asked_.empty(); }
  /// Nobody is left to ask.
  bool is_stuck() const { return !is_done() && sources_.empty(); }

 private:
  struct Source {
    TimePoint not_before;
    std::uint32_t slow = 0;
  };
  struct Asked {
    std::uint32_t chunk = 0;
    TimePoint deadline;
  };

  std::map<ledger::ReplicaId, Source> sources_;
  std::map<ledger::ReplicaId, Asked> asked_;
  std::set<std::uint32_t> waiting_;  // wanted, and asked of nobody
};

}  // namespace aval::node
