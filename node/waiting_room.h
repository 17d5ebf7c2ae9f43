#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "ledger/envelope.h"
#include "ledger/receipt.h"
#include "node/api_backend.h"

namespace aval::node {

/// The transactions of this node's own clients that have no end yet, and who waits for which. Core
/// thread only, but for is_pending(). Bounded: what does not fit is refused before it is taken in.
class WaitingRoom {
 public:
  struct Limits {
    std::size_t transactions_max = 8000;             // below what the replica keeps for its own clients
    std::size_t transactions_per_member_max = 4000;
    std::size_t bytes_max = 64U << 20U;
    std::size_t waiters_per_transaction_max = 64;    // more are answered Pending at once
    std::size_t remembered_max = 20000;              // ends that are too new for a reader's snapshot
  };
  explicit WaitingRoom(Limits limits) : limits_(limits) {}

  /// Takes a transaction in. True: it is new and goes to the replica. False: it is here already.
  /// Conflict when its client reference names other bytes that wait here; Quota when the
  /// member has its share here, Unavailable when full.
  Result<bool> admit(ledger::EnvelopePtr envelope);
  /// The end of a transaction that has become final lately.
  const TxState* recent_end(const ledger::TxId& tx_id) const;
  /// Calls `answer` with the end of a transaction that is here, or with Pending at `deadline`.
  void wait(const ledger::TxId& tx_id, TimePoint deadline, ApiBackend::Answer answer);

  /// A block is final: answers those who waited for its transactions, and those whose transactions can
  /// not be included any more.
  void finalised(ledger::Height height, const std::vector<ledger::Receipt>& receipts);
  /// A final block named `envelope` and it left no trace. `answer` is the end that its id has already, or
  /// why this envelope got none. Answers those who waited, and in the second case makes room for the same
  /// body under other signatures; but another envelope of the id is then none of their business, as
  /// whoever wrapped it may have had no right to.
  void passed_over(const ledger::Envelope& envelope, const Result<TxState>& answer);
  /// Answers Pending to everyone whose deadline has passed.
  void expire_waiters(TimePoint now);
  std::optional<TimePoint> next_deadline() const;
  /// The node stops: everyone is answered Pending.
  void close();

  std::size_t size() const { return entries_.size(); }
  /// From any thread.
  bool is_pending(const ledger::TxId& tx_id) const;

 private:
  using WaiterId = std::uint64_t;
  using Reference = std::pair<std::string, Bytes>;  // member, client reference
  struct Entry {
    Reference reference;
    ledger::EnvelopePtr envelope;
    std::map<WaiterId, ApiBackend::Answer> waiters;
  };
  struct HashOfId {
    std::size_t operator()(const ledger::TxId& id) const;
  };
  using Entries = std::unordered_map<ledger::TxId, Entry, HashOfId>;

  void end(Entries::iterator entry, const Result<TxState>& answer);
  void remember(const ledger::TxId& tx_id, TxState state);
  void expire_transactions(ledger::Height height);

  Limits limits_;
  mutable std::mutex ids_mutex_;  // guards changes of entries_' keys, and is_pending()
  Entries entries_;
  std::map<Reference, ledger::TxId> references_;
  std::map<std::string, std::size_t> per_member_;
  std::set<std::pair<ledger::Height, ledger::TxId>> by_expiry_;
  std::map<std::pair<TimePoint, WaiterId>, ledger::TxId> deadlines_;
  std::unordered_map<ledger::TxId, TxState, HashOfId> recent_;
  std::deque<ledger::TxId> recent_order_;
  std::size_t bytes_ = 0;
  WaiterId last_waiter_ = 0;
};

TxState pending_state();
/// Committed or Rejected, as the receipt says.
TxState final_state_of(ledger::Height height, ledger::Receipt receipt);

}  // namespace aval::node
