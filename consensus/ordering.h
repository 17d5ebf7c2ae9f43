#pragma once

#include "consensus/block_tree.h"
#include "consensus/fetches.h"
#include "consensus/pipeline.h"
#include "consensus/pool.h"
#include "consensus/promises.h"
#include "consensus/proposer.h"

namespace aval::consensus {

/// One view at work: blocks put forward, executed, voted on, certified. (Castro and Liskov, PBFT,
/// OSDI 1999, section 4.2, with blocks in a chain and executed before the first vote.)
///
/// Rules, with their reasons:
///  - A proposal counts when the primary of this view signed it and it extends the chain of this view.
///    So the votes of an honest replica in one view are for one chain, and a vote for a block is one
///    for all its ancestors.
///  - A prepare is cast only for a block that was executed here with the roots it names, after its
///    batches and itself are durable. So what is prepared is valid, and can be had from a quorum.
///  - Prepares are cast in the order of heights, beginning with the tip the view opened with. Nothing
///    below the tip is voted on: a certificate of this view at a lower height would outrank the
///    certificate of an earlier view at the tip, which may be final already (README.md).
///  - A commit is cast when a quorum has prepared, after the certificate is durable. A quorum of
///    commits makes the block and everything below it final.
///
/// settle() is idempotent: it does everything that has become possible, so handlers only take notes.
class Ordering {
 public:
  Ordering(Self& self, BlockTree& tree, Pool& pool, Promises& promises);

  View view() const { return view_; }
  /// Opens `view` on top of `tip`. What was known of it early is looked at now.
  void enter(Step& step, View view, Tip tip);
  /// Opens the view that was left by the last stop, with the votes that were cast in it.
  void resume(Step& step, View view, Tip tip);
  /// No vote any more in this view: a view change was sent. Commits of others still count, because a
  /// certificate they complete is true.
  void close(Step& step);

  void on_proposal(Step& step, const Proposal& message);
  void on_vote(Step& step, const SignedVote& message);
  /// Votes that somebody else has collected. They count for nothing here, but whoever cast one of them must
  /// not have told this replica anything else.
  void on_certificate(Step& step, const Certificate& certificate);
  /// True when the execution was of the block this primary is building.
  bool on_executed(Step& step, const Executed& executed);
  /// Does what has become possible: link, execute, prepare, commit, certify.
  void settle(Step& step);
  /// As primary: starts the next block when there is room and work.
  void propose(Step& step);
  /// Sends again what this replica has said about the heights in flight.
  void retransmit(Step& step) const;

  std::vector<Want> wants() const;
  /// Why the primary of this view is known to be faulty.
  const std::optional<std::string>& primary_fault() const { return fault_; }
  /// Blocks in flight, or votes of at least one honest replica.
  bool has_work() const;
  /// The block that was voted for is part of this view's chain here.
  bool stands_on(const Vote& vote) const;
  /// Batches in the blocks of this view.
  std::set<crypto::Digest> taken() const;
  /// The blocks this view needs.
  std::vector<BlockHash> tips() const;
  const Pipeline& pipeline() const { return slots_; }
  std::size_t early_messages() const { return early_.size(); }
  /// Contradictions it has proved and remembers.
  std::size_t proofs() const;
  const Tip& tip() const { return tip_; }
  Height prepared_height() const;
  std::size_t in_flight() const;

 private:
  void open(View view, Tip tip);
  void carry(Height height, const BlockHash& hash);
  void reclaim(Step& step);
  void reclaim_block(const KnownBlock& entry);
  std::optional<BlockHash> parent_at(Height height) const;
  void link(Step& step, Height height, Slot& slot);
  void link_carried(Slot& slot);
  void unlink_dropped();
  Result<void> judge(const Header& parent, const Header& header) const;
  bool is_timely(const Header& header, UnixMillis wall_clock) const;
  void judge_roots(Step& step, Height height, const Slot& slot);
  bool may_prepare(Height height, const Slot& slot) const;
  void prepare(Step& step, Height height, Slot& slot);
  void commit(Step& step, Height height, Slot& slot);
  void certify(Height height, const Slot& slot);
  bool cast(Step& step, Slot& slot, const Vote& vote);
  Vote vote(Height height, Phase phase, const BlockHash& hash) const;
  std::optional<BlockHash> top() const;
  void put_forward(Step& step, const Block& block);
  void blame(std::string why);
  void prove(Step& step, std::optional<ledger::Evidence> evidence);
  void want_batches(const KnownBlock& entry, const std::vector<ReplicaId>& likely,
                    std::vector<Want>& out) const;

  Self& self_;
  BlockTree& tree_;
  Pool& pool_;
  Promises& promises_;
  View view_{};
  bool is_open_ = false;
  Tip tip_;
  Pipeline slots_;
  EarlyMessages early_;
  Proposer proposer_;
  std::optional<std::string> fault_;
  using Place = std::tuple<ledger::Statement, View, Height>;
  std::map<ReplicaId, std::set<Place>> proved_;  // where validators have contradicted themselves
  std::optional<Height> reclaim_up_to_;          // what was said before the last stop reaches up to here
};

}  // namespace aval::consensus
