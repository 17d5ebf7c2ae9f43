#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "consensus/actions.h"
#include "consensus/fault_switches.h"
#include "consensus/verified.h"
#include "crypto/signer.h"

namespace aval::consensus {

/// Envelopes from this node's own clients, with valid signatures, to be packed into batches.
struct Submitted { std::vector<ledger::EnvelopePtr> envelopes; };
/// Roots of an execution that was asked for.
struct Executed {
  ExecutionId id{};
  crypto::Digest tx_root;
  crypto::Digest receipt_root;
  crypto::Digest state_root;
  crypto::Digest validators_hash;  // who decides about the block above
  crypto::Digest params_hash;
};
struct Received { Verified message; };
struct Tick {};

using Input = std::variant<Submitted, Executed, Received, Tick>;

/// Where a replica stands, for status pages, metrics, tests and checkers.
struct ReplicaStatus {
  Epoch epoch{};
  View view{};
  bool in_view_change = false;
  bool is_primary = false;
  Header final_header;
  Height prepared_height{};   // highest prepared in the current view, or final
  std::size_t in_flight = 0;  // blocks above final known in this view
  std::size_t pending_batches = 0;
  std::size_t pending_envelopes = 0;
  std::string waiting_for;    // one sentence for people, empty when idle
};

struct ReplicaConfig {
  ledger::ChainConfig chain;
  ReplicaId self{};
  FaultSwitches faults;
};

/// One validator's consensus in one epoch: a deterministic state machine without I/O. Time, messages,
/// executions and disk completions come in through step(); what to do goes out as Actions. Owned by one
/// thread. When the epoch is over (Actions::epoch_over) the driver goes on with a fresh Replica of the
/// next one, which starts from the head of the ledger, gets the records of its own epoch, and takes
/// unfinished() as Submitted. A holder of a seat without a vote runs one as well, and follows.
/// FetchFinal messages do not come here: the driver answers them from the ledger with FinalBlocks.
/// The protocol is written down in consensus/README.md.
class Replica {
 public:
  Replica(ReplicaConfig config, crypto::Signer& vote_signer, Recovered recovered);
  ~Replica();
  Replica(Replica&&) noexcept;
  Replica& operator=(Replica&&) noexcept;

  /// What a fresh or restarted replica does first. Call once before step().
  Actions start(TimePoint now, UnixMillis wall_clock);
  /// `wall_clock` is only used to choose and judge block times.
  Actions step(TimePoint now, UnixMillis wall_clock, Input input);

  ReplicaStatus status() const;
  /// The records a journal must still hold for this replica to restart with nothing forgotten, when the
  /// ledger on disk already holds everything up to final_height: what a fresh journal file starts with.
  std::vector<Record> essential_records() const;
  /// What this node's own clients sent and is not final: the next epoch's replica packs it again.
  std::vector<ledger::EnvelopePtr> unfinished() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aval::consensus
