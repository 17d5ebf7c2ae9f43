#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "consensus/recent_batches.h"
#include "consensus/self.h"
#include "consensus/step.h"
#include "crypto/base/mutant.h"

namespace aval::consensus {

/// Envelopes of this node's own clients that are not in a batch yet. Bounded, each transaction once,
/// and fair: batches take from the members in turn, so a member with many does not delay the others.
class EnvelopeQueue {
 public:
  /// False when it is here already, or its member or everybody together is at the bound.
  bool add(ledger::EnvelopePtr envelope, TimePoint now);
  /// The next batch's worth; empty when nothing waits. The wait of the rest begins anew.
  std::vector<ledger::EnvelopePtr> take(const ledger::Parameters& limits, TimePoint now);
  bool fills_a_batch(const ledger::Parameters& limits) const;
  bool contains(const ledger::TxId& tx_id) const { return ids_.contains(tx_id); }
  std::vector<ledger::EnvelopePtr> all() const;
  std::size_t size() const { return ids_.size(); }
  /// When the one that has waited longest came in.
  std::optional<TimePoint> oldest() const { return size() == 0 ? std::nullopt : std::optional(oldest_); }

 private:
  std::map<std::string, std::deque<ledger::EnvelopePtr>> members_;
  std::set<ledger::TxId> ids_;
  std::size_t bytes_ = 0;
  std::string last_member_;  // the one served last
  TimePoint oldest_;
};

/// Batches that wait to become final, from every validator, with this node's own envelopes behind
/// them. Bounded for each peer that brings batches; a primary takes from those peers in turn.
///
/// Each peer has two lanes: one for its own batches, and a short one for those of others that it hands
/// on. A batch that the primary was not given, or that its origin hid behind hundreds of others, then
/// waits behind the few that were handed on before it, not at the end of the forwarder's own backlog:
/// under full load an honest primary could otherwise not get to it before it is replaced over it.
class Pool {
 public:
  /// A batch that stands in no block of the view.
  struct Waiting {
    crypto::Digest digest;
    TimePoint came;
    TimePoint since;                // when it came, or was last handed to this view's primary
    std::uint32_t handed = 0;       // how often
    std::uint64_t passed_over = 0;  // final blocks since it became its lane's oldest, if it is
  };

  explicit Pool(const Self& self) : self_(self) {}

  /// Batches of this node are numbered from here on.
  void start_counter(std::uint64_t first) { next_counter_ = mutated("batch-numbers-restart") ? 0 : first; }
  /// What was final before this replica started, oldest first.
  void remember_final(const std::vector<crypto::Digest>& digests) {
    for (const auto& digest : digests) final_.add(digest);
  }

  bool submit(ledger::EnvelopePtr envelope, TimePoint now);
  /// Packs what is due: a full batch at once, anything when nothing of ours waits, the rest after
  /// batch_delay_ms. Own batches are announced to everybody.
  void pack(Step& step);
  /// When pack() has something to do without further input.
  std::optional<TimePoint> pack_due() const;

  /// Takes a batch that `from` brought. False when it is known, final, or `from` is at its bound.
  bool add(BatchPtr batch, ReplicaId from, TimePoint now);
  BatchPtr find(const crypto::Digest& digest) const;
  /// True when an envelope of this id waits here that this node's own clients sent. What stands in the
  /// batches of others does not count: they may have wrapped the same body in signatures that do not
  /// carry it, and the envelope of an honest client must not stay behind for that.
  bool contains(const ledger::TxId& tx_id) const { return queue_.contains(tx_id) || packed_.contains(tx_id); }

  /// Batches for the next block: those of each peer in the order they came, the peers in turn, none
  /// of `taken`, within the limits of a block.
  std::vector<BatchPtr> choose(const std::set<crypto::Digest>& taken);
  /// A block became final: its batches go, and every peer whose oldest batch was passed over is noted.
  void on_final(const std::vector<ledger::BatchRef>& refs);

  /// Sends own batches again that are not final, each at growing intervals. While blocks become final,
  /// only the oldest one, and only when it was passed over: a backlog is not helped by copies.
  void resend(Step& step, const std::set<crypto::Digest>& taken, bool is_stalled);
  /// Own batches were sent in vain for some time: they go out at once.
  void on_link_back(TimePoint now);
  /// Hands batches that have waited for `patience` to `to`, or to everybody: a hostile origin may have kept
  /// them from the primary to make it look idle. The same restraint holds while blocks become final.
  void forward(Step& step, std::optional<ReplicaId> to, Duration patience,
               const std::set<crypto::Digest>& taken, bool is_stalled);
  /// A primary is judged by the blocks from here on: it is a new one, or those so far were not its doing.
  void judge_anew();
  /// What a primary should have taken first: the oldest ones of each lane beside `taken`.
  std::vector<Waiting> waiting(const std::set<crypto::Digest>& taken) const;
  /// Gives the primary a batch that it has not put forward, so that it certainly has it.
  void hand_over(Step& step, const crypto::Digest& digest, ReplicaId primary);

  /// Own envelopes that are not final, packed or not.
  std::vector<ledger::EnvelopePtr> own_envelopes() const;

  bool is_empty() const { return batches_.empty() && queue_.size() == 0; }
  std::size_t batch_count() const { return batches_.size(); }
  std::size_t envelope_count() const { return queue_.size(); }

 private:
  /// The peer, and whether the lane is for batches of others.
  using LaneKey = std::pair<ReplicaId, bool>;
  struct Entry {
    BatchPtr batch;
    ReplicaId from{};
    TimePoint came;
    TimePoint resend_at;
    Duration resend_after{};
    TimePoint forward_from;  // its wait for the primary began, or began again, here
    bool is_handed_on = false;
    std::uint32_t handed = 0;  // to the primary of this view, by hand_over()
    TimePoint handed_at;
    LaneKey lane() const { return {from, is_handed_on}; }
  };
  /// What one peer brought, oldest first.
  struct Lane {
    std::deque<crypto::Digest> order;
    std::size_t bytes = 0;
    std::uint64_t passed_over = 0;  // final blocks since its oldest batch became the oldest
  };
  /// What is left of a lane while a block is being filled.
  struct Turn {
    std::deque<crypto::Digest>::const_iterator at;
    std::deque<crypto::Digest>::const_iterator end;
  };

  void keep(BatchPtr batch, ReplicaId from, TimePoint now);
  void remove(const crypto::Digest& digest);
  bool has_room(const LaneKey& key, std::size_t bytes) const;
  void bring_forward(const crypto::Digest& digest, ReplicaId from);
  const Lane* own_lane() const;
  bool own_lane_is_full() const;
  bool is_neglected(const Lane& lane) const { return lane.passed_over >= self_.size(); }
  std::vector<crypto::Digest> worth_sending(const Lane& lane, bool is_stalled) const;
  std::vector<Turn> turns() const;

  const Self& self_;
  EnvelopeQueue queue_;
  std::map<crypto::Digest, Entry> batches_;
  std::map<LaneKey, Lane> lanes_;
  std::set<ledger::TxId> packed_;  // what pack() took and is not final
  RecentBatches final_;
  std::optional<LaneKey> served_last_;  // choose() begins behind it
  std::uint64_t next_counter_ = 0;
};

}  // namespace aval::consensus
