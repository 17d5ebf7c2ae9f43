#include "consensus/own_key.h"

#include <algorithm>

namespace aval::consensus {
namespace {

bool is_signed_by(const Certificate& certificate, ReplicaId id) {
  return std::any_of(certificate.signatures.begin(), certificate.signatures.end(),
                     [&](const auto& each) { return each.validator == id; });
}

bool is_unknown(const Certificate& certificate, const Self& self, const Promises& promises, Height final) {
  if (certificate.epoch != self.epoch() || certificate.height <= final) return false;
  if (!is_signed_by(certificate, self.id()) || certificate.view < promises.entered()) return false;
  const Vote vote{self.chain().chain_id, certificate.epoch, certificate.view,
                  certificate.height,    certificate.phase, certificate.block_hash};
  return certificate.view != promises.entered() || !promises.has_cast(vote);
}

}  // namespace

std::optional<std::string> unknown_own_statement(const Message& message, const Self& self, const Promises& promises,
                                                 Height final) {
  if (!self.holds_vote() || self.is_faulty_on_purpose()) return std::nullopt;
  for (const Certificate* certificate : certificates_in(message)) {
    if (!is_unknown(*certificate, self, promises, final)) continue;
    return "a vote at height " + std::to_string(number(certificate->height)) + " of view " +
           std::to_string(number(certificate->view));
  }
  const auto* opened = std::get_if<NewView>(&message);
  if (opened == nullptr) return std::nullopt;
  for (const ViewChange& each : opened->view_changes) {
    if (each.from != self.id() || each.epoch != self.epoch() || each.view <= promises.view()) continue;
    return "a view change for view " + std::to_string(number(each.view));
  }
  return std::nullopt;
}

}  // namespace aval::consensus
