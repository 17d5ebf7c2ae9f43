#include "tests/simulation/hostile/silences.h"

#include <algorithm>

namespace aval::simulation {
namespace {

constexpr std::int64_t patience_used_per_cent = 90;

}  // namespace

Messages Silent::in_place_of(ReplicaId, const Message&) {
  count();
  return {};
}

Messages Mute::in_place_of(ReplicaId to, const Message& message) {
  if (!is_shunned(to)) return {message};
  count();
  return {};
}

Duration Slow::delay() {
  count();
  const std::chrono::milliseconds timeout(config().parameters.view_timeout_base_ms);
  return timeout * patience_used_per_cent / 100;
}

Messages WithholdBatches::in_place_of(ReplicaId to, const Message& message) {
  if (!is_shunned(to) || !std::holds_alternative<consensus::BatchMessage>(message)) return {message};
  count();
  return {};
}

bool Censor::is_victim(const ledger::Envelope& envelope) {
  if (victim_.empty()) victim_ = envelope.body.member;
  return envelope.body.member == victim_;
}

bool Censor::lets_in(const Message& message) {
  const auto* carried = std::get_if<consensus::BatchMessage>(&message);
  if (carried == nullptr) return true;
  const auto& envelopes = carried->batch->envelopes;
  if (std::none_of(envelopes.begin(), envelopes.end(), [&](const auto& each) { return is_victim(*each); }))
    return true;
  count();
  return false;
}

ledger::EnvelopePtr Censor::in_place_of(const ledger::EnvelopePtr& envelope) {
  if (!is_victim(*envelope)) return envelope;
  count();
  return nullptr;
}

}  // namespace aval::simulation
