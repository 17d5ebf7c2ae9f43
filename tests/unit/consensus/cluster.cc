#include "tests/unit/consensus/cluster.h"

#include <catch2/catch.hpp>

#include "consensus/limits.h"
#include "consensus/recent_batches.h"
#include "consensus/wire.h"

namespace aval::consensus::test {
namespace {

constexpr Duration link_delay = Duration{1'000};
constexpr Duration execution_time = Duration{200};
constexpr UnixMillis wall_clock_start = 1'700'000'000'000;

}  // namespace

Cluster::Cluster(std::size_t n, ledger::Parameters parameters) : config_(toy_chain(n)), nodes_(n) {
  config_.parameters = parameters;
  for (std::uint32_t i = 0; i < n; ++i) start(i);
}

UnixMillis Cluster::wall_clock() const {
  return wall_clock_start + static_cast<UnixMillis>(now_.time_since_epoch().count() / 1000);
}

UnixMillis Cluster::wall_clock_of(std::uint32_t id) const {
  const auto at = skew_.find(id);
  return at == skew_.end() ? wall_clock()
                           : static_cast<UnixMillis>(static_cast<std::int64_t>(wall_clock()) + at->second);
}

void Cluster::isolate(std::set<std::uint32_t> ids) {
  filter_ = [ids = std::move(ids)](std::uint32_t from, std::uint32_t to, const Message&) {
    return ids.contains(from) == ids.contains(to);
  };
}

void Cluster::start(std::uint32_t id) {
  Node& node = nodes_.at(id);
  REQUIRE(node.replica == nullptr);
  if (node.signer == nullptr) node.signer = std::make_unique<ToySigner>(id);
  Recovered recovered{ledger::genesis_header(config_), std::nullopt, {}};
  node.final_state_root = config_.genesis_state_root;
  if (!node.ledger.empty()) {
    recovered.final_header = node.ledger.back().block.header;
    recovered.final_certificate = node.ledger.back().certificate;
    node.final_state_root = recovered.final_header.state_root;
  }
  recovered.final_batches =
      recent_batches(recovered.final_header.height, [&](Height height) {
        return node.ledger.at(number(height) - 1).block.batches;
      });
  for (const Bytes& bytes : node.journal) recovered.records.push_back(decode_record(bytes, config_).value());
  node.executions.clear();
  node.finalised.clear();
  ++node.starts;
  ReplicaConfig config;
  config.chain = config_;
  config.self = ReplicaId{id};
  node.replica = std::make_unique<Replica>(config, *node.signer, std::move(recovered));
  carry_out(id, node.replica->start(now_, wall_clock_of(id)));
}

void Cluster::stop(std::uint32_t id) {
  nodes_.at(id).replica.reset();
  nodes_.at(id).wake_at.reset();
}

void Cluster::submit(std::uint32_t id, std::size_t count) {
  Submitted submitted;
  for (std::size_t i = 0; i < count; ++i) submitted.envelopes.push_back(envelope(config_, next_envelope_++));
  step(id, std::move(submitted));
}

bool Cluster::inject(std::uint32_t from, std::uint32_t to, Message message) {
  auto verified = verify(std::move(message), ReplicaId{from}, config_, &check_toy);
  if (!verified) return false;
  step(to, Received{std::move(verified).value()});
  return true;
}

void Cluster::step(std::uint32_t id, Input input) {
  Node& node = nodes_.at(id);
  if (node.replica == nullptr || node.fatal) return;
  carry_out(id, node.replica->step(now_, wall_clock_of(id), std::move(input)));
}

void Cluster::carry_out(std::uint32_t id, Actions actions) {
  Node& node = nodes_.at(id);
  for (const Send& send : actions.disseminate) transmit(id, send);
  for (const auto& request : actions.execute) execute(id, request);
  for (const auto execution : actions.discard) {
    check(node.executions.erase(execution) == 1, "a discarded execution was asked for before");
    ++node.discarded;
  }
  for (const Record& record : actions.persist) node.journal.push_back(encode(record));
  for (const Send& send : actions.send) transmit(id, send);
  for (auto& request : actions.finalise) finalise(id, std::move(request));
  node.wake_at = actions.wake_at;
  if (actions.fatal) node.fatal = actions.fatal;
}

void Cluster::execute(std::uint32_t id, const ExecuteRequest& request) {
  Node& node = nodes_.at(id);
  const bool on_final = request.parent == final_state;
  check(on_final || node.executions.contains(request.parent), "an execution stands on one that is there");
  const auto& parent = on_final ? node.final_state_root : node.executions.at(request.parent);
  Roots roots = test::execute(parent, request.height, request.time_ms, request.batches);
  if (corrupt_.contains(id)) roots.state.bytes[0] ^= 1;
  check(node.executions.emplace(request.id, roots.state).second, "no execution id is used twice");
  events_.emplace(now_ + execution_time,
                  Answer{id,
                         node.starts,
                         {request.id, roots.tx, roots.receipt, roots.state, ledger::hash_of(config_.validators),
                          ledger::hash_of(config_.parameters)}});
}

void Cluster::finalise(std::uint32_t id, FinaliseRequest request) {
  Node& node = nodes_.at(id);
  const Header& header = request.block.block.header;
  check(header.height == next(final_height(id)), "blocks become final in order");
  check(++node.finalised[header.height] == 1, "a height becomes final once");
  const auto [known, is_first] = history_.emplace(header.height, ledger::hash_of(header));
  check(is_first || known->second == ledger::hash_of(header), "one history");
  check(node.executions.at(request.id) == header.state_root, "the state is the one the header names");
  node.final_state_root = header.state_root;
  node.ledger.push_back(std::move(request.block));
}

void Cluster::check_vote(const SignedVote& message) {
  const Vote& vote = message.vote;
  const auto [known, is_first] =
      votes_.emplace(std::tuple(message.from, vote.view, vote.height, vote.phase), vote.block_hash);
  check(is_first || known->second == vote.block_hash, "no vote is contradicted by its signer");
}

void Cluster::check(bool holds, const char* what) {
  if (!holds) ++broken_;
  INFO(what);
  CHECK(holds);
}

void Cluster::transmit(std::uint32_t from, const Send& send) {
  nodes_.at(from).sent.push_back(send.message);
  if (const auto* vote = std::get_if<SignedVote>(&send.message)) check_vote(*vote);
  for (std::uint32_t to = 0; to < nodes_.size(); ++to) {
    if (to == from || (send.to && number(*send.to) != to)) continue;
    if (filter_ && !filter_(from, to, send.message)) continue;
    const Duration late = delay_ ? delay_(from, to, send.message) : Duration::zero();
    events_.emplace(now_ + link_delay + late, Delivery{from, to, encode(send.message)});
  }
}

void Cluster::answer_fetch_final(std::uint32_t asker, std::uint32_t id, Height first) {
  const auto& ledger = nodes_.at(id).ledger;
  FinalBlocks answer;
  for (std::size_t i = number(first) - 1; i < ledger.size() && answer.blocks.size() < final_blocks_max; ++i)
    answer.blocks.push_back(ledger[i]);
  while (!answer.blocks.empty() && !answer.blocks.back().certificate) answer.blocks.pop_back();
  if (!answer.blocks.empty()) transmit(id, {ReplicaId{asker}, answer});
}

void Cluster::deliver(const Delivery& delivery) {
  if (nodes_.at(delivery.to).replica == nullptr) return;
  auto message = decode_message(delivery.bytes, config_);
  check(message.has_value(), "what a replica sends can be decoded");
  if (!message) return;
  if (const auto* fetch = std::get_if<FetchFinal>(&*message))
    return answer_fetch_final(delivery.from, delivery.to, fetch->first);
  auto verified = verify(std::move(message).value(), ReplicaId{delivery.from}, config_, &check_toy);
  INFO((verified ? "" : verified.error().message));
  check(verified.has_value(), "what a replica sends verifies");
  if (verified) step(delivery.to, Received{std::move(verified).value()});
}

bool Cluster::run_one(TimePoint until) {
  std::optional<TimePoint> next_at;
  if (!events_.empty()) next_at = events_.begin()->first;
  std::optional<std::uint32_t> waker;
  for (std::uint32_t id = 0; id < nodes_.size(); ++id) {
    if (nodes_[id].wake_at && (!next_at || *nodes_[id].wake_at < *next_at)) {
      next_at = nodes_[id].wake_at;
      waker = id;
    }
  }
  if (!next_at || *next_at > until) {
    now_ = until;
    return false;
  }
  now_ = std::max(now_, *next_at);
  if (waker) {
    nodes_[*waker].wake_at.reset();
    step(*waker, Tick{});
    return true;
  }
  const Event event = std::move(events_.begin()->second);
  events_.erase(events_.begin());
  if (const auto* delivery = std::get_if<Delivery>(&event)) {
    deliver(*delivery);
  } else {
    const auto& answer = std::get<Answer>(event);
    if (nodes_.at(answer.to).starts == answer.life) step(answer.to, answer.executed);
  }
  return true;
}

void Cluster::run(std::uint64_t milliseconds) {
  run_until([] { return false; }, milliseconds);
}

bool Cluster::run_until(const std::function<bool()>& done, std::uint64_t milliseconds) {
  const TimePoint until = now_ + Duration{static_cast<Duration::rep>(milliseconds) * 1000};
  while (!done()) {
    if (!run_one(until)) return done();
  }
  return true;
}

bool Cluster::all_at(Height height) const {
  for (std::uint32_t id = 0; id < nodes_.size(); ++id) {
    if (nodes_[id].replica != nullptr && final_height(id) < height) return false;
  }
  return true;
}

bool Cluster::agree() const {
  const Node* first = nullptr;
  for (const Node& node : nodes_) {
    if (node.replica == nullptr) continue;
    if (first == nullptr) first = &node;
    if (node.ledger.size() != first->ledger.size() || node.final_state_root != first->final_state_root)
      return false;
  }
  return broken_ == 0;
}

std::size_t Cluster::votes(std::uint32_t id, View view, Height height, Phase phase) const {
  return votes_.contains({ReplicaId{id}, view, height, phase}) ? 1 : 0;
}

}  // namespace aval::consensus::test
