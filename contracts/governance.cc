#include "contracts/governance.h"

#include <algorithm>

#include "contracts/commands.h"
#include "contracts/keys.h"
#include "contracts/seats.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

constexpr int open_max = 64;

std::uint64_t height_of(const ContractContext& context) { return ledger::number(context.block().height); }

pb::Governance governance(const ContractContext& context) {
  return context.find<pb::Governance>(governance_key()).value_or(pb::Governance());
}

Bytes digest_of(const pb::Change& change) {
  return Bytes(crypto::tagged(crypto::Tag::Change, ledger::canonical(change)).view());
}

/// Approvals of members that vote today.
std::size_t votes_for(const pb::Proposal& proposal, const ledger::ValidatorSet& set) {
  return static_cast<std::size_t>(
      std::count_if(proposal.approvals().begin(), proposal.approvals().end(), [&](const std::string& member) {
        const auto id = seat_of(set, member);
        return (id && set.contains(*id)) || mutated("approval-of-a-seat-without-vote");
      }));
}

void approve(pb::Proposal& proposal, const std::string& member) {
  auto& approvals = *proposal.mutable_approvals();
  proposal.add_approvals(member);
  std::sort(approvals.begin(), approvals.end());
}

void close(pb::Proposal& proposal, pb::ProposalStatus status, ContractContext& context) {
  proposal.set_status(status);
  proposal.set_decided_height(height_of(context));
  pb::Governance all = governance(context);
  auto& open = *all.mutable_open();
  open.erase(std::remove(open.begin(), open.end(), proposal.id()), open.end());
  context.store(governance_key(), all);
}

void make_void(pb::Proposal& proposal, Status why, ContractContext& context) {
  close(proposal, pb::PROPOSAL_VOID, context);
  proposal.set_void_status(static_cast<std::uint32_t>(why));
  context.emit("change.void", proposal.id());
}

void take_effect(pb::Proposal& proposal, ContractContext& context) {
  if (const Status judged = judge(proposal.change(), context); judged != Status::Applied)
    return make_void(proposal, judged, context);
  close(proposal, pb::PROPOSAL_APPLIED, context);
  carry_out(proposal.change(), context);
  context.emit("change.applied", proposal.id());
}

void schedule(pb::Proposal& proposal, ContractContext& context) {
  close(proposal, pb::PROPOSAL_SCHEDULED, context);
  pb::Governance all = governance(context);
  all.set_scheduled(proposal.id());
  context.store(governance_key(), all);
  context.emit("change.scheduled", proposal.id());
}

/// With the last approval that was missing, the change is made or waits for its height. One change at
/// a time: while one waits or has just been made, the approval is refused and can be given again.
Status decide(pb::Proposal& proposal, ContractContext& context) {
  const ledger::ValidatorSet set = seats(context);
  if (votes_for(proposal, set) < set.quorum()) return Status::Applied;
  const bool waits = proposal.activate_height() > height_of(context);
  const pb::Governance all = governance(context);
  if (!all.scheduled().empty() && (waits || begins_epoch(proposal.change()))) return Status::ChangeInFlight;
  if (begins_epoch(proposal.change()) && all.changed_height() == height_of(context))
    return Status::ChangeInFlight;
  waits ? schedule(proposal, context) : take_effect(proposal, context);
  return Status::Applied;
}

Status settle(pb::Proposal& proposal, ContractContext& context) {
  const Status decided = decide(proposal, context);
  if (decided == Status::Applied) context.store(proposal_key(proposal.id()), proposal);
  return decided;
}

/// Proposals nobody can approve any more make room.
void drop_expired(ContractContext& context) {
  const pb::Governance before = governance(context);
  for (const std::string& id : before.open()) {
    auto proposal = *context.find<pb::Proposal>(proposal_key(id));
    if (proposal.expires_height() >= height_of(context)) continue;
    make_void(proposal, Status::ProposalExpired, context);
    context.store(proposal_key(id), proposal);
  }
}

}  // namespace

Status apply(const pb::ProposeChange& command, ContractContext& context) {
  if (!sender_votes(context)) return Status::NotPermitted;
  if (!is_id(command.id())) return Status::Malformed;
  if (context.exists(proposal_key(command.id()))) return Status::AlreadyExists;
  if (command.expires_height() < height_of(context)) return Status::ProposalExpired;
  const Status judged = judge(command.change(), context);
  if (judged != Status::Applied) return judged;
  drop_expired(context);
  pb::Governance all = governance(context);
  if (all.open_size() >= open_max) return Status::LimitReached;

  pb::Proposal proposal;
  proposal.set_id(command.id());
  proposal.set_proposer(context.sender());
  *proposal.mutable_change() = command.change();
  proposal.set_change_digest(digest_of(command.change()));
  proposal.set_expires_height(command.expires_height());
  proposal.set_activate_height(command.activate_height());
  proposal.set_status(pb::PROPOSAL_OPEN);
  approve(proposal, context.sender());
  all.add_open(command.id());
  context.store(governance_key(), all);
  context.emit("change.proposed", command.id(), digest_of(command.change()));
  return settle(proposal, context);
}

Status apply(const pb::ApproveChange& command, ContractContext& context) {
  if (!sender_votes(context)) return Status::NotPermitted;
  auto proposal = context.find<pb::Proposal>(proposal_key(command.proposal()));
  if (!proposal) return Status::NotFound;
  if (proposal->status() != pb::PROPOSAL_OPEN) return Status::WrongState;
  if (proposal->expires_height() < height_of(context)) return Status::ProposalExpired;
  if (command.change_digest() != proposal->change_digest()) return Status::DigestMismatch;
  const auto& approvals = proposal->approvals();
  const bool has_approved =
      std::find(approvals.begin(), approvals.end(), context.sender()) != approvals.end();
  if (has_approved && !mutated("approval-counted-twice")) return Status::AlreadyExists;

  approve(*proposal, context.sender());
  context.emit("change.approved", proposal->id());
  return settle(*proposal, context);
}

Status apply(const pb::WithdrawChange& command, ContractContext& context) {
  auto proposal = context.find<pb::Proposal>(proposal_key(command.proposal()));
  if (!proposal) return Status::NotFound;
  if (proposal->proposer() != context.sender()) return Status::NotPermitted;
  if (proposal->status() != pb::PROPOSAL_OPEN) return Status::WrongState;
  close(*proposal, pb::PROPOSAL_WITHDRAWN, context);
  context.store(proposal_key(proposal->id()), *proposal);
  context.emit("change.withdrawn", proposal->id());
  return Status::Applied;
}

void finish_block(const BlockContext& block, ledger::Overlay& state) {
  const auto all = find<pb::Governance>(state, governance_key());
  if (!all || all->scheduled().empty()) return;
  auto proposal = *find<pb::Proposal>(state, proposal_key(all->scheduled()));
  if (proposal.activate_height() > ledger::number(block.height)) return;
  if (begins_epoch(proposal.change()) && all->changed_height() == ledger::number(block.height)) return;

  const pb::Member nobody;
  ContractContext context(block, nobody, state);
  pb::Governance free = *all;
  free.clear_scheduled();
  context.store(governance_key(), free);
  take_effect(proposal, context);
  context.store(proposal_key(proposal.id()), proposal);
}

}  // namespace aval::contracts
