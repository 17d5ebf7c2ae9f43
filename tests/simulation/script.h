#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/time.h"
#include "ledger/ids.h"

namespace aval::simulation {

/// What can be made to happen at a given time.
enum class Deed {
  Crash,      // the nodes stop and stay down until a restart or the end of the chaos
  Restart,    // the nodes start from what is on their disks
  Partition,  // nobody hears anybody of another group; nodes in no group stand together
  Cut,        // the second group no longer hears the first
  Join,       // the second group hears the first again
  Mend,       // every link works again
  Skew,       // the nodes' clocks are off by `by`
};

struct Happening {
  Duration at{};  // since the beginning of the run
  Deed deed = Deed::Mend;
  std::vector<std::vector<ledger::ReplicaId>> groups = {};
  Duration by{};
};

/// A stretch of the run, and whom the demand is about; nobody named means every honest node.
struct Span {
  Duration from{};
  Duration to{};
  std::vector<ledger::ReplicaId> nodes = {};
};

/// What the author of a scenario demands beyond the invariants.
struct Expectations {
  std::uint64_t commits_at_least = 0;
  std::uint64_t view_at_least = 0;
  std::uint64_t epochs_at_least = 0;  // begun
  std::uint64_t evidence_at_least = 0;
  std::optional<std::uint64_t> view_at_most;
  std::optional<Duration> settled_within;  // after the end of the chaos
  bool all_final = true;                   // false: the run ends with the chaos, settled or not
  std::vector<Span> no_commits_between;    // by these nodes; nobody named: of a height new to all
  std::vector<Span> commits_between;       // at least one by each of the nodes
  std::vector<Span> no_votes_between;      // none that was not cast before
  std::map<std::string, std::uint64_t> faults_at_least;  // by the names of counters.h
};

}  // namespace aval::simulation
