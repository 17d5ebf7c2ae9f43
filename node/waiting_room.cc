#include "node/waiting_room.h"

#include <cstring>

namespace aval::node {

TxState final_state_of(ledger::Height height, ledger::Receipt receipt) {
  TxState state;
  state.kind = receipt.status == 0 ? TxState::Kind::Committed : TxState::Kind::Rejected;
  state.height = height;
  state.receipt = std::move(receipt);
  return state;
}

TxState pending_state() {
  TxState state;
  state.kind = TxState::Kind::Pending;
  return state;
}

/// An id is a hash already: any eight bytes of it will do.
std::size_t WaitingRoom::HashOfId::operator()(const ledger::TxId& id) const {
  std::size_t value = 0;
  std::memcpy(&value, id.bytes.data(), sizeof value);
  return value;
}

Result<bool> WaitingRoom::admit(ledger::EnvelopePtr envelope) {
  const ledger::TxId tx_id = envelope->tx_id;
  if (entries_.contains(tx_id)) return false;
  const Reference reference{envelope->body.member, envelope->body.client_ref};
  if (references_.contains(reference)) {
    return unexpected(Error::Code::Conflict, "the client reference names another transaction that is pending");
  }
  if (entries_.size() >= limits_.transactions_max || bytes_ + envelope->bytes.size() > limits_.bytes_max) {
    return unexpected(Error::Code::Unavailable, "too many transactions are pending at this node");
  }
  std::size_t& of_member = per_member_[envelope->body.member];
  if (of_member >= limits_.transactions_per_member_max) {
    return unexpected(Error::Code::Quota, "member " + envelope->body.member + " has " + std::to_string(of_member) +
                                              " transactions pending at this node, as many as one may have");
  }
  ++of_member;
  bytes_ += envelope->bytes.size();
  references_.emplace(reference, tx_id);
  by_expiry_.emplace(envelope->body.valid_until, tx_id);
  const std::lock_guard lock(ids_mutex_);
  entries_.emplace(tx_id, Entry{reference, std::move(envelope), {}});
  return true;
}

const TxState* WaitingRoom::recent_end(const ledger::TxId& tx_id) const {
  const auto found = recent_.find(tx_id);
  return found == recent_.end() ? nullptr : &found->second;
}

void WaitingRoom::wait(const ledger::TxId& tx_id, TimePoint deadline, ApiBackend::Answer answer) {
  const auto found = entries_.find(tx_id);
  AVAL_CHECK(found != entries_.end());
  if (found->second.waiters.size() >= limits_.waiters_per_transaction_max) return answer(pending_state());
  const WaiterId waiter = ++last_waiter_;
  found->second.waiters.emplace(waiter, std::move(answer));
  deadlines_.emplace(std::pair(deadline, waiter), tx_id);
}

/// Deadlines of answered waiters stay behind until they pass; their waiter is not found then.
void WaitingRoom::end(Entries::iterator entry, const Result<TxState>& answer) {
  Entry ended = std::move(entry->second);
  bytes_ -= ended.envelope->bytes.size();
  by_expiry_.erase({ended.envelope->body.valid_until, ended.envelope->tx_id});
  references_.erase(ended.reference);
  const auto member = per_member_.find(ended.reference.first);
  if (--member->second == 0) per_member_.erase(member);
  {
    const std::lock_guard lock(ids_mutex_);
    entries_.erase(entry);
  }
  for (const auto& [id, waiter] : ended.waiters) waiter(answer);
}

void WaitingRoom::remember(const ledger::TxId& tx_id, TxState state) {
  if (!recent_.emplace(tx_id, std::move(state)).second) return;
  recent_order_.push_back(tx_id);
  if (recent_order_.size() <= limits_.remembered_max) return;
  recent_.erase(recent_order_.front());
  recent_order_.pop_front();
}

void WaitingRoom::finalised(ledger::Height height, const std::vector<ledger::Receipt>& receipts) {
  for (const ledger::Receipt& receipt : receipts) {
    const auto found = entries_.find(receipt.tx_id);
    if (found == entries_.end()) continue;
    const TxState state = final_state_of(height, receipt);
    end(found, state);
    remember(receipt.tx_id, state);
  }
  expire_transactions(height);
}

void WaitingRoom::passed_over(const ledger::Envelope& envelope, const Result<TxState>& answer) {
  const auto found = entries_.find(envelope.tx_id);
  if (found == entries_.end()) return;
  if (answer || found->second.envelope->bytes == envelope.bytes) end(found, answer);
}

void WaitingRoom::expire_transactions(ledger::Height height) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= height) {
    TxState state;
    state.kind = TxState::Kind::Expired;
    state.height = height;
    end(entries_.find(by_expiry_.begin()->second), state);
  }
}

void WaitingRoom::expire_waiters(TimePoint now) {
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= now) {
    const auto [key, tx_id] = *deadlines_.begin();
    deadlines_.erase(deadlines_.begin());
    const auto found = entries_.find(tx_id);
    if (found == entries_.end()) continue;
    const auto waiter = found->second.waiters.extract(key.second);
    if (!waiter.empty()) waiter.mapped()(pending_state());
  }
}

std::optional<TimePoint> WaitingRoom::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first.first;
}

void WaitingRoom::close() {
  for (auto& [id, entry] : entries_) {
    for (const auto& [waiter, answer] : entry.waiters) answer(pending_state());
    entry.waiters.clear();
  }
  deadlines_.clear();
}

bool WaitingRoom::is_pending(const ledger::TxId& tx_id) const {
  const std::lock_guard lock(ids_mutex_);
  return entries_.contains(tx_id);
}

}  // namespace aval::node
