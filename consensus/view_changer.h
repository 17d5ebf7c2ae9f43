#pragma once

#include <map>

#include "consensus/block_tree.h"
#include "consensus/promises.h"

namespace aval::consensus {

/// Who wants to leave for which view, and what this replica says when it leaves itself. Keeps one view
/// change of each validator, the one to the highest view (PBFT, section 4.4), and its wish.
///
/// To leave is a promise that cannot be taken back, so nobody does it alone: a replica first wishes for the
/// next view and stays where it is, wishes for what f+1 others wish for, and leaves for what a quorum wishes
/// for. So when one honest replica leaves, all do. (Bravo, Chockler, Gotsman: Making Byzantine Consensus
/// Live, DISC 2020.)
class ViewChanger {
 public:
  ViewChanger(Self& self, BlockTree& tree, Promises& promises)
      : self_(self), tree_(tree), promises_(promises) {}

  /// The lowest view that this replica would rather be in. True when it was lower before.
  bool wish(View view) { return raise_wish(self_.id(), view); }
  View wish() const;
  /// What a peer says of itself.
  void on_wish(ReplicaId peer, View view) { raise_wish(peer, view); }
  /// The highest view that at least one honest other replica wishes for.
  View wished_by_others() const;
  /// The highest view that a quorum wishes for, this replica included.
  View wished_by_quorum() const;

  /// False when the sender was heard of for this view or a higher one before.
  bool add(const ViewChange& message);
  /// The highest view that at least one honest other replica wants to be in or beyond. A view is never
  /// taken from fewer than f+1 others, so no liar and no f of them move anybody.
  View wanted_by_others() const;
  /// Validators, this one included, that want `view` or a higher one.
  std::size_t leaving_for(View view) const;

  /// Leaves for `view`: a promise, then a message. False when it cannot say what it must, because
  /// after a restart its chain up to the prepared block is incomplete, or because the final block was
  /// certified in a later view: it must catch up first.
  bool leave_for(Step& step, View view);
  /// The new view to send, when this replica is the primary of the view it wants and a quorum wants it.
  std::optional<NewView> opening();
  void entered(View view);
  void retransmit(Step& step) const;
  /// After a restart: counts its own unanswered view change.
  void resume();

 private:
  bool raise_wish(ReplicaId id, View view);
  std::optional<ViewChange> statement(View view) const;

  Self& self_;
  BlockTree& tree_;
  Promises& promises_;
  std::map<ReplicaId, ViewChange> latest_;
  std::map<ReplicaId, View> wishes_;  // of voters, for views that are still to come; they only rise
};

}  // namespace aval::consensus
