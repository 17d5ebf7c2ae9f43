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

  /// Charges a request to `client`; when it may be read, not later than `now` when the client kept within its rate.
  TimePoint charge(const std::string& client, TimePoint now);
  /// Forgets who owes nothing. Who is known: those that asked since the last call, and those in debt.
  void forget_paid(TimePoint now);
  std::size_t size() const;

 private:
  const std::uint64_t per_second_;
  mutable std::mutex mutex_;
  std::map<std::string, Budget> clients_;
};

}  // namespace aval::node
