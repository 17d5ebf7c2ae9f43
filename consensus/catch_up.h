#pragma once

#include <map>

#include "consensus/block_tree.h"
#include "consensus/step.h"

namespace aval::consensus {

/// How far the others are, and the one request for final blocks that is out. What peers claim only
/// decides whom to ask; what they send is believed for its certificates.
class CatchUp {
 public:
  CatchUp(const Self& self, BlockTree& tree) : self_(self), tree_(tree) {}

  void on_status(ReplicaId peer, const StatusMessage& message);
  /// A peer has committed a block at `height` that is not the one here, so it is about there.
  void on_commit_elsewhere(ReplicaId peer, Height height);
  /// Takes certified blocks that continue the final chain. Blocks that a certificate carries and that
  /// contradict what is final here are a divergence.
  void on_final_blocks(Step& step, ReplicaId peer, const FinalBlocks& message, View view);
  /// Asks when there is something to ask for: at once when it is known to be far away, otherwise when
  /// nothing became final for an interval, because what is in flight usually arrives by itself, or for a
  /// part of one when a certified block was not even seen.
  void ask(Step& step, TimePoint last_final);
  /// Something above the final block is final and is not here yet: a certificate says so, blocks that
  /// were taken, or f+1 peers.
  bool is_behind() const;
  /// True when f+1 peers are more than a window beyond `height`: what becomes final here was decided
  /// long ago, and says nothing about the primary of today.
  bool is_history(Height height) const;
  std::optional<TimePoint> due() const;

 private:
  struct Request {
    ReplicaId peer{};
    TimePoint deadline;
  };
  bool is_busy() const { return out_.has_value() || chunk_end_ > tree_.final_height(); }
  Height known_final() const;
  /// A commit certificate names a block that is not known here, or not with all its batches, or f+1 peers
  /// are a window further.
  bool was_left_out() const;
  /// What f+1 peers claim: one of them is honest.
  Height credible() const;
  std::optional<ReplicaId> source() const;

  const Self& self_;
  BlockTree& tree_;
  std::map<ReplicaId, Height> claimed_;
  std::optional<Request> out_;
  std::optional<ReplicaId> last_asked_;
  std::uint32_t unanswered_ = 0;  // requests in a row
  bool is_streaming_ = false;     // the last answer was full of news: more is likely where it came from
  Height chunk_end_{};
  std::optional<TimePoint> ask_at_;  // when what is in flight has had its time
  TimePoint chunk_taken_;
};

}  // namespace aval::consensus
