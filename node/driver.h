#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "consensus/replica.h"
#include "node/admission.h"
#include "node/budget.h"
#include "node/catch_up_gauge.h"
#include "node/core_loop.h"
#include "node/ledger_worker.h"
#include "node/peer_network.h"
#include "node/rate_limit.h"
#include "node/snapshot_store.h"
#include "node/verify_pool.h"
#include "node/waiting_room.h"

namespace aval::node {

/// Feeds the replica and carries out its Actions in the order of their contract (consensus/actions.h):
/// what is to be persisted goes to the ledger thread, and a message leaves only when every record that
/// was handed over before it is on disk. Core thread only, but where a function says otherwise.
///
/// A replica lives for one epoch. Between its end and begin_epoch() clients are taken in and wait.
class Driver {
 public:
  struct Parts {
    CoreLoop& loop;
    LedgerWorker& ledger;
    VerifyPool& pool;  // lane_of() each queue of clients and each seat
    const SnapshotStore& snapshots;
    /// Somebody else signs with this node's vote key, or its journal was set back: must end the process.
    std::function<void(const std::string& what)> on_key_elsewhere;
    std::uint64_t answer_bytes_per_second = 100U << 20U;  // to each peer
    std::uint64_t journal_bytes_max = 32U << 20U;  // a longer vote journal is replaced by a short one
  };
  /// Who votes: the seat, and the key that signs for it.
  struct Voter {
    ledger::ReplicaId self{};
    crypto::Signer& vote_signer;
  };
  Driver(Parts parts, Voter voter, consensus::Recovered recovered);
  static std::size_t lane_of(ApiBackend::ClientQueue queue) { return static_cast<std::size_t>(queue); }
  static std::size_t lane_of(ledger::ReplicaId peer) { return client_lanes + ledger::number(peer); }
  static std::optional<ledger::ReplicaId> peer_of(std::size_t lane) {
    if (lane < client_lanes) return std::nullopt;
    return ledger::ReplicaId{static_cast<std::uint32_t>(lane - client_lanes)};
  }

  /// The chain in its next epoch, when this one is over and its last block is on disk.
  using OnEpochOver = std::function<void(std::shared_ptr<const ledger::ChainConfig>)>;
  void start(PeerNetwork& network, OnEpochOver on_epoch_over);
  /// Goes on with a replica of that epoch. Network and pool know its seats already.
  void begin_epoch(std::shared_ptr<const ledger::ChainConfig> chain, Voter voter);
  /// Goes no further: tells and gives the others what there is, and takes nothing in.
  void stay_in_epoch();
  /// A frame of an authenticated peer; false when its lane is full.
  bool on_frame(ledger::ReplicaId peer, Frame frame);

  /// From any thread: see ApiBackend::submit.
  void submit(Bytes envelope, ApiBackend::ClientQueue queue, std::chrono::milliseconds wait, ApiBackend::Answer answer);
  /// The replica and the peers as they stood a moment ago; from any thread.
  struct Standing {
    consensus::ReplicaStatus replica;
    std::vector<bool> connected;                // by ReplicaId
    std::vector<ledger::Height> final_heights;  // by ReplicaId, as they last told us
    std::uint64_t transactions = 0;
    bool is_behind = true;
    bool votes = true;                          // the seat's vote key is here and in use
    ledger::Height credible_height{};           // what f+1 peers claim to have
  };
  Standing standing() const;
  /// From any thread.
  bool is_pending(const ledger::TxId& tx_id) const { return waiting_room_.is_pending(tx_id); }
  /// Answers every waiting client; nothing more is taken in.
  void close();

 private:
  static constexpr std::size_t client_lanes = 2;

  void step(consensus::Input input);
  void perform(consensus::Actions actions);
  void hand_over(consensus::Actions& actions);
  void send(const consensus::Send& send);
  void send_or_hold(std::vector<consensus::Send> sends);
  void wake_at(TimePoint deadline);
  void on_timer();
  void on_persisted(std::uint64_t ticket);
  void on_final(const FinalBlock& block);
  void know_seats();
  Result<TxState> fate_of(const ledger::Envelope& envelope) const;
  void on_message(consensus::Verified message);
  void on_status(ledger::ReplicaId peer, const consensus::StatusMessage& status);
  void on_bad_message(ledger::ReplicaId peer, const Error& error);
  void answer_fetch(ledger::ReplicaId peer, ledger::Height first);
  bool answer_snapshot(ledger::ReplicaId peer, Bytes question);
  using ReadAnswer = std::function<Bytes()>;
  bool answer(ledger::ReplicaId peer, FrameKind kind, ReadAnswer read);
  bool read_answer(ledger::ReplicaId peer, FrameKind kind, const ReadAnswer& read);
  void arm_answer_timer();
  bool is_affordable(const consensus::Send& send, std::size_t bytes);
  void restart_journal_if_long();
  using ChainPtr = std::shared_ptr<const ledger::ChainConfig>;
  VerifyPool::Continuation check_frame(const ChainPtr& chain, ledger::ReplicaId peer, const Bytes& payload);

  using Waiting = std::pair<std::chrono::milliseconds, ApiBackend::Answer>;
  VerifyPool::Continuation check_envelope(const Bytes& envelope, const Waiting& waiting);
  void take_in(const ledger::EnvelopePtr& envelope, const Waiting& waiting);
  void wait_for_end(const ledger::TxId& tx_id, const Waiting& waiting);
  void flush_submitted();
  void arm_waiter_timer();
  void publish_standing();

  Parts parts_;
  ChainPtr chain_;  // of the replica's epoch
  ledger::ReplicaId self_{};
  consensus::Replica replica_;
  bool is_epoch_over_ = false;
  OnEpochOver on_epoch_over_;
  PeerNetwork* network_ = nullptr;
  WaitingRoom waiting_room_{WaitingRoom::Limits{}};
  Timer tick_;
  Timer waiter_timer_;
  std::optional<TimePoint> armed_;    // when tick_ fires
  std::optional<TimePoint> wake_at_;  // when the replica wants to be woken

  std::uint64_t last_ticket_ = 0;
  std::uint64_t persisted_ticket_ = 0;
  struct HeldSends {
    std::uint64_t after_ticket = 0;
    std::vector<consensus::Send> sends;
  };
  std::deque<HeldSends> held_;

  std::vector<ledger::EnvelopePtr> submitted_;
  std::vector<bool> answer_in_work_;  // by ReplicaId: one at a time
  std::vector<Budget> answer_budgets_;  // by ReplicaId
  std::vector<Budget> forgery_budgets_;  // by ReplicaId; of signatures that do not verify
  std::multimap<TimePoint, std::function<void()>> answers_due_;  // at most one of each peer
  Timer answer_timer_;
  std::uint64_t restart_journal_at_ = 0;
  bool journal_restarting_ = false;
  bool closed_ = false;
  bool stays_ = false;
  RateLimit bad_messages_{5};

  mutable std::mutex standing_mutex_;
  Standing standing_;
  std::vector<ledger::Height> final_heights_;   // by ReplicaId
  std::vector<ledger::Epoch> epochs_;           // by ReplicaId, as they last told us
  bool votes_ = false;  // the vote key in use is the one that the ledger names
  CatchUpGauge gauge_;
  std::uint64_t transactions_ = 0;
  TimePoint standing_published_;
};

}  // namespace aval::node
