#include "node/execution_tree.h"

namespace aval::node {

ExecutionTree::Execution* ExecutionTree::find(consensus::ExecutionId id) {
  if (id == consensus::final_state || id == last_final_) return nullptr;
  const auto found = executions_.find(id);
  AVAL_CHECK(found != executions_.end());
  return found->second.get();
}

consensus::Executed ExecutionTree::run(const consensus::ExecuteRequest& request) {
  AVAL_CHECK(!executions_.contains(request.id));
  const Execution* parent = find(request.parent);
  auto execution = std::make_unique<Execution>(parent ? static_cast<const ledger::StateReader&>(parent->state)
                                                      : final_state_);
  execution->parent = parent ? request.parent : consensus::final_state;
  contracts::BlockContext context;
  context.chain_id = config_.chain_id;
  context.height = request.height;
  context.time_ms = request.time_ms;
  context.validity_window_blocks = config_.parameters.validity_window_blocks;
  const ledger::StateTree& tree = parent ? parent->outcome.tree : final_tree_;
  execution->outcome = contracts::run_block(context, request.batches, tree, execution->state);
  const contracts::BlockOutcome& outcome = execution->outcome;
  const consensus::Executed executed{request.id,         outcome.tx_root,         outcome.receipt_root,
                                     outcome.state_root, outcome.validators_hash, outcome.params_hash};
  executions_.emplace(request.id, std::move(execution));
  return executed;
}

void ExecutionTree::discard(consensus::ExecutionId id) { executions_.erase(id); }

ExecutionTree::Finished ExecutionTree::take(consensus::ExecutionId id) {
  Execution* execution = find(id);
  AVAL_CHECK(execution != nullptr && execution->parent == consensus::final_state);
  return {std::move(execution->outcome.executed), execution->state.writes()};
}

void ExecutionTree::begin_epoch() {
  executions_.clear();
  last_final_ = consensus::final_state;
}

void ExecutionTree::appended(consensus::ExecutionId id) {
  const auto finished = executions_.extract(id);
  AVAL_CHECK(!finished.empty());
  final_tree_ = finished.mapped()->outcome.tree;
  last_final_ = id;
  for (const auto& [other, execution] : executions_) {
    if (execution->parent != id) continue;
    execution->parent = consensus::final_state;
    execution->state.rebase(final_state_);
  }
}

}  // namespace aval::node
