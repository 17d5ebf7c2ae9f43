#include "tests/unit/consensus/probe.h"

#include <algorithm>

namespace aval::consensus::test {
namespace {

ledger::ChainConfig chain_with(std::size_t n, const ledger::Parameters& parameters) {
  auto config = toy_chain(n);
  config.parameters = parameters;
  return config;
}

}  // namespace

Probe::Probe(std::uint32_t id, std::size_t n, ledger::Parameters parameters)
    : Probe(id, chain_with(n, parameters),
            Recovered{ledger::genesis_header(chain_with(n, parameters)), std::nullopt, {}}) {}

Probe::Probe(std::uint32_t id, const ledger::ChainConfig& config, Recovered recovered)
    : config_(config), signer_(id), final_state_root_(recovered.final_header.state_root) {
  ReplicaConfig replica;
  replica.chain = config_;
  replica.self = ReplicaId{id};
  replica_ = std::make_unique<Replica>(replica, signer_, std::move(recovered));
  carry_out(replica_->start(now_, wall_clock_));
}

bool Probe::receive(std::uint32_t from, Message message) {
  auto verified = verify(std::move(message), ReplicaId{from}, config_, &check_toy);
  if (!verified) return false;
  step(Received{std::move(verified).value()});
  return true;
}

void Probe::tick(std::uint64_t milliseconds) {
  // As often as a replica that is at work would speak.
  const std::uint64_t slice =
      std::min<std::uint64_t>(milliseconds, config_.parameters.retransmit_interval_ms);
  if (hears_everybody_) others_say_the_same();
  now_ += Duration{static_cast<Duration::rep>(slice) * 1000};
  wall_clock_ += slice;
  step(Tick{});
  if (hears_everybody_) others_say_the_same();
  if (milliseconds > slice) tick(milliseconds - slice);
}

void Probe::others_say_the_same() {
  const ReplicaStatus now = status();
  const StatusMessage same{config_.validators.epoch, now.view, now.final_header.height, now.in_view_change,
                           wishes_to_leave()};
  for (std::uint32_t peer = 0; peer < config_.validators.validators.size(); ++peer) {
    if (ToySigner(peer).public_key() != signer_.public_key()) receive(peer, same);
  }
}

bool Probe::wishes_to_leave() const {
  const auto said = sent<StatusMessage>();
  return !said.empty() && said.back().view == status().view && said.back().wishes_to_leave;
}

void Probe::submit(std::uint32_t number) { step(Submitted{{envelope(config_, number)}}); }

BatchPtr Probe::batch(std::uint32_t origin, std::uint64_t counter) const {
  return ledger::make_batch(ReplicaId{origin}, counter,
                            {envelope(config_, origin * 1'000'000 + static_cast<std::uint32_t>(counter))});
}

BatchPtr Probe::known_batch(std::uint32_t origin, std::uint64_t counter) {
  BatchPtr made = batch(origin, counter);
  receive(origin, BatchMessage{made});
  return made;
}

Block Probe::fresh_block(const Header& parent, View view, std::uint64_t counter) {
  const std::uint32_t origin = number(status().is_primary ? ReplicaId{3} : ReplicaId{0});
  return block_on(config_, parent, view, {known_batch(origin, counter)},
                  std::max(parent.time_ms + 1, wall_clock_));
}

std::vector<Vote> Probe::votes(Phase phase) const {
  std::vector<Vote> out;
  for (const auto& message : sent<SignedVote>()) {
    if (message.vote.phase == phase) out.push_back(message.vote);
  }
  return out;
}

bool Probe::has_voted(const Header& header, View view, Phase phase) const {
  const auto cast = votes(phase);
  return std::ranges::any_of(cast, [&](const Vote& vote) {
    return vote.view == view && vote.height == header.height && vote.block_hash == ledger::hash_of(header);
  });
}

void Probe::step(Input input) { carry_out(replica_->step(now_, wall_clock_, std::move(input))); }

const ledger::ValidatorSet& Probe::validators_after(Height height) const {
  return ends_at_ && ends_at_->first == height ? ends_at_->second : config_.validators;
}

void Probe::carry_out(Actions actions) {
  std::vector<Executed> answers;
  sent_.insert(sent_.end(), actions.disseminate.begin(), actions.disseminate.end());
  for (const auto& request : actions.execute) {
    const auto parent = request.parent == final_state ? final_state_root_ : executions_.at(request.parent);
    Roots roots = test::execute(parent, request.height, request.time_ms, request.batches);
    if (corrupt_) roots.state.bytes[0] ^= 1;
    executions_[request.id] = roots.state;
    answers.push_back({request.id, roots.tx, roots.receipt, roots.state,
                       ledger::hash_of(validators_after(request.height)), ledger::hash_of(config_.parameters)});
    ++executed_;
  }
  discarded_ += actions.discard.size();
  journal_.insert(journal_.end(), actions.persist.begin(), actions.persist.end());
  sent_.insert(sent_.end(), actions.send.begin(), actions.send.end());
  evidence_.insert(evidence_.end(), actions.evidence.begin(), actions.evidence.end());
  for (auto& request : actions.finalise) {
    final_state_root_ = executions_.at(request.id);
    ledger_.push_back(std::move(request.block));
  }
  epoch_over_ = epoch_over_ || actions.epoch_over;
  if (actions.fatal) fatal_ = actions.fatal;
  if (actions.key_elsewhere) key_elsewhere_ = actions.key_elsewhere;
  for (const Executed& answer : answers) step(answer);
}

}  // namespace aval::consensus::test
