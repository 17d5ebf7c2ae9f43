#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "consensus/replica.h"
#include "contracts/executor.h"
#include "contracts/genesis.h"
#include "ledger/evidence.h"
#include "ledger/ledger.h"
#include "ledger/state_tree.h"

namespace aval::node {

/// The ledger at one height together with its authenticated tree; immutable, for any thread.
struct LedgerView {
  std::shared_ptr<const ledger::LedgerSnapshot> ledger;
  ledger::StateTree tree;  // of exactly that height
  std::shared_ptr<const ledger::ChainConfig> chain;  // in the epoch of the block above
};

/// Where a transaction stands. The last three never change.
struct TxState {
  enum class Kind { Unknown, Pending, Committed, Rejected, Expired };
  Kind kind = Kind::Unknown;
  ledger::Height height{};   // of the block that holds it; of the head when Expired
  ledger::Receipt receipt;   // when Committed or Rejected
};

/// One line of the peer table.
struct PeerState {
  ledger::ReplicaId id{};
  std::string member;
  bool connected = false;
  ledger::Height final_height{};  // last one it told us
};

struct NodeStatus {
  consensus::ReplicaStatus replica;
  crypto::Digest head_hash;
  ledger::Height durable_height{};
  ledger::Height first_height{};     // of the first block that is here whole
  std::vector<PeerState> peers;
  std::uint64_t fsyncs = 0;          // fdatasync calls of journal and ledger since the start
  std::uint64_t transactions = 0;    // final since the start
  std::uint64_t scrubs = 0;          // whole passes of the scrubber since the start
  std::vector<std::string> not_ready;  // reasons, empty when ready
};

/// What the HTTP side may ask of the node. Every function may be called from any thread.
class ApiBackend {
 public:
  virtual ~ApiBackend() = default;
  virtual const contracts::GenesisState& genesis() const = 0;
  virtual std::string member() const = 0;
  virtual LedgerView view() const = 0;
  virtual NodeStatus status() const = 0;
  /// The contradictions of validators that this node keeps the proof of, at most evidence_files_max.
  virtual std::vector<ledger::Evidence> evidence() const = 0;
  /// The new views by which it entered its views, as peers send them: the latest new_view_files_max, oldest first.
  virtual std::vector<Bytes> new_views() const = 0;
  /// Current state of a transaction; `valid_until` of the caller's envelope lets it say Expired.
  virtual TxState find(const ledger::TxId& tx_id) const = 0;

  using Answer = std::function<void(Result<TxState>)>;
  /// What waits to be checked waits in two queues, which share the verify threads equally: one for clients whose last
  /// submission over the same connection was refused, one for all others. So a crowd that sends what is refused
  /// costs the others one turn each, whatever it counts.
  enum class ClientQueue { Ordinary, Refused };
  /// Takes an envelope in: decodes, refuses what can be refused at once (Malformed, Expired, Conflict
  /// when the client reference already names other bytes, Quota when the member has its share here,
  /// Unavailable when the pool is full), checks
  /// signatures on the verify threads, hands it to consensus. `answer` is called exactly once, on any
  /// thread: with the final state if it is reached within `wait`, else with Pending. The same bytes
  /// again give the same answer. An error's code says what kind of refusal it is.
  virtual void submit(Bytes envelope, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) = 0;
  /// Takes a device's COSE_Sign1 message, checks it against the current state, wraps it in an envelope
  /// of the gateway's own key and submits that. Refused when this node has no gateway key.
  virtual void submit_attestation(Bytes cose_sign1, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) = 0;
};

}  // namespace aval::node
