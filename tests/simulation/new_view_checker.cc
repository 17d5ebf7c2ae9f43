#include "tests/simulation/new_view_checker.h"

#include "consensus/verified.h"

namespace aval::simulation {
namespace {

using consensus::NewView;
using consensus::ViewChange;

/// Why the headers do not lead from the final block to the prepared one, if they do not.
std::optional<std::string> fault_of_headers(const ViewChange& view_change) {
  const ledger::Header* below = &view_change.final_header;
  for (const ledger::Header& header : view_change.headers) {
    if (header.parent != ledger::hash_of(*below) || header.height != next(below->height))
      return "its headers are not a chain";
    below = &header;
  }
  if (below->height != view_change.prepared->height ||
      ledger::hash_of(*below) != view_change.prepared->block_hash)
    return "its headers do not lead to its prepared block";
  return std::nullopt;
}

}  // namespace

bool NewViewChecker::is_signed(ReplicaId by, const crypto::Digest& digest,
                               const crypto::Signature& signature) const {
  const auto& validators = config_.validators.validators;
  return number(by) < validators.size() && check_(validators[number(by)].vote_key, digest, signature);
}

void NewViewChecker::on_new_view(ReplicaId node, const NewView& new_view) {
  if (!judged_.insert(consensus::signing_digest(config_.chain_id, new_view)).second) return;
  if (const auto fault = fault_in(new_view))
    verdict_.fail(
        "A9", named(node) + " has entered view " + std::to_string(number(new_view.view)) + ", and " + *fault);
}

std::optional<std::string> NewViewChecker::fault_in(const NewView& new_view) const {
  const std::size_t validators = config_.validators.size();
  if (number(new_view.from) != number(new_view.view) % validators)
    return "another than its primary opened it";
  if (!is_signed(new_view.from, consensus::signing_digest(config_.chain_id, new_view), new_view.signature))
    return "its signature is wrong";
  std::set<ReplicaId> senders;
  for (const ViewChange& each : new_view.view_changes) {
    senders.insert(each.from);
    if (auto fault = fault_in(each, new_view))
      return "the view change of " + named(each.from) + ": " + *fault;
  }
  if (senders.size() >= quorum_counted(validators)) return std::nullopt;
  return std::to_string(senders.size()) + " validators asked for it";
}

std::optional<std::string> NewViewChecker::fault_in(const ViewChange& view_change, const NewView& in) const {
  if (view_change.view != in.view || view_change.epoch != in.epoch) return "it is for another view";
  if (!is_signed(view_change.from, consensus::signing_digest(config_.chain_id, view_change),
                 view_change.signature))
    return "its signature is wrong";
  if (const auto& final = view_change.final_certificate) {
    if (final->height < view_change.final_header.height) return "its final block is above the certificate";
    if (auto fault = fault_of(*final, ledger::Phase::Commit, config_, check_)) return fault;
  }
  if (!view_change.prepared) return std::nullopt;
  if (view_change.prepared->view >= in.view) return "it shows a certificate of a later view";
  if (auto fault = fault_of(*view_change.prepared, ledger::Phase::Prepare, config_, check_)) return fault;
  return fault_of_headers(view_change);
}

}  // namespace aval::simulation
