#include "consensus/view_changer.h"

#include <algorithm>

#include "consensus/limits.h"
#include "consensus/verified.h"
#include "crypto/base/mutant.h"

namespace aval::consensus {

bool ViewChanger::raise_wish(ReplicaId id, View view) {
  if (view <= promises_.view()) return false;
  View& known = wishes_[id];
  if (known >= view) return false;
  known = view;
  return true;
}

View ViewChanger::wish() const {
  const auto own = wishes_.find(self_.id());
  return own == wishes_.end() ? View{0} : own->second;
}

View ViewChanger::wished_by_others() const {
  if (mutated("wish-not-repeated")) return View{0};
  std::vector<View> views;
  for (const auto& [id, view] : wishes_) {
    if (id != self_.id()) views.push_back(view);
  }
  return reached_by_more_than(self_.faulty_max(), std::move(views));
}

View ViewChanger::wished_by_quorum() const {
  std::vector<View> views;
  for (const auto& [id, view] : wishes_) views.push_back(view);
  const std::size_t enough = mutated("leaves-on-f-plus-1-wishes") ? self_.faulty_max() + 1 : self_.quorum();
  return reached_by_more_than(enough - 1, std::move(views));
}

bool ViewChanger::add(const ViewChange& message) {
  raise_wish(message.from, message.view);
  if (message.view <= promises_.entered()) return false;
  const auto at = latest_.find(message.from);
  if (at != latest_.end() && at->second.view >= message.view) return false;
  latest_[message.from] = message;
  return true;
}

View ViewChanger::wanted_by_others() const {
  std::vector<View> views;
  for (const auto& [from, message] : latest_) {
    if (from != self_.id()) views.push_back(message.view);
  }
  return reached_by_more_than(mutated("follows-any-higher-view") ? 0 : self_.faulty_max(), std::move(views));
}

std::size_t ViewChanger::leaving_for(View view) const {
  return static_cast<std::size_t>(std::count_if(
      latest_.begin(), latest_.end(), [&](const auto& entry) { return entry.second.view >= view; }));
}

std::optional<ViewChange> ViewChanger::statement(View view) const {
  ViewChange message;
  message.epoch = self_.epoch();
  message.view = view;
  message.from = self_.id();
  message.final_header = tree_.final_header();
  message.final_certificate = tree_.final_certificate();
  const bool stands_on_base = message.final_header.height == self_.base_height();
  if (!stands_on_base && !message.final_certificate) return std::nullopt;
  // The others are in a later view already; what leads there is its new-view proof.
  if (message.final_certificate && message.final_certificate->view >= view) return std::nullopt;
  if (const auto& prepared = promises_.prepared()) {
    const auto chain = tree_.chain_to(prepared->block_hash);
    if (!chain) return std::nullopt;
    if (chain->size() > std::size_t{window_factor} * self_.parameters().pipeline_window) return std::nullopt;
    for (const KnownBlock* member : *chain) message.headers.push_back(member->block.header);
    message.prepared = prepared;
  }
  const auto signature = self_.sign(signing_digest(self_.chain().chain_id, message));
  if (!signature) return std::nullopt;
  message.signature = *signature;
  return message;
}

bool ViewChanger::leave_for(Step& step, View view) {
  AVAL_CHECK(view > promises_.view());
  auto message = statement(view);
  if (!message) return false;
  step.persist(ViewChangeRecord{*message});
  promises_.left(*message);
  add(*message);
  step.send(std::move(*message));
  return true;
}

std::optional<NewView> ViewChanger::opening() {
  const View view = promises_.view();
  if (!promises_.in_view_change() || !self_.is_primary(view)) return std::nullopt;
  NewView message{self_.epoch(), view, self_.id(), {}, {}};
  for (const auto& [from, entry] : latest_) {
    if (entry.view == view && message.view_changes.size() < self_.quorum())
      message.view_changes.push_back(entry);
  }
  if (message.view_changes.size() < self_.quorum()) return std::nullopt;
  const auto signature = self_.sign(signing_digest(self_.chain().chain_id, message));
  if (!signature) return std::nullopt;
  message.signature = *signature;
  return message;
}

void ViewChanger::entered(View view) {
  std::erase_if(latest_, [&](const auto& entry) { return entry.second.view <= view; });
  std::erase_if(wishes_, [&](const auto& entry) { return entry.second <= view; });
}

void ViewChanger::retransmit(Step& step) const {
  if (mutated("view-change-said-once")) return;
  if (promises_.in_view_change()) step.send(*promises_.view_change());
}

void ViewChanger::resume() {
  if (promises_.in_view_change()) add(*promises_.view_change());
}

}  // namespace aval::consensus
