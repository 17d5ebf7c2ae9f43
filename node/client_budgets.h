#pragma once

#include <map>
#include <mutex>
#include <string>

#include "node/budget.h"

namespace aval::node {

/// How many requests each client may send: one that asks faster is read later, so that those who ask for what
/// costs nothing to ask leave the processor to the others. A client is an address. From any thread.
class ClientBudgets {
 public:
  explicit ClientBudgets(std::uint64_t per_second) : per_second_(per_second) {}

  /// A request of `client` has come.
  void charge(const std::string& client, TimePoint now);
  /// True for one that has asked too fast, until it has waited for that.
  bool owes(const std::string& client, TimePoint now) const;
  /// When its next request may be read: not later than `now` when it kept within its rate. Who is in debt pays for that
  /// request here, so that those who wait are let in one after the other.
  TimePoint reserve(const std::string& client, TimePoint now);
  /// Forgets who owes nothing. Who is known: those that asked since the last call, and those in debt.
  void forget_paid(TimePoint now);
  std::size_t size() const;

 private:
  Budget& budget_of(const std::string& client) { return clients_.try_emplace(client, per_second_).first->second; }

  const std::uint64_t per_second_;
  mutable std::mutex mutex_;
  std::map<std::string, Budget> clients_;
};

}  // namespace aval::node
