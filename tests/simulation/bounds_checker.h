#pragma once

#include <map>
#include <set>

#include "consensus/messages.h"
#include "consensus/replica.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/verdict.h"

namespace aval::simulation {

/// A6, D2, D3 and D4: no honest replica votes beyond its window, holds more than was declared, says more
/// than the blocks and the time that passed account for, or wakes without rest.
class BoundsChecker {
 public:
  BoundsChecker(const EventQueue& queue, const Plan& plan, Verdict& verdict)
      : queue_(queue), plan_(plan), verdict_(verdict) {}

  void on_start(ledger::ReplicaId node) { nodes_[node].wakes = 0; }
  void on_step(ledger::ReplicaId node, const consensus::ReplicaStatus& status);
  void on_sent(ledger::ReplicaId node, const consensus::Message& message);
  /// The replica wants to be woken at `when`.
  void on_alarm(ledger::ReplicaId node, TimePoint when);
  void on_end(std::uint64_t final_blocks, std::uint64_t views);

 private:
  struct Node {
    ledger::Height final{};
    std::set<ledger::Vote> cast;
    std::uint64_t said = 0;
    std::uint64_t wakes = 0;  // alarms that were due when they were set, in the current interval
    TimePoint interval_begin;
  };
  std::uint64_t window() const { return plan_.parameters.pipeline_window; }
  Duration interval() const { return std::chrono::milliseconds(plan_.parameters.retransmit_interval_ms); }

  const EventQueue& queue_;
  const Plan& plan_;
  Verdict& verdict_;
  std::map<ledger::ReplicaId, Node> nodes_;
};

}  // namespace aval::simulation
