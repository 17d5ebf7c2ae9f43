#pragma once

#include <map>

#include "consensus/block_tree.h"
#include "consensus/promises.h"

namespace aval::consensus {

/// Who wants to leave for which view, and what this replica says when it leaves itself. Keeps one view
/// change of each validator, the one to the highest view. (PBFT, section 4.4.)
class ViewChanger {
 public:
  ViewChanger(Self& self, BlockTree& tree, Promises& promises)
      : self_(self), tree_(tree), promises_(promises) {}

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
  std::optional<ViewChange> statement(View view) const;

  Self& self_;
  BlockTree& tree_;
  Promises& promises_;
  std::map<ReplicaId, ViewChange> latest_;
};

}  // namespace aval::consensus
