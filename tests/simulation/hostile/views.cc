#include "tests/simulation/hostile/views.h"

#include <algorithm>

#include "consensus/view_change.h"
#include "ledger/chain.h"

namespace aval::simulation {
namespace {

using consensus::NewView;
using consensus::ViewChange;

void hide_prepared(ViewChange& message) {
  message.prepared.reset();
  message.headers.clear();
}

bool by_sender(const ViewChange& a, const ViewChange& b) { return a.from < b.from; }

}  // namespace

Messages LieInViewChange::in_place_of(ReplicaId to, const Message& message) {
  const auto* truth = std::get_if<ViewChange>(&message);
  if (truth == nullptr) return {message};
  if (!earlier_ && truth->prepared) earlier_ = *truth;
  const std::uint64_t which = (number(truth->view) + number(to)) % 6;
  if (which == 0) return {message};
  count();
  return {signed_again(lie(*truth, which))};
}

ViewChange LieInViewChange::lie(ViewChange message, std::uint64_t which) {
  switch (which) {
    case 1:
      hide_prepared(message);
      break;
    case 2:
      if (earlier_) {
        const ledger::View view = message.view;
        message = *earlier_;
        message.view = view;
      }
      break;
    case 3:
      if (message.prepared) message.prepared->signatures.front().signature.bytes[0] ^= 1U;
      break;
    case 4:
      if (message.prepared) message.prepared->block_hash.bytes[0] ^= 1U;
      break;
    default:
      hide_prepared(message);
      message.final_header = ledger::genesis_header(config());
      message.final_certificate.reset();
  }
  return message;
}

Messages LieInNewView::on_heard(const Message& message) {
  const auto* heard = std::get_if<ViewChange>(&message);
  if (heard == nullptr) return {};
  if (!heard_.empty() && heard_.begin()->second.view < heard->view) heard_.clear();
  if (!heard_.empty() && heard_.begin()->second.view != heard->view) return {};
  heard_.insert_or_assign(heard->from, *heard);
  if (consensus::primary_of(heard->view, config().validators) != self()) return {};
  count();
  return {signed_again(premature())};
}

/// What was heard stands for those who said nothing too.
NewView LieInNewView::premature() const {
  NewView message;
  message.epoch = config().validators.epoch;
  message.view = heard_.begin()->second.view;
  for (std::uint32_t i = 0; message.view_changes.size() < config().validators.quorum(); ++i) {
    const auto said = heard_.find(ReplicaId{i});
    message.view_changes.push_back(said != heard_.end() ? said->second : heard_.begin()->second);
    message.view_changes.back().from = ReplicaId{i};
  }
  return message;
}

Messages LieInNewView::in_place_of(ReplicaId to, const Message& message) {
  const auto* truth = std::get_if<NewView>(&message);
  if (truth == nullptr || truth->from != self()) return {message};
  const std::uint64_t which = (number(truth->view) + number(to)) % 5;
  if (which == 0) return {message};
  count();
  return {signed_again(lie(*truth, which))};
}

NewView LieInNewView::lie(NewView message, std::uint64_t which) {
  switch (which) {
    case 1:
      message.view_changes.pop_back();
      break;
    case 2:
      swap_in_another(message);
      break;
    case 3:
      hide_own_prepared(message);
      break;
    default:
      hide_prepared(message.view_changes.front());
      message.view_changes.front().signature.bytes[0] ^= 1U;
  }
  return message;
}

void LieInNewView::swap_in_another(NewView& message) const {
  std::vector<ViewChange>& quoted = message.view_changes;
  for (const auto& [from, other] : heard_) {
    const bool is_quoted = std::any_of(quoted.begin(), quoted.end(),
                                       [sender = other.from](const ViewChange& each) { return each.from == sender; });
    if (is_quoted || other.view != message.view) continue;
    quoted.front() = other;
    std::sort(quoted.begin(), quoted.end(), by_sender);
    return;
  }
}

void LieInNewView::hide_own_prepared(NewView& message) {
  for (ViewChange& each : message.view_changes) {
    if (each.from != self()) continue;
    hide_prepared(each);
    each = signed_again(std::move(each));
  }
}

}  // namespace aval::simulation
