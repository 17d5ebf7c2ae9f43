#pragma once

#include <map>
#include <memory>

#include "consensus/actions.h"
#include "consensus/replica.h"
#include "contracts/replay.h"

namespace aval::node {

/// The executed blocks above the final one, each as an overlay over the one below it. Owned by the
/// ledger thread; does no I/O itself.
class ExecutionTree {
 public:
  /// `final_state` is the live state of the ledger and moves along with it.
  ExecutionTree(const ledger::ChainConfig& config, const ledger::StateReader& final_state, ledger::StateTree tree)
      : config_(config), final_state_(final_state), final_tree_(std::move(tree)) {}

  /// Executes on top of the request's parent, which must be here or final.
  consensus::Executed run(const consensus::ExecuteRequest& request);
  void discard(consensus::ExecutionId id);

  /// What became final, for the ledger to append.
  struct Finished {
    contracts::ExecutedBlock executed;
    ledger::WriteSet writes;
  };
  Finished take(consensus::ExecutionId id);
  /// To be called when the ledger has appended what take(id) gave: what stood on it stands on the
  /// final state now.
  void appended(consensus::ExecutionId id);

  /// The block that ended an epoch was appended: nothing else of that epoch counts, and ids begin anew.
  void begin_epoch();

  const ledger::StateTree& final_tree() const { return final_tree_; }
  std::size_t size() const { return executions_.size(); }

 private:
  struct Execution {
    explicit Execution(const ledger::StateReader& parent_state) : state(parent_state) {}
    consensus::ExecutionId parent{};
    ledger::Overlay state;
    contracts::BlockOutcome outcome;
  };
  Execution* find(consensus::ExecutionId id);

  const ledger::ChainConfig& config_;
  const ledger::StateReader& final_state_;
  ledger::StateTree final_tree_;
  consensus::ExecutionId last_final_ = consensus::final_state;  // its id still names the final state
  std::map<consensus::ExecutionId, std::unique_ptr<Execution>> executions_;
};

}  // namespace aval::node
