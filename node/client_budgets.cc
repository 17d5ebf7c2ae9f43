#include "node/client_budgets.h"

namespace aval::node {

void ClientBudgets::charge(const std::string& client, TimePoint now) {
  const std::lock_guard lock(mutex_);
  budget_of(client).spend(1, now);
}

bool ClientBudgets::owes(const std::string& client, TimePoint now) const {
  const std::lock_guard lock(mutex_);
  const auto known = clients_.find(client);
  return known != clients_.end() && known->second.due(now) > now;
}

TimePoint ClientBudgets::reserve(const std::string& client, TimePoint now) {
  const std::lock_guard lock(mutex_);
  Budget& budget = budget_of(client);
  const TimePoint due = budget.due(now);
  if (due > now) budget.spend(1, now);
  return due;
}

void ClientBudgets::forget_paid(TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(clients_, [now](const auto& each) { return each.second.is_paid(now); });
}

std::size_t ClientBudgets::size() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

}  // namespace aval::node
