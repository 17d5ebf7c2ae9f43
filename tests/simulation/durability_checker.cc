#include "tests/simulation/durability_checker.h"

#include <algorithm>
#include <variant>

namespace aval::simulation {
namespace {

std::string vote_text(const ledger::Vote& vote) {
  return std::string(vote.phase == ledger::Phase::Commit ? "commit" : "prepare") + " of view " +
         std::to_string(number(vote.view)) + ", height " + std::to_string(number(vote.height));
}

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

void DurabilityChecker::take(Disk& disk, const consensus::Record& record) {
  std::visit(
      Overloaded{
          [&](const consensus::BatchRecord& each) { disk.batches.insert(each.batch->digest); },
          [&](const consensus::BlockRecord& each) {
            const ledger::Header& header = each.block.header;
            disk.blocks[ledger::hash_of(header)] = {header.parent, header.height, each.block.batches};
          },
          [&](const consensus::VoteRecord& each) { disk.votes.insert(each.vote); },
          [&](const consensus::PreparedRecord& each) {
            Height& highest = disk.prepared[each.certificate.view];
            highest = std::max(highest, each.certificate.height);
          },
          [&](const consensus::ViewChangeRecord& each) { disk.view_changes.insert(each.message.view); },
          [&](const consensus::NewViewRecord& each) { disk.new_views.insert(each.message.view); },
          [](const consensus::FinalRecord&) {},
      },
      record);
}

void DurabilityChecker::on_durable(ReplicaId node, const std::vector<consensus::Record>& records) {
  for (const consensus::Record& record : records) take(disks_[node], record);
}

void DurabilityChecker::on_replaced(ReplicaId node, const std::vector<consensus::Record>& records) {
  Disk& disk = disks_[node];
  Disk fresh;
  fresh.final = disk.final;
  fresh.judged = std::move(disk.judged);
  fresh.spoken_in = disk.spoken_in;
  disk = std::move(fresh);
  on_durable(node, records);
}

void DurabilityChecker::on_epoch(ReplicaId node) {
  Disk fresh;
  fresh.final = disks_[node].final;
  disks_[node] = std::move(fresh);
}

void DurabilityChecker::on_start(ReplicaId node, Height head, const std::vector<consensus::Record>& records) {
  on_replaced(node, records);
  const Disk& disk = disks_[node];
  View left{};  // of a view that the journal shows to be left, no vote is needed any more
  if (!disk.view_changes.empty()) left = std::max(left, *disk.view_changes.rbegin());
  if (!disk.new_views.empty()) left = std::max(left, *disk.new_views.rbegin());
  for (const ledger::Vote& vote : disk.judged)
    if (vote.height > head && vote.view == disk.spoken_in && vote.view >= left && !disk.votes.contains(vote))
      verdict_.fail("B3", named(node) + " starts without the " + vote_text(vote) + " that it has sent");
}

void DurabilityChecker::on_sent(ReplicaId node, const consensus::Message& message) {
  const Disk& disk = disks_[node];
  if (const auto* vote = std::get_if<consensus::SignedVote>(&message); vote && vote->from == node)
    check_vote(node, vote->vote);
  if (const auto* view_change = std::get_if<consensus::ViewChange>(&message);
      view_change && view_change->from == node && !disk.view_changes.contains(view_change->view))
    verdict_.fail("B1", named(node) + " sends a view change for view " +
                            std::to_string(number(view_change->view)) + " that is not on its disk");
  if (const auto* new_view = std::get_if<consensus::NewView>(&message);
      new_view && new_view->from == node && !disk.new_views.contains(new_view->view))
    verdict_.fail("B1", named(node) + " sends a new view " + std::to_string(number(new_view->view)) +
                            " that is not on its disk");
}

void DurabilityChecker::check_vote(ReplicaId node, const ledger::Vote& vote) {
  Disk& disk = disks_[node];
  if (!disk.judged.insert(vote).second) return;
  disk.spoken_in = std::max(disk.spoken_in, vote.view);
  const std::string what = named(node) + " sends its " + vote_text(vote);
  if (!disk.votes.contains(vote)) verdict_.fail("B1", what + ", which is not on its disk");
  if (vote.phase == ledger::Phase::Commit) {
    const auto prepared = disk.prepared.find(vote.view);
    if (prepared == disk.prepared.end() || prepared->second < vote.height)
      verdict_.fail("B1", what + " without the prepare certificate on its disk");
  }
  if (const std::string missing = missing_of(disk, vote); !missing.empty())
    verdict_.fail("B1", what + " without " + missing + " on its disk");
}

std::string DurabilityChecker::missing_of(const Disk& disk, const ledger::Vote& vote) {
  BlockHash hash = vote.block_hash;
  for (Height height = vote.height; height > disk.final; height = static_cast<Height>(number(height) - 1)) {
    const auto block = disk.blocks.find(hash);
    if (block == disk.blocks.end()) return "the block at height " + std::to_string(number(height));
    for (const ledger::BatchRef& ref : block->second.batches)
      if (!disk.batches.contains(ref.digest))
        return "a batch of the block at height " + std::to_string(number(height));
    hash = block->second.parent;
  }
  return {};
}

}  // namespace aval::simulation
