#include "tests/simulation/settlement.h"

#include <algorithm>

namespace aval::simulation {

bool Settlement::is_reached() const {
  if (clients_.unanswered() > 0) return false;
  std::optional<ledger::Header> head;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (!counts(ReplicaId{i})) continue;
    const Node& each = *nodes_[i];
    if (!each.is_up() || !is_quiet(each)) return false;
    if (head && each.head() != *head) return false;
    head = each.head();
  }
  return head && head->height >= clients_.highest_told();
}

bool Settlement::is_quiet(const Node& node) const {
  if (!plan_.hostile.empty()) return true;
  const consensus::ReplicaStatus status = node.status();
  return status.in_flight == 0 && status.pending_batches == 0 && status.pending_envelopes == 0;
}

std::optional<std::string> Settlement::fault_of_views() const {
  if (!plan_.hostile.empty()) return std::nullopt;
  std::map<ledger::View, std::size_t> at_work;
  std::size_t most = 0;
  const ledger::ValidatorSet& set = epochs_.current().validators;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (!votes_in(set, ReplicaId{i})) continue;
    if (const consensus::ReplicaStatus status = nodes_[i]->status(); !status.in_view_change)
      most = std::max(most, ++at_work[status.view]);
  }
  if (most >= quorum_counted(voters_counted(set))) return std::nullopt;
  return "no more than " + std::to_string(most) + " are at work in one view\n" + text();
}

std::string Settlement::text() const {
  std::string out = std::to_string(clients_.unanswered()) + " requests without an answer (" +
                    clients_.first_unanswered() + " ...)";
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) out += "\n    " + text(ReplicaId{i});
  return out;
}

std::string Settlement::text(ReplicaId id) const {
  const Node& node = *nodes_[number(id)];
  const std::string name = named(id) + (is_honest(id) ? "" : " (hostile)");
  if (!node.is_up()) return name + " down";
  const consensus::ReplicaStatus status = node.status();
  return name + " height " + std::to_string(number(node.head().height)) + " epoch " +
         std::to_string(number(status.epoch)) + " view " + std::to_string(number(status.view)) +
         (status.in_view_change ? " changing" : "") + " in flight " + std::to_string(status.in_flight) +
         " batches " + std::to_string(status.pending_batches) + " envelopes " +
         std::to_string(status.pending_envelopes) + " " + status.waiting_for;
}

}  // namespace aval::simulation
