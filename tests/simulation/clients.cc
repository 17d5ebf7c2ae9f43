#include "tests/simulation/clients.h"

#include <algorithm>

#include "tests/simulation/load.h"

namespace aval::simulation {

Clients::Clients(EventQueue& queue, Prng prng, const LoadPlan& plan, std::size_t replicas, Submit submit)
    : queue_(queue), prng_(prng), plan_(plan), replicas_(replicas), submit_(std::move(submit)) {}

void Clients::begin(const std::vector<ledger::EnvelopePtr>& envelopes, Duration span) {
  if (plan_.every && requests_.empty()) return begin_open_loop(envelopes);
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

void Clients::begin_open_loop(const std::vector<ledger::EnvelopePtr>& envelopes) {
  begun_ = queue_.now();
  load_end_ = begun_ + *plan_.every * static_cast<Duration::rep>(envelopes.size());
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    Request& request = requests_[envelopes[i]->tx_id];
    request.envelope = envelopes[i];
    request.due = begun_ + *plan_.every * static_cast<Duration::rep>(i);
    queue_.at(request.due, [this, &request, i] { ask_in_turn(request, i); });
  }
}

void Clients::ask_in_turn(Request& request, std::size_t turn) {
  ReplicaId replica{};
  do {
    replica = static_cast<ReplicaId>(turn++ % replicas_);
    ask(request, replica);
  } while (plan_.distrusted.contains(replica));
  queue_.after(plan_.retry_after, [this, &request] { ask(request); });
}

LoadFigures Clients::figures() const {
  LoadFigures out;
  std::vector<std::uint64_t> latencies;
  for (const auto& [tx_id, request] : requests_) {
    if (!request.is_answered || request.due < begun_) continue;
    const auto latency = static_cast<std::uint64_t>((request.answered - request.due).count());
    out.worst = std::max(out.worst, latency);
    if (request.due < begun_ + plan_.warm_up) continue;
    latencies.push_back(latency);
    out.final_in_time += request.answered <= load_end_ ? 1U : 0U;
  }
  out.measured = latencies.size();
  if (latencies.empty()) return out;
  std::sort(latencies.begin(), latencies.end());
  out.p50 = latencies[latencies.size() / 2];
  out.p99 = latencies[latencies.size() * 99 / 100];
  return out;
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
  request.answered = queue_.now();
  ++answered_;
}

Height Clients::highest_told() const {
  Height highest{};
  for (const auto& [tx_id, height] : acknowledged_) highest = std::max(highest, height);
  return highest;
}

std::string Clients::first_unanswered() const {
  for (const auto& [tx_id, request] : requests_)
    if (!request.is_answered) return tx_id.hex().substr(0, 16);
  return "none";
}

}  // namespace aval::simulation
