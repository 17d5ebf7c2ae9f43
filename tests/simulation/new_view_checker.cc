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

bool NewViewChecker::is_signed(const NewView& message, const Config& config) const {
  const ledger::ValidatorSet& set = config.validators;
  return votes_in(set, message.from) &&
         check_(set.validators[number(message.from)].vote_key,
                consensus::signing_digest(config.chain_id, message), message.signature);
}

bool NewViewChecker::is_signed(const ViewChange& message, const Config& config) const {
  const ledger::ValidatorSet& set = config.validators;
  return votes_in(set, message.from) &&
         check_(set.validators[number(message.from)].vote_key,
                consensus::signing_digest(config.chain_id, message), message.signature);
}

void NewViewChecker::on_new_view(ReplicaId node, const NewView& new_view) {
  const Config* const config = epochs_.find(new_view.epoch);
  if (config == nullptr)
    return verdict_.fail("A9", named(node) + " has entered a view of an epoch that has not begun");
  if (!judged_.insert(consensus::signing_digest(config->chain_id, new_view)).second) return;
  if (const auto fault = fault_in(new_view, *config))
    verdict_.fail(
        "A9", named(node) + " has entered view " + std::to_string(number(new_view.view)) + ", and " + *fault);
}

std::optional<std::string> NewViewChecker::fault_in(const NewView& new_view, const Config& config) const {
  std::vector<ReplicaId> voters;
  for (std::uint32_t i = 0; i < config.validators.validators.size(); ++i)
    if (votes_in(config.validators, ReplicaId{i})) voters.push_back(ReplicaId{i});
  if (new_view.from != voters[number(new_view.view) % voters.size()])
    return "another than its primary opened it";
  if (!is_signed(new_view, config)) return "its signature is wrong";
  std::set<ReplicaId> senders;
  for (const ViewChange& each : new_view.view_changes) {
    senders.insert(each.from);
    if (auto fault = fault_in(each, new_view, config))
      return "the view change of " + named(each.from) + ": " + *fault;
  }
  if (senders.size() >= quorum_counted(voters.size())) return std::nullopt;
  return std::to_string(senders.size()) + " validators asked for it";
}

std::optional<std::string> NewViewChecker::fault_in(const ViewChange& view_change, const NewView& in,
                                                    const Config& config) const {
  if (view_change.view != in.view || view_change.epoch != in.epoch) return "it is for another view";
  if (!is_signed(view_change, config)) return "its signature is wrong";
  if (const auto& final = view_change.final_certificate) {
    if (final->height < view_change.final_header.height) return "its final block is above the certificate";
    if (auto fault = fault_of(*final, ledger::Phase::Commit, config, check_)) return fault;
  }
  if (!view_change.prepared) return std::nullopt;
  if (view_change.prepared->view >= in.view) return "it shows a certificate of a later view";
  if (auto fault = fault_of(*view_change.prepared, ledger::Phase::Prepare, config, check_)) return fault;
  return fault_of_headers(view_change);
}

}  // namespace aval::simulation
