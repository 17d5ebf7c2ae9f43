#pragma once

#include <map>
#include <set>

#include "consensus/journal.h"
#include "consensus/replica.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/trace.h"

namespace aval::simulation {

/// Writes into the trace what the promises are about, so that somebody else can judge a run from its
/// trace alone (check_trace.py does): what honest nodes say, what they have on disk, the certificates
/// they hold and the blocks that become final. Judges nothing.
class Witness {
 public:
  Witness(const EventQueue& queue, Trace& trace) : queue_(queue), trace_(trace) {}

  void on_view(ledger::ReplicaId node, ledger::Epoch epoch, ledger::View view);
  void on_restart(ledger::ReplicaId node) { views_.erase(node); }
  void on_sent(ledger::ReplicaId node, const consensus::Message& message);
  void on_durable(ledger::ReplicaId node, const std::vector<consensus::Record>& records);
  void on_final(ledger::ReplicaId node, const ledger::CertifiedBlock& block);

 private:
  void note_certificate(ledger::ReplicaId node, const ledger::Certificate& certificate);
  void note(const TraceEvent& event) { trace_.note(queue_.now(), event); }

  const EventQueue& queue_;
  Trace& trace_;
  std::map<ledger::ReplicaId, std::pair<ledger::Epoch, ledger::View>> views_;
};

}  // namespace aval::simulation
