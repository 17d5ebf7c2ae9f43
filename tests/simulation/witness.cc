#include "tests/simulation/witness.h"

namespace aval::simulation {
namespace {

std::string_view name_of(ledger::Phase phase) {
  return phase == ledger::Phase::Commit ? "commit" : "prepare";
}

TraceEvent about(std::string_view event, ledger::ReplicaId node, const ledger::Vote& vote) {
  return {.event = event,
          .node = number(node),
          .kind = name_of(vote.phase),
          .view = number(vote.view),
          .height = number(vote.height),
          .digest = vote.block_hash.view(),
          .epoch = number(vote.epoch)};
}

}  // namespace

void Witness::on_view(ledger::ReplicaId node, ledger::Epoch epoch, ledger::View view) {
  const std::pair now(epoch, view);
  const auto [known, is_first] = views_.emplace(node, now);
  if (!is_first && known->second == now) return;
  known->second = now;
  note({.event = "view", .node = number(node), .view = number(view), .epoch = number(epoch)});
}

void Witness::on_sent(ledger::ReplicaId node, const consensus::Message& message) {
  if (const auto* vote = std::get_if<consensus::SignedVote>(&message); vote && vote->from == node)
    note(about("say", node, vote->vote));
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message); proposal && proposal->from == node) {
    const ledger::BlockHash hash = ledger::hash_of(proposal->block.header);
    note({.event = "say",
          .node = number(node),
          .kind = "proposal",
          .view = number(proposal->view),
          .height = number(proposal->block.header.height),
          .digest = hash.view(),
          .epoch = number(proposal->epoch)});
  }
  if (const auto* change = std::get_if<consensus::ViewChange>(&message); change && change->from == node)
    note({.event = "say",
          .node = number(node),
          .kind = "view_change",
          .view = number(change->view),
          .height = number(change->final_header.height),
          .epoch = number(change->epoch)});
}

void Witness::on_durable(ledger::ReplicaId node, const std::vector<consensus::Record>& records) {
  for (const consensus::Record& record : records) {
    if (const auto* vote = std::get_if<consensus::VoteRecord>(&record))
      note(about("durable", node, vote->vote));
    if (const auto* final = std::get_if<consensus::FinalRecord>(&record))
      note_certificate(node, final->certificate);
  }
}

void Witness::on_final(ledger::ReplicaId node, const ledger::CertifiedBlock& block) {
  const ledger::Header& header = block.block.header;
  if (block.certificate) note_certificate(node, *block.certificate);
  const ledger::BlockHash hash = ledger::hash_of(header);
  note({.event = "final",
        .node = number(node),
        .view = number(header.origin_view),
        .height = number(header.height),
        .digest = hash.view(),
        .epoch = number(header.epoch),
        .parent = header.parent.view()});
}

void Witness::note_certificate(ledger::ReplicaId node, const ledger::Certificate& certificate) {
  std::uint64_t signers = 0;
  for (const ledger::VoteSignature& each : certificate.signatures)
    signers |= std::uint64_t{1} << number(each.validator);
  note({.event = "certificate",
        .node = number(node),
        .kind = name_of(certificate.phase),
        .view = number(certificate.view),
        .height = number(certificate.height),
        .digest = certificate.block_hash.view(),
        .epoch = number(certificate.epoch),
        .signers = signers});
}

}  // namespace aval::simulation
