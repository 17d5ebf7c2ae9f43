#pragma once

#include <map>
#include <memory>
#include <optional>

#include "node/snapshot_joiner.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/joins/join_sources.h"
#include "tests/simulation/verdict.h"
#include "tests/support/simulated_store.h"

namespace aval::simulation {

/// Somebody without a ledger among validators of whom up to f lie: links that come and go, peers that take and
/// let go of snapshots meanwhile, power cuts. The joiner is that of the program, on the simulated disk.
///   J1  what is installed is the ledger of its height: it makes the same snapshot, and takes the blocks above
///   J2  in a calm run somebody joins, though it starts anew after each power cut
///   J3  no honest source is called a bad one, and no alarm is raised: f liars cannot agree on a false snapshot
///   J4  it comes to an end
///   J5  a source that gave wrong bytes gets no question about chunks until it has been asked for its offer anew
///   J6  a source has one chunk to send at a time
class JoinRun {
 public:
  JoinRun(const JoinWorld& world, Prng prng, Verdict& verdict, Counters& counters);
  JoinRun(const JoinRun&) = delete;
  JoinRun& operator=(const JoinRun&) = delete;

  void run();
  bool has_joined() const { return has_joined_; }

 private:
  /// A link and what is judged of the one at its other end.
  struct Peer {
    explicit Peer(JoinSource what) : source(what) {}

    JoinSource source;
    bool is_linked = true;
    std::uint64_t links = 0;  // made so far: what was sent over an earlier one is lost
    std::optional<TimePoint> chunk_asked;
    bool gave_wrong_bytes = false;
  };

  void draw_peers();
  void draw_cuts(ledger::ReplicaId id);
  void draw_snapshots();
  void draw_power_cuts();
  void cut_power();
  void start();
  void tick();
  std::set<ledger::ReplicaId> linked() const;
  void carry_out(const node::SnapshotJoiner::Actions& actions);
  void ask(const node::SnapshotJoiner::Question& question);
  void judge_question(Peer& peer, const node::SnapshotJoiner::Question& question);
  void judge_remark(const node::SnapshotJoiner::Remark& remark);
  void on_outcome();
  void check_ledger();
  /// Runs `event` after `delay` unless the link to `id` is cut before.
  void over_link(ledger::ReplicaId id, Duration delay, std::function<void()> event);

  const JoinWorld& world_;
  Prng prng_;
  Verdict& verdict_;
  Counters& counters_;
  bool is_calm_;
  ledger::ReplicaId self_{};
  EventQueue queue_;
  std::map<ledger::ReplicaId, Peer> peers_;
  std::unique_ptr<support::SimulatedDisk> disk_ = std::make_unique<support::SimulatedDisk>();
  std::unique_ptr<support::SimulatedStore> store_ = std::make_unique<support::SimulatedStore>(*disk_);
  std::optional<node::SnapshotJoiner> joiner_;
  std::uint64_t life_ = 0;
  std::uint64_t power_cuts_left_ = 0;
  bool is_over_ = false;
  bool has_joined_ = false;
};

}  // namespace aval::simulation
