#include "tests/fuzz/promise_judge.h"

namespace aval::fuzz {

using namespace consensus;

void PromiseJudge::on_persist(const Record& record) {
  if (const auto* vote = std::get_if<VoteRecord>(&record)) recorded_votes_.insert(vote->vote);
  if (const auto* change = std::get_if<ViewChangeRecord>(&record))
    recorded_view_changes_.insert(change->message.view);
}

void PromiseJudge::on_sent(const Message& message) {
  if (const auto* vote = std::get_if<SignedVote>(&message)) on_sent(*vote);
  if (const auto* change = std::get_if<ViewChange>(&message)) on_sent(*change);
  if (const auto* proposal = std::get_if<Proposal>(&message)) on_sent(*proposal);
}

void PromiseJudge::on_sent(const SignedVote& message) {
  if (message.from != self_) return;
  const Vote& vote = message.vote;
  AVAL_CHECK(recorded_votes_.contains(vote));
  AVAL_CHECK(vote.view >= left_);
  auto& said = vote.phase == Phase::Prepare ? prepares_ : commits_;
  AVAL_CHECK(said.emplace(Place{vote.view, vote.height}, vote.block_hash).first->second == vote.block_hash);
}

void PromiseJudge::on_sent(const ViewChange& message) {
  if (message.from != self_) return;
  AVAL_CHECK(recorded_view_changes_.contains(message.view));
  AVAL_CHECK(message.view >= left_);
  left_ = message.view;
  for (const auto& [place, hash] : commits_) {
    if (std::get<Height>(place) <= message.final_header.height) continue;
    AVAL_CHECK(message.prepared.has_value());
    const Place shown(message.prepared->view, message.prepared->height);
    AVAL_CHECK(shown >= place);
  }
}

void PromiseJudge::on_sent(const Proposal& message) {
  if (message.from != self_) return;
  const auto hash = ledger::hash_of(message.block.header);
  const Place place{message.view, message.block.header.height};
  AVAL_CHECK(proposals_.emplace(place, hash).first->second == hash);
}

void PromiseJudge::on_status(const ReplicaStatus& status) {
  AVAL_CHECK(status.view >= view_ && status.final_header.height >= final_);
  view_ = status.view;
  final_ = status.final_header.height;
}

}  // namespace aval::fuzz
