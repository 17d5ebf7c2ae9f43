#include "tests/simulation/clients.h"

#include "tests/simulation/load.h"

namespace aval::simulation {

Clients::Clients(EventQueue& queue, Prng prng, const LoadPlan& plan, std::size_t replicas, Submit submit)
    : queue_(queue), prng_(prng), plan_(plan), replicas_(replicas), submit_(std::move(submit)) {}

void Clients::begin(const std::vector<ledger::EnvelopePtr>& envelopes, Duration span) {
  std::size_t i = 0;
  while (i < envelopes.size()) {
    Duration when = prng_.up_to(span);
    for (std::uint64_t left = prng_.between(1, plan_.burst_max); left > 0 && i < envelopes.size(); --left, ++i) {
      Request& request = requests_[envelopes[i]->tx_id];
      request.envelope = envelopes[i];
      when += prng_.up_to(std::chrono::milliseconds(3));
      queue_.after(when, [this, &request] { ask(request); });
    }
  }
}

void Clients::ask(Request& request) {
  if (request.is_answered) return;
  ask(request, static_cast<ReplicaId>(prng_.below(replicas_)));
  if (prng_.chance(plan_.twice_per_mille)) ask(request, static_cast<ReplicaId>(prng_.below(replicas_)));
  if (request.is_answered) return;
  queue_.after(prng_.between(plan_.retry_after / 2, plan_.retry_after), [this, &request] { ask(request); });
}

void Clients::ask(Request& request, ReplicaId replica) {
  const Reply reply = submit_(replica, request.envelope);
  switch (reply.answer) {
    case Answer::Unreachable:
      return;
    case Answer::Waiting:
      request.asked.insert(replica);
      return;
    case Answer::Final:
      acknowledged_.emplace(request.envelope->tx_id, reply.final_height);
      [[fallthrough]];
    case Answer::Expired:
      return settle(request);
    case Answer::Refused:
      if (!may_be_refused(*request.envelope)) refused_wrongly_ = request.envelope->tx_id;
      settle(request);
  }
}

void Clients::on_final(ReplicaId replica, const ledger::TxId& tx_id, Height height) {
  const auto at = requests_.find(tx_id);
  if (at == requests_.end() || !at->second.asked.contains(replica)) return;
  acknowledged_.emplace(tx_id, height);
  settle(at->second);
}

void Clients::settle(Request& request) {
  if (request.is_answered) return;
  request.is_answered = true;
  ++answered_;
}

std::string Clients::first_unanswered() const {
  for (const auto& [tx_id, request] : requests_)
    if (!request.is_answered) return tx_id.hex().substr(0, 16);
  return "none";
}

}  // namespace aval::simulation
