#include "tests/simulation/executions.h"

namespace aval::simulation {
namespace {

unexpected broken(const std::string& what) { return unexpected(Error::Code::Conflict, what); }

std::string name_of(consensus::ExecutionId id) { return "execution " + std::to_string(static_cast<std::uint64_t>(id)); }

}  // namespace

/// The head of the ledger has two names: 0, and the id it had before it was final. One is kept.
consensus::ExecutionId Executions::known_name(consensus::ExecutionId parent) const {
  return parent == consensus::final_state ? last_final_ : parent;
}

/// Neither discarded nor resting on something discarded or overtaken by another final block.
bool Executions::is_alive(consensus::ExecutionId id) const {
  while (id != last_final_) {
    const auto found = open_.find(id);
    if (found == open_.end()) return false;
    id = found->second.parent;
  }
  return true;
}

Result<consensus::Executed> Executions::run(const consensus::ExecuteRequest& request) {
  if (request.id == consensus::final_state || open_.contains(request.id)) return broken(name_of(request.id) + " is taken");
  const consensus::ExecutionId parent_id = known_name(request.parent);
  if (!is_alive(parent_id)) return broken(name_of(request.id) + " stands on " + name_of(parent_id) + ", which is gone");
  const auto parent = open_.find(parent_id);
  const bool on_head = parent == open_.end();
  const Height below = on_head ? ledger_.head().height : parent->second.height;
  if (request.height != next(below))
    return broken(name_of(request.id) + " is for height " + std::to_string(number(request.height)) + " and stands on " +
                  std::to_string(number(below)));
  const ledger::StateReader& base = on_head ? static_cast<const ledger::StateReader&>(ledger_.state())
                                            : *parent->second.overlay;
  const ledger::StateTree tree = on_head ? ledger_.tree() : parent->second.outcome.tree;
  Execution execution;
  execution.parent = parent_id;
  execution.height = request.height;
  execution.overlay = std::make_unique<ledger::Overlay>(base);
  const contracts::BlockContext context{config_.chain_id, request.height, request.time_ms,
                                        config_.parameters.validity_window_blocks};
  execution.outcome = contracts::run_block(context, request.batches, tree, *execution.overlay);
  const contracts::BlockOutcome& outcome = execution.outcome;
  execution.roots = {request.id,         outcome.tx_root,         outcome.receipt_root,
                     outcome.state_root, outcome.validators_hash, outcome.params_hash};
  const consensus::Executed roots = execution.roots;
  open_.emplace(request.id, std::move(execution));
  return roots;
}

Result<consensus::Executed> Executions::finalise(const consensus::FinaliseRequest& request) {
  const auto found = open_.find(request.id);
  if (found == open_.end()) return broken(name_of(request.id) + " is to be final and is not there");
  Execution& execution = found->second;
  if (execution.parent != last_final_ || execution.height != next(ledger_.head().height))
    return broken(name_of(request.id) + " is to be final and does not stand on the head");
  StoredBlock stored{request.block, {}, execution.overlay->writes(), execution.outcome.tree};
  const contracts::ExecutedBlock& executed = execution.outcome.executed;
  for (const auto& envelope : executed.included) stored.included.push_back(envelope->tx_id);
  if (on_entry_) on_entry_({request.block, executed.included, executed.receipts, stored.writes});
  ledger_.append(std::move(stored));
  const consensus::Executed roots = execution.roots;
  open_.erase(found);
  last_final_ = request.id;
  for (auto& [id, other] : open_)
    if (other.parent == request.id) other.overlay->rebase(ledger_.state());
  return roots;
}

}  // namespace aval::simulation
