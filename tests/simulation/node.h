#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/replica.h"
#include "tests/simulation/checkers.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/executions.h"
#include "tests/simulation/hostile/hostile.h"
#include "tests/simulation/journal_file.h"
#include "tests/simulation/keyring.h"
#include "tests/simulation/network.h"
#include "tests/simulation/real_storage.h"

namespace aval::simulation {

/// Points at which a crash hurts most.
enum class Moment { BeforeSync, AfterSync, MidBroadcast, AfterSend };

/// One bank's node: its replica, its disk, and the driver that feeds the one and carries out what it
/// wants in the order that consensus/actions.h demands. All of it but the disk dies in a crash.
class Node {
 public:
  struct World {
    EventQueue& queue;
    Network& network;
    Opener& opener;
    Checkers& checkers;
    Trace& trace;
    Counters& counters;
    std::function<void(ReplicaId, const ledger::TxId&, Height)> on_final;
    std::function<bool(ReplicaId)> may_crash;  // asked at a Moment
    std::function<void(ReplicaId)> on_crash;   // the node has just crashed by itself
  };
  struct Identity {
    ReplicaId self{};
    const contracts::GenesisState& genesis;
    const Plan& plan;
    const Keyring& keys;
    bool is_second_twin = false;
  };

  Node(World world, Identity identity, Prng prng);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Starts, or starts again, from what is on the disk.
  void start();
  void crash();
  /// Crashes by itself at the next such moment, if the world allows it then.
  void arm_crash(Moment moment) { armed_ = moment; }
  void disarm() { armed_.reset(); }
  /// Flushes take the time of a healthy disk from now on.
  void calm_disk();
  /// How far the node's clock is ahead of the world's.
  void set_clock_skew(Duration skew);

  bool is_up() const { return replica_ != nullptr; }
  void receive(const PacketPtr& packet);
  Reply submit(const ledger::EnvelopePtr& envelope);
  /// Messages that did not fit into the lane of the peer that sent them.
  std::uint64_t dropped() const { return cpu_ ? cpu_->dropped() : 0; }
  const ledger::Header& head() const { return ledger_.head(); }
  std::vector<ledger::CertifiedBlock> chain() const { return ledger_.from(Height{1}, SIZE_MAX); }
  consensus::ReplicaStatus status() const { return replica_->status(); }

 private:
  void take_in(ReplicaId from, const consensus::Verified& opened);
  void take_for_ordering(const ledger::EnvelopePtr& envelope);
  void step(consensus::Input input);
  void carry_out(consensus::Actions actions);
  void pump();
  std::vector<consensus::Record> begin_group();
  void execute(const consensus::ExecuteRequest& request);
  void release_group();
  bool send(const consensus::Send& order);
  bool send_treacherously(const consensus::Message& message, const std::vector<ReplicaId>& receivers);
  bool send_copies(const consensus::Message& message, const std::vector<ReplicaId>& receivers);
  std::vector<ReplicaId> receivers_of(const consensus::Send& order) const;
  void transmit(ReplicaId to, const PacketPtr& packet);
  void finalise(const consensus::FinaliseRequest& request);
  void perhaps_rotate_journal();
  void end_epoch();
  void begin_epoch();
  void make_replica(consensus::Recovered recovered);
  void take_over();
  ledger::Epoch epoch_of(const consensus::Message& message) const;
  /// A seat has its number, though it may have been left.
  bool is_seated() const { return number(identity_.self) < chain_->validators.validators.size(); }
  bool has_vote() const { return chain_->validators.contains(identity_.self); }
  void answer(ReplicaId peer, const consensus::FetchFinal& question);
  void set_alarm(TimePoint when);
  bool dies_at(Moment moment);
  bool is_refused(std::uint64_t per_mille, std::uint64_t& counter);
  bool is_full();
  void end_process();
  void on_written(const Result<void>& written);
  void cut_power();
  Duration draw_sync_time();
  UnixMillis wall_clock() const;
  consensus::Recovered recover();
  consensus::Recovered recover_simulated();
  std::vector<crypto::Digest> recent_batches() const;
  Result<void> prove_final(const std::vector<consensus::FinaliseRequest>& requests);
  consensus::ReplicaConfig replica_config() const;
  crypto::Signer& signer() const { return identity_.keys.signer_of(*chain_, identity_.self); }
  void note(const TraceEvent& event) { world_.trace.note(world_.queue.now(), event); }
  /// Runs `event` after `delay` unless the node has crashed by then.
  void after(Duration delay, std::function<void()> event);

  World world_;
  Identity identity_;
  Prng prng_;
  DiskPlan disk_plan_;
  Duration clock_skew_{};
  std::unique_ptr<Hostile> hostile_;
  std::optional<VirtualCpu> cpu_;

  // On the disk.
  JournalFile journal_;
  LedgerStore ledger_;
  std::unique_ptr<RealStorage> storage_;  // when the plan wants it: then the other two only follow it
  Duration disk_delay_{};                 // of a disk that is slow all along
  TimePoint full_until_{};

  // In memory.
  std::shared_ptr<const ledger::ChainConfig> chain_;  // of the epoch its replica is in
  bool is_epoch_over_ = false;
  std::unique_ptr<consensus::Replica> replica_;
  std::unique_ptr<Executions> executions_;
  std::deque<consensus::Actions> waiting_;
  std::vector<consensus::Actions> group_;     // being carried out
  std::vector<consensus::Record> under_way_;  // being written to the journal
  bool is_syncing_ = false;
  std::uint64_t alarm_ = 0;

  std::uint64_t life_ = 0;  // grows with every crash
  std::optional<Moment> armed_;
};

}  // namespace aval::simulation
