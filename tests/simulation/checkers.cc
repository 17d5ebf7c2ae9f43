#include "tests/simulation/checkers.h"

namespace aval::simulation {
namespace {

std::vector<ReplicaId> honest_of(const Plan& plan) {
  std::vector<ReplicaId> honest;
  for (std::uint32_t i = 0; i < plan.replicas; ++i)
    if (!plan.treachery_of(ReplicaId{i})) honest.push_back(ReplicaId{i});
  return honest;
}

}  // namespace

Checkers::Checkers(const World& world, Verdict& verdict)
    : queue_(world.queue),
      hostile_(world.plan.hostile_ids()),
      verdict_(verdict),
      witness_(world.queue, world.trace),
      agreement_(world.genesis, world.check, world.rebuilds, verdict),
      votes_(agreement_.certificates(), verdict),
      new_views_(agreement_.reference().epochs(), world.check, verdict),
      evidence_(agreement_.reference().epochs(), hostile_, world.check, verdict),
      bounds_(world.queue, world.plan, verdict),
      durability_(verdict),
      expectations_(world.plan.expect, honest_of(world.plan), verdict) {}

void Checkers::on_epoch(ReplicaId node) {
  if (is_honest(node)) durability_.on_epoch(node);
}

void Checkers::on_start(ReplicaId node, ledger::Epoch epoch, const consensus::Recovered& recovered) {
  if (!is_honest(node)) return;
  const ledger::Header& head = recovered.final_header;
  const std::vector<consensus::Record>& records = recovered.records;
  if (std::exchange(epochs_[node], epoch) < epoch) durability_.on_epoch(node);
  // A flush that was refused may have reached the disk all the same.
  witness_.on_durable(node, records);
  agreement_.on_start(node, head);
  durability_.on_known_final(node, head.height);
  durability_.on_start(node, head.height, records);
  take_proofs(node, records);
}

void Checkers::on_started(ReplicaId node, const consensus::ReplicaStatus& status, bool is_restart) {
  if (!is_honest(node)) return;
  epochs_[node] = status.epoch;
  witness_.on_restart(node);
  witness_.on_view(node, status.epoch, status.view);
  if (is_restart) votes_.on_restart(node, status.epoch, status.view);
  on_step(node, status);
}

void Checkers::on_step(ReplicaId node, const consensus::ReplicaStatus& status) {
  if (!is_honest(node)) return;
  witness_.on_view(node, status.epoch, status.view);
  votes_.on_view(node, status.epoch, status.view);
  bounds_.on_step(node, status);
  expectations_.on_view(status.view);
  durability_.on_known_final(node, status.final_header.height);
}

void Checkers::on_evidence(ReplicaId node, const std::vector<ledger::Evidence>& found) {
  if (!is_honest(node)) return;
  for (const ledger::Evidence& each : found) evidence_.on_evidence(node, each);
}

void Checkers::on_alarm(ReplicaId node, TimePoint when) {
  if (is_honest(node)) bounds_.on_alarm(node, when);
}

void Checkers::on_sent(ReplicaId node, const consensus::Message& message) {
  if (!is_honest(node)) return;
  witness_.on_sent(node, message);
  votes_.on_sent(node, message);
  bounds_.on_sent(node, message);
  durability_.on_sent(node, message);
  if (const auto* vote = std::get_if<consensus::SignedVote>(&message))
    expectations_.on_vote(node, vote->vote, queue_.elapsed());
}

void Checkers::on_durable(ReplicaId node, const std::vector<consensus::Record>& records) {
  if (!is_honest(node)) return;
  witness_.on_durable(node, records);
  durability_.on_durable(node, records);
  take_proofs(node, records);
}

void Checkers::on_journal_replaced(ReplicaId node, const std::vector<consensus::Record>& records) {
  if (!is_honest(node)) return;
  durability_.on_replaced(node, records);
  take_proofs(node, records);
}

void Checkers::take_proofs(ReplicaId node, const std::vector<consensus::Record>& records) {
  for (const consensus::Record& record : records) {
    if (const auto* final = std::get_if<consensus::FinalRecord>(&record)) {
      agreement_.on_certificate(node, final->certificate);
      votes_.on_certificate(final->certificate);
    }
    if (const auto* new_view = std::get_if<consensus::NewViewRecord>(&record)) {
      new_views_.on_new_view(node, new_view->message);
      votes_.on_new_view(new_view->message);
    }
  }
}

void Checkers::on_final(ReplicaId node, const ledger::CertifiedBlock& block, const BlockRoots& computed) {
  if (!is_honest(node)) return;
  witness_.on_final(node, block);
  agreement_.on_final(node, block, computed);
  expectations_.on_final(node, block.block.header.height, queue_.elapsed());
  if (block.certificate) votes_.on_certificate(*block.certificate);
}

void Checkers::on_refused(ReplicaId from, std::string_view kind, const std::string& why) {
  if (is_honest(from))
    verdict_.fail("V1", "a " + std::string(kind) + " of honest " + named(from) + " was refused: " + why);
}

void Checkers::on_broken_contract(ReplicaId node, const std::string& what) {
  if (is_honest(node)) verdict_.fail("X1", named(node) + ": " + what);
}

}  // namespace aval::simulation
