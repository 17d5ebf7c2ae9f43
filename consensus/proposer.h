#pragma once

#include "consensus/block_tree.h"

namespace aval::consensus {

/// The one block that this replica, as primary, has being executed before it can put it forward. The
/// next one is started when its header is known: the order of batches in a block depends on the hash
/// of its parent.
class Proposer {
 public:
  struct Built {
    Block block;
    std::vector<BatchPtr> bodies;
  };

  explicit Proposer(const Self& self) : self_(self) {}

  bool is_busy() const { return draft_.has_value(); }
  bool waits_for(ExecutionId id) const { return draft_ && draft_->id == id; }
  /// Starts a block on top of `parent`; none when there are no batches, because there are no empty blocks.
  void start(Step& step, BlockTree& tree, const Header& parent, View view, std::vector<BatchPtr> batches);
  /// The block, now that its roots are known.
  Built finish(const Executed& executed);
  void stop(Step& step, BlockTree& tree);

 private:
  struct Draft {
    ExecutionId id{};
    Built built;
  };
  const Self& self_;
  std::optional<Draft> draft_;
};

}  // namespace aval::consensus
