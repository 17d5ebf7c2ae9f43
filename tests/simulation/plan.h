#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/time.h"
#include "ledger/ids.h"
#include "ledger/parameters.h"
#include "tests/simulation/script.h"
#include "tests/simulation/treachery.h"
#include "tests/simulation/virtual_cpu.h"

namespace aval::simulation {

/// Faults of the test build, by the names of the command line.
enum class Fault {
  None,
  QuorumOffByOne,
  SendBeforePersist,
  ForgetVotesAtRestart,
  VotesBelowTip,
  UncheckedStateRoot
};

std::optional<Fault> fault_named(std::string_view name);
std::string_view name_of(Fault fault);  // empty for None

struct NetworkPlan {
  Duration delay_mean{};
  std::uint64_t loss_per_mille = 0;
  std::uint64_t duplicate_per_mille = 0;
  std::uint64_t hold_per_mille = 0;  // messages held up for up to hold_max
  Duration hold_max{};
  bool keeps_order = true;  // per link, as TCP does; otherwise later ones overtake
};

struct DiskPlan {
  Duration sync_mean{};
  std::uint64_t slow_sync_per_mille = 0;  // a flush that takes twenty times as long
  Duration ledger_lag_max{};              // how far the ledger's flush trails its appends
  std::uint64_t rotate_per_mille = 0;     // of final blocks after which the journal is rewritten
  std::uint64_t slow_node_per_mille = 0;  // of nodes whose every flush takes up to slow_node_max longer
  Duration slow_node_max{};
  std::uint64_t refuse_per_mille = 0;  // of flushes that fail, or whose write does
  std::uint64_t full_per_mille = 0;    // of flushes that find the disk full, as it is for up to full_max
  Duration full_max{};
  bool is_real = false;                             // the program's own journal, ledger and LevelDB on it
  std::map<ledger::ReplicaId, Duration> slow = {};  // these replicas' flushes take so long instead
};

struct ChaosPlan {
  Duration length{};
  bool partitions = false;
  Duration partition_gap_max{};
  Duration partition_hold_max{};
  bool crashes = false;
  Duration crash_gap_max{};
  Duration down_max{};
  bool crashes_at_effects = false;  // right before or after a flush, or half-way through a broadcast
  bool blackouts = false;           // all at once
  Duration clock_skew_max{};
};

struct LoadPlan {
  std::size_t transactions = 0;
  std::size_t burst_max = 1;
  std::uint64_t twice_per_mille = 0;  // sent to two replicas at once
  Duration retry_after{};
  /// Open loop: one transaction each so often, to the replicas in turn, instead of bursts at any time.
  std::optional<Duration> every = {};
  Duration warm_up{};                           // the figures begin here
  std::set<ledger::ReplicaId> distrusted = {};  // whoever asks one of these asks the next one at once
};

struct HostilePlan {
  ledger::ReplicaId who{};
  Treachery treachery = Treachery::Mute;
};

/// What the members decide on while a run goes on. Each change begins an epoch.
enum class MemberChange {
  Seat,           // a newcomer observes; its node starts with the genesis alone
  Promote,        // it votes
  Remove,         // some voter's seat
  RemovePrimary,  // that of the primary
  Rotate,         // the vote key of some voter
  Parameters
};

/// Everything about one run that is decided before it starts; follows from the seed and the options, or
/// stands in a scenario file.
struct Plan {
  std::string about;  // for people
  std::uint64_t seed = 0;
  Fault fault = Fault::None;
  std::size_t replicas = 4;
  ledger::Parameters parameters;
  NetworkPlan network;
  DiskPlan disk;
  ChaosPlan chaos;
  LoadPlan load;
  std::optional<CpuCosts> cpu;       // left out: checking takes no time, and executing a chance one
  std::vector<HostilePlan> hostile;  // at most faulty_max(), each validator once
  std::vector<MemberChange>
      membership;  // in this order; at most one Seat, at most one removal before a Promote
  std::vector<Happening> script;
  Expectations expect;
  Duration liveness_bound{};  // from the end of the chaos to everything final and everybody equal

  bool makes(MemberChange change) const;
  /// Nodes that there are at any time: the newcomer counts.
  std::size_t nodes() const { return replicas + (makes(MemberChange::Seat) ? 1 : 0); }
  /// The fewest that vote at any time.
  std::size_t voters_min() const;
  std::size_t faulty_max() const { return (voters_min() - 1) / 3; }
  /// Validators that may be down at one time while the chaos is no blackout.
  std::size_t down_max() const { return faulty_max() - hostile.size(); }
  /// What the validator does, if it has been taken over.
  std::optional<Treachery> treachery_of(ledger::ReplicaId id) const;
  std::set<ledger::ReplicaId> hostile_ids() const;
};

struct PlanOptions {
  std::uint64_t seed = 0;
  std::optional<std::size_t> replicas;
  Fault fault = Fault::None;
  bool real_storage = false;           // whatever is drawn
  bool membership = false;             // validators and parameters change
  std::optional<Treachery> treachery;  // of every hostile validator, of which there is at least one
};

/// Swarm: each class of faults is on or off and mild or harsh, seed by seed, so that no class hides
/// another one in every run.
Plan draw_plan(const PlanOptions& options);

/// Time enough to settle after the chaos, whatever the timers had grown to.
Duration usual_liveness_bound(const Plan& plan);

/// The network after the chaos: quick, orderly, nothing lost.
NetworkPlan calm_network();

}  // namespace aval::simulation
