#pragma once

#include <functional>
#include <map>
#include <memory>

#include "consensus/actions.h"
#include "consensus/replica.h"
#include "contracts/replay.h"
#include "ledger/ledger.h"
#include "tests/simulation/ledger_store.h"

namespace aval::simulation {

/// The executions of one node that are not final yet: each an overlay over its parent's, all resting
/// on the ledger's state.
class Executions {
 public:
  /// `on_entry` is called with what a final block adds to a ledger on disk, if there is one.
  Executions(const ledger::ChainConfig& config, LedgerStore& ledger,
             std::function<void(const ledger::LedgerEntry&)> on_entry)
      : config_(config), ledger_(ledger), on_entry_(std::move(on_entry)) {}

  /// Runs the block on its parent; an error when the request breaks the contract of actions.h.
  Result<consensus::Executed> run(const consensus::ExecuteRequest& request);
  void discard(consensus::ExecutionId id) { open_.erase(id); }
  /// Appends the execution to the ledger, which becomes the state that others rest on. Returns what
  /// was computed; an error when it does not stand on the ledger's head.
  Result<consensus::Executed> finalise(const consensus::FinaliseRequest& request);

 private:
  struct Execution {
    consensus::ExecutionId parent{};
    Height height{};
    std::unique_ptr<ledger::Overlay> overlay;
    contracts::BlockOutcome outcome;
    consensus::Executed roots;
  };
  consensus::ExecutionId known_name(consensus::ExecutionId parent) const;
  bool is_alive(consensus::ExecutionId id) const;

  const ledger::ChainConfig& config_;
  LedgerStore& ledger_;
  std::function<void(const ledger::LedgerEntry&)> on_entry_;
  std::map<consensus::ExecutionId, Execution> open_;
  consensus::ExecutionId last_final_ = consensus::final_state;
};

}  // namespace aval::simulation
