#include "tests/simulation/vote_checker.h"

namespace aval::simulation {
namespace {

constexpr std::uint32_t proposal_phase = 0;

std::string place_text(View view, Height height) {
  return "view " + std::to_string(number(view)) + ", height " + std::to_string(number(height));
}

bool precedes(const ledger::Vote& a, View view, Height height) {
  return std::pair(a.view, a.height) < std::pair(view, height);
}

}  // namespace

void VoteChecker::on_sent(ReplicaId node, const consensus::Message& message) {
  if (const auto* vote = std::get_if<consensus::SignedVote>(&message); vote && vote->from == node)
    on_vote(node, vote->vote);
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message); proposal && proposal->from == node)
    on_proposal(node, *proposal);
  if (const auto* view_change = std::get_if<consensus::ViewChange>(&message);
      view_change && view_change->from == node)
    on_view_change(node, *view_change);
  if (const auto* new_view = std::get_if<consensus::NewView>(&message); new_view && new_view->from == node)
    raise_sent_view(node, new_view->epoch, new_view->view);
  if (const auto* status = std::get_if<consensus::StatusMessage>(&message))
    raise_sent_view(node, status->epoch, status->view);
}

void VoteChecker::raise_sent_view(ReplicaId node, Epoch epoch, View view) {
  View& highest = life(node, epoch).highest_sent;
  highest = std::max(highest, view);
}

bool VoteChecker::register_signature(ReplicaId node, const Place& place, const BlockHash& hash) {
  const auto [known, is_new] = signed_.emplace(place, hash);
  if (known->second != hash)
    verdict_.fail("A7", named(node) + " signed two different digests for " +
                            place_text(std::get<View>(place), std::get<Height>(place)) + ", phase " +
                            std::to_string(std::get<std::uint32_t>(place)));
  return is_new;
}

void VoteChecker::on_vote(ReplicaId node, const ledger::Vote& vote) {
  const Place place{node, vote.epoch, vote.view, vote.height, static_cast<std::uint32_t>(vote.phase)};
  if (!register_signature(node, place, vote.block_hash)) return;  // sent again: judged the first time
  KeyLife& own = life(node, vote.epoch);
  if (vote.view < own.view_change)
    verdict_.fail("A8", named(node) + " votes in " + place_text(vote.view, vote.height) +
                            " after its view change for view " + std::to_string(number(own.view_change)));
  raise_sent_view(node, vote.epoch, vote.view);
  check_above_tip(node, vote);
  if (vote.phase == ledger::Phase::Commit &&
      (!own.committed || precedes(*own.committed, vote.view, vote.height)))
    own.committed = vote;
}

void VoteChecker::on_proposal(ReplicaId node, const consensus::Proposal& proposal) {
  const Height height = proposal.block.header.height;
  const BlockHash hash = ledger::hash_of(proposal.block.header);
  if (!register_signature(node, {node, proposal.epoch, proposal.view, height, proposal_phase}, hash)) return;
  if (proposal.view < life(node, proposal.epoch).view_change)
    verdict_.fail("A8",
                  named(node) + " proposes in " + place_text(proposal.view, height) + " after leaving it");
  raise_sent_view(node, proposal.epoch, proposal.view);
}

void VoteChecker::on_view_change(ReplicaId node, const consensus::ViewChange& view_change) {
  KeyLife& own = life(node, view_change.epoch);
  own.view_change = std::max(own.view_change, view_change.view);
  raise_sent_view(node, view_change.epoch, view_change.view);
  if (!own.committed || own.committed->view >= view_change.view) return;
  if (view_change.final_header.height >= own.committed->height) return;
  // A block that became final in a later view and lies below: the one voted for was final nowhere.
  if (view_change.final_certificate && view_change.final_certificate->view > own.committed->view) return;
  const auto& prepared = view_change.prepared;
  if (!prepared ||
      std::pair(prepared->view, prepared->height) < std::pair(own.committed->view, own.committed->height))
    verdict_.fail("A4", named(node) + " conceals in its view change for view " +
                            std::to_string(number(view_change.view)) + " its commit vote of " +
                            place_text(own.committed->view, own.committed->height));
}

void VoteChecker::on_view(ReplicaId node, Epoch epoch, View view) {
  View& before = life(node, epoch).in_memory;
  if (view < before)
    verdict_.fail("A5", named(node) + " falls from view " + std::to_string(number(before)) + " to " +
                            std::to_string(number(view)));
  before = view;
}

void VoteChecker::on_restart(ReplicaId node, Epoch epoch, View view) {
  KeyLife& own = life(node, epoch);
  own.in_memory = view;
  if (view < own.highest_sent)
    verdict_.fail("A5", named(node) + " restarts in view " + std::to_string(number(view)) +
                            " and has sent view " + std::to_string(number(own.highest_sent)));
}

/// The highest certificate shown, of either phase, by (view, height).
VoteChecker::Tip VoteChecker::tip_of(const consensus::NewView& new_view) {
  Tip tip;
  View view{};
  const auto raise = [&](const std::optional<ledger::Certificate>& shown,
                         const std::vector<ledger::Header>& headers) {
    if (!shown || std::pair(shown->view, shown->height) <= std::pair(view, tip.height)) return;
    view = shown->view;
    tip.height = shown->height;
    tip.chain = {{shown->height, shown->block_hash}};
    for (const ledger::Header& header : headers) tip.chain[header.height] = ledger::hash_of(header);
  };
  for (const consensus::ViewChange& each : new_view.view_changes) {
    raise(each.prepared, each.headers);
    raise(each.final_certificate, {});
  }
  return tip;
}

void VoteChecker::on_new_view(const consensus::NewView& new_view) {
  const Tip tip = tip_of(new_view);
  // A hostile primary may open a view twice. Both openings are sound by themselves and only the lower
  // tip binds everybody.
  const ViewOfEpoch opened(new_view.epoch, new_view.view);
  const auto [known, is_new] = tips_.emplace(opened, tip);
  if (!is_new && tip.height < known->second.height) known->second = tip;
  for (const auto& [height, certificate] : committed_) check_carried_over(opened, tip, certificate);
}

void VoteChecker::on_certificate(const ledger::Certificate& certificate) {
  for (auto at = tips_.upper_bound({certificate.epoch, certificate.view}); at != tips_.end(); ++at)
    check_carried_over(at->first, at->second, certificate);
}

void VoteChecker::check_carried_over(const ViewOfEpoch& opened, const Tip& tip,
                                     const ledger::Certificate& certificate) {
  const auto& [epoch, view] = opened;
  if (certificate.epoch != epoch || certificate.view >= view) return;
  if (tip.height < certificate.height)
    verdict_.fail("A4", "view " + std::to_string(number(view)) + " opens below what was committed in " +
                            place_text(certificate.view, certificate.height));
  const auto carried = tip.chain.find(certificate.height);
  if (carried != tip.chain.end() && carried->second != certificate.block_hash)
    verdict_.fail("A4", "view " + std::to_string(number(view)) +
                            " opens with another block than was committed in " +
                            place_text(certificate.view, certificate.height));
}

void VoteChecker::check_above_tip(ReplicaId node, const ledger::Vote& vote) {
  const auto known = tips_.find({vote.epoch, vote.view});
  if (known == tips_.end()) return;
  const Tip& tip = known->second;
  if (vote.height < tip.height)
    verdict_.fail("CS-09", named(node) + " votes in " + place_text(vote.view, vote.height) +
                               ", below the tip of the view at " + std::to_string(number(tip.height)));
  if (vote.height == tip.height && tip.chain.at(vote.height) != vote.block_hash)
    verdict_.fail("CS-09", named(node) + " votes in " + place_text(vote.view, vote.height) +
                               " for another block than the tip");
}

}  // namespace aval::simulation
