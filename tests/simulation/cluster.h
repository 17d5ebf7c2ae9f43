#pragma once

#include <iosfwd>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/simulation/checkers.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/council.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/keyring.h"
#include "tests/simulation/network.h"
#include "tests/simulation/node.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/settlement.h"

namespace aval::simulation {

struct Outcome {
  std::optional<Violation> violation;
  Counters counters;
  crypto::Digest trace_hash;
  LoadFigures load;  // of an open-loop load
};

/// One run: a consortium, its clients and its misfortunes. First the chaos of the plan, then a healed
/// world in which everything asked for must become final and all nodes equal within the plan's bound.
class Cluster {
 public:
  /// `trace_lines` may be null.
  Cluster(const Plan& plan, bool real_signatures, std::ostream* trace_lines);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Outcome run();

 private:
  bool is_over() const;
  void finish();
  void audit();

  // Misfortunes.
  void schedule_partition();
  void partition();
  void mend();
  void schedule_crash();
  void crash_something();
  void crash(ReplicaId id);
  void stop(ReplicaId id);
  void on_crash(ReplicaId id);
  void restart_later(ReplicaId id, Duration down_max);
  void schedule_relapse(ReplicaId id);
  void restart(ReplicaId id);
  void heal();

  // The plan's script.
  void carry_out(const Happening& happening);
  void split(const std::vector<std::vector<ReplicaId>>& groups);
  void cut(const std::vector<ReplicaId>& from, const std::vector<ReplicaId>& to);

  void check_settled();
  bool is_honest(ReplicaId id) const { return !plan_.treachery_of(id); }
  Node& node(ReplicaId id) { return *nodes_[number(id)]; }
  /// The one that `peer` sees under this id.
  Node& node_seen_by(ReplicaId peer, ReplicaId id);
  void add_nodes();
  Council::World council_world();
  void wake(ReplicaId id);
  ReplicaId draw_replica() { return static_cast<ReplicaId>(prng_.below(nodes_.size())); }
  ReplicaId primary() const;
  void note(const TraceEvent& event) { trace_.note(queue_.now(), event); }

  Plan plan_;
  bool real_signatures_;
  Prng prng_;
  Trace trace_;
  EventQueue queue_;
  Counters counters_;
  Verdict verdict_;
  contracts::GenesisState genesis_;
  Keyring keys_;
  Checkers checkers_;
  Network network_;
  Opener opener_;
  Clients clients_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<ReplicaId, std::unique_ptr<Node>> second_twins_;
  Settlement settlement_;
  Council council_;
  std::set<ReplicaId> asleep_;  // newcomers whose seat is not made yet
  std::set<ReplicaId> down_;
  std::vector<ledger::EnvelopePtr> probes_;
  bool is_healed_ = false;
  bool is_done_ = false;
  bool is_probed_ = false;
  TimePoint healed_at_;
};

}  // namespace aval::simulation
