#include "consensus/promises.h"

#include <algorithm>

#include "crypto/base/mutant.h"

namespace aval::consensus {
namespace {

struct Reader {
  Promises& promises;
  void operator()(const BatchRecord&) const {}
  void operator()(const BlockRecord&) const {}
  void operator()(const FinalRecord&) const {}
  void operator()(const VoteRecord& record) const { promises.cast(record.vote); }
  void operator()(const PreparedRecord& record) const { promises.raise_prepared(record.certificate); }
  void operator()(const ViewChangeRecord& record) const { promises.left(record.message); }
  void operator()(const NewViewRecord& record) const { promises.entered(record.message); }
};

}  // namespace

Promises::Promises(const std::vector<Record>& records) {
  for (const Record& record : records) std::visit(Reader{*this}, record);
}

View Promises::view() const { return view_change_ ? std::max(view_change_->view, entered()) : entered(); }

bool Promises::allows(const Vote& vote) const {
  if (vote.view < view() && !mutated("votes-in-a-view-left")) return false;
  const auto at = votes_.find({vote.view, vote.height, vote.phase});
  return at == votes_.end() || at->second.block_hash == vote.block_hash;
}

bool Promises::has_cast(const Vote& vote) const {
  const auto at = votes_.find({vote.view, vote.height, vote.phase});
  return at != votes_.end() && at->second.block_hash == vote.block_hash;
}

std::vector<Vote> Promises::votes() const {
  std::vector<Vote> out;
  for (const auto& [place, vote] : votes_) out.push_back(vote);
  return out;
}

void Promises::cast(const Vote& vote) { votes_.emplace(Place{vote.view, vote.height, vote.phase}, vote); }

void Promises::left(ViewChange message) {
  if (message.view <= view()) return;
  view_change_ = std::move(message);
}

void Promises::entered(NewView message) {
  if (message.view <= entered()) return;
  new_view_ = std::move(message);
  forget_lower_views();
}

bool Promises::raise_prepared(const Certificate& certificate) {
  if (prepared_ && rank(certificate) <= rank(*prepared_)) return false;
  prepared_ = certificate;
  return true;
}

void Promises::advance(Height final) {
  std::erase_if(votes_, [&](const auto& entry) { return entry.second.height <= final; });
}

void Promises::forget_lower_views() {
  std::erase_if(votes_, [&](const auto& entry) { return entry.second.view < entered(); });
}

std::vector<Record> Promises::records() const {
  std::vector<Record> out;
  if (new_view_) out.push_back(NewViewRecord{*new_view_});
  for (const auto& [place, vote] : votes_) {
    if (!mutated("fresh-journal-without-votes")) out.push_back(VoteRecord{vote});
  }
  if (prepared_) out.push_back(PreparedRecord{*prepared_});
  if (in_view_change()) out.push_back(ViewChangeRecord{*view_change_});
  return out;
}

}  // namespace aval::consensus
