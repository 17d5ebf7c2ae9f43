#include "tests/simulation/light/light_cluster.h"

#include <algorithm>

#include "consensus/view_change.h"
#include "ledger/chain.h"

namespace aval::simulation {
namespace {

namespace toy = consensus::test;
using consensus::Message;
using consensus::Verified;

constexpr Duration step_time = std::chrono::milliseconds(1);
constexpr TimePoint begin{std::chrono::seconds(1000)};
constexpr UnixMillis wall_clock_begin = 1'700'000'000'000;
constexpr std::size_t blocks_in_answer = 16;

class LightSigner final : public crypto::Signer {
 public:
  explicit LightSigner(const crypto::PublicKey& key) : key_(key) {}
  const crypto::PublicKey& public_key() const override { return key_; }
  Result<crypto::Signature> sign(const crypto::Digest& digest) override {
    return light_signature(key_, digest);
  }

 private:
  crypto::PublicKey key_;
};

ledger::EnvelopePtr unsigned_envelope(const ledger::ChainConfig& config, std::uint32_t number) {
  ledger::Envelope envelope;
  envelope.body.chain_id = config.chain_id;
  envelope.body.member = "alpha";
  envelope.body.client_ref = "ref-" + std::to_string(number);
  envelope.body.valid_until = Height{1'000'000};
  envelope.body_bytes = ledger::encode_body(envelope.body);
  envelope.bytes = envelope.body_bytes;
  envelope.tx_id = crypto::tagged(crypto::Tag::Tx, envelope.body_bytes);
  return std::make_shared<const ledger::Envelope>(std::move(envelope));
}

std::set<ReplicaId> hostile_of(const LightCluster::Setup& setup) {
  std::set<ReplicaId> out = setup.hostile;
  out.insert(setup.twins.begin(), setup.twins.end());
  return out;
}

ledger::ChainConfig quick_chain(std::size_t validators) {
  ledger::ChainConfig config = toy::toy_chain(validators);
  config.parameters.view_timeout_base_ms = 50;
  config.parameters.view_timeout_max_ms = 100;
  config.parameters.retransmit_interval_ms = 50;
  config.parameters.pipeline_window = 3;
  return config;
}

}  // namespace

crypto::Signature light_signature(const crypto::PublicKey& key, const crypto::Digest& digest) {
  crypto::Signature signature;
  std::ranges::copy(digest.bytes, signature.bytes.begin());
  std::copy(key.bytes.begin() + 1, key.bytes.end(), signature.bytes.begin() + 32);
  return signature;
}

bool check_light_signature(const crypto::PublicKey& key, const crypto::Digest& digest,
                           const crypto::Signature& signature) {
  return signature == light_signature(key, digest);
}

LightWorld::LightWorld(std::size_t envelopes) {
  const ledger::ChainConfig config = quick_chain(4);
  for (std::uint32_t i = 0; i < envelopes; ++i) envelopes_.push_back(unsigned_envelope(config, i));
}

const ledger::ChainConfig& LightWorld::chain(std::size_t validators) {
  const auto known = chains_.find(validators);
  return known != chains_.end() ? known->second
                                : chains_.emplace(validators, quick_chain(validators)).first->second;
}

LightCluster::LightCluster(LightWorld& world, const Setup& setup, Verdict& verdict)
    : config_(world.chain(setup.validators)),
      genesis_(ledger::genesis_header(config_)),
      hostile_(hostile_of(setup)),
      verdict_(verdict),
      now_(begin),
      votes_(committed_, verdict),
      epochs_(config_),
      evidence_(epochs_, hostile_, &check_light_signature, verdict) {
  for (std::uint32_t i = 0; i < setup.validators; ++i) add(ReplicaId{i}, setup);
  for (const ReplicaId twin : setup.twins) add(twin, setup);
  group_.assign(nodes_.size(), 0);
  for (Instance at = 0; at < nodes_.size(); ++at)
    carry_out(at, nodes_[at].replica->start(now_, wall_clock()));
}

void LightCluster::add(ReplicaId id, const Setup& setup) {
  consensus::ReplicaConfig config;
  config.chain = config_;
  config.self = id;
  config.faults = setup.faults;
  Node& node = nodes_.emplace_back();
  node.id = id;
  node.signer = std::make_unique<LightSigner>(config_.validators.validators[number(id)].vote_key);
  node.final_root = config_.genesis_state_root;
  node.replica = std::make_unique<consensus::Replica>(
      config, *node.signer, consensus::Recovered{genesis_, std::nullopt, {}});
  instances_of_[id].push_back(nodes_.size() - 1);
}

UnixMillis LightCluster::wall_clock() const {
  return wall_clock_begin +
         static_cast<UnixMillis>(std::chrono::duration_cast<std::chrono::milliseconds>(now_ - begin).count());
}

void LightCluster::submit(ReplicaId id, const ledger::EnvelopePtr& envelope) {
  for (const Instance at : instances_of_.at(id)) step(at, consensus::Submitted{{envelope}});
}

void LightCluster::run(Duration length) {
  const TimePoint until = now_ + length;
  while (!verdict_.failed() && run_next(until)) ++counts_.events;
  now_ = until;
}

bool LightCluster::run_next(TimePoint until) {
  Instance waker = nodes_.size();
  TimePoint due = events_.empty() ? until : std::min(until, events_.front().due);
  for (Instance at = 0; at < nodes_.size(); ++at)
    if (nodes_[at].wake_at && *nodes_[at].wake_at < due) {
      due = *nodes_[at].wake_at;
      waker = at;
    }
  if (due >= until) return false;
  now_ = std::max(now_, due);
  if (waker < nodes_.size()) {
    nodes_[waker].wake_at.reset();
    step(waker, consensus::Tick{});
    return true;
  }
  const Event event = std::move(events_.front());
  events_.pop_front();
  if (const auto* executed = std::get_if<consensus::Executed>(&event.what)) {
    step(event.to, *executed);
    return true;
  }
  const Verified& message = *std::get<MessagePtr>(event.what);
  if (const auto* question = std::get_if<consensus::FetchFinal>(&message.message()))
    answer(event.to, message.peer(), question->first);
  else
    step(event.to, consensus::Received{message});
  return true;
}

void LightCluster::step(Instance at, consensus::Input input) {
  carry_out(at, nodes_[at].replica->step(now_, wall_clock(), std::move(input)));
}

void LightCluster::carry_out(Instance at, consensus::Actions actions) {
  if (actions.fatal && is_honest(nodes_[at].id))
    verdict_.fail("X1", named(nodes_[at].id) + ": the replica stops: " + *actions.fatal);
  for (const consensus::Send& order : actions.disseminate) send(at, order);
  for (const consensus::ExecuteRequest& request : actions.execute) execute(at, request);
  for (const consensus::ExecutionId id : actions.discard) nodes_[at].executions.erase(id);
  if (is_honest(nodes_[at].id)) {
    for (const consensus::Record& record : actions.persist) note(at, record);
    for (const ledger::Evidence& found : actions.evidence) evidence_.on_evidence(nodes_[at].id, found);
  }
  for (const consensus::Send& order : actions.send) send(at, order);
  for (consensus::FinaliseRequest& request : actions.finalise) finalise(at, std::move(request));
  nodes_[at].wake_at = actions.wake_at;
}

void LightCluster::note(Instance at, const consensus::Record& record) {
  if (const auto* final = std::get_if<consensus::FinalRecord>(&record))
    certify(nodes_[at].id, final->certificate);
  if (const auto* new_view = std::get_if<consensus::NewViewRecord>(&record))
    votes_.on_new_view(new_view->message);
}

void LightCluster::execute(Instance at, const consensus::ExecuteRequest& request) {
  Node& node = nodes_[at];
  const bool on_final = request.parent == consensus::final_state;
  const crypto::Digest& parent = on_final ? node.final_root : node.executions.at(request.parent);
  const toy::Roots roots = toy::execute(parent, request.height, request.time_ms, request.batches);
  node.executions.emplace(request.id, roots.state);
  events_.push_back(
      {now_ + step_time, at,
       consensus::Executed{request.id, roots.tx, roots.receipt, roots.state, genesis_.validators_hash,
                           genesis_.params_hash}});
}

void LightCluster::finalise(Instance at, consensus::FinaliseRequest request) {
  Node& node = nodes_[at];
  const ledger::Header header = request.block.block.header;
  node.final_root = node.executions.at(request.id);
  node.ledger.push_back(std::move(request.block));
  if (!is_honest(node.id)) return;
  if (header.height != Height{node.ledger.size()}) verdict_.fail("A2", named(node.id) + " skips a height");
  if (header.state_root != node.final_root)
    verdict_.fail("E1", named(node.id) + " computed another state root");
  const auto [known, is_new] = history_.emplace(header.height, ledger::hash_of(header));
  if (known->second != ledger::hash_of(header))
    verdict_.fail("A1", named(node.id) + " has another final block than others at height " +
                            std::to_string(number(header.height)));
  if (node.ledger.back().certificate) certify(node.id, *node.ledger.back().certificate);
}

void LightCluster::certify(ReplicaId id, const ledger::Certificate& certificate) {
  const auto [known, is_new] = committed_.emplace(certificate.height, certificate);
  if (!is_new && known->second == certificate) return;
  if (known->second.block_hash != certificate.block_hash)
    verdict_.fail("A1", "two commit certificates at height " + std::to_string(number(certificate.height)));
  if (const auto fine = ledger::verify_certificate(certificate, config_.chain_id, config_.validators,
                                                   &check_light_signature);
      !fine)
    verdict_.fail("A3", named(id) + " holds a commit certificate: " + fine.error().message);
  if (certificate.view < known->second.view) known->second = certificate;
  votes_.on_certificate(certificate);
}

void LightCluster::send(Instance from, const consensus::Send& order) {
  const ReplicaId id = nodes_[from].id;
  const bool is_tampered = tamper_ && !is_honest(id);
  if (is_honest(id)) votes_.on_sent(id, order.message);
  if (const auto* vote = std::get_if<consensus::SignedVote>(&order.message); vote && !is_honest(id))
    count_contradiction(*vote);
  const MessagePtr shared = is_tampered ? nullptr : verified(id, order.message);
  for (const auto& [to, instances] : instances_of_) {
    if (to == id || (order.to && *order.to != to)) continue;
    if (shared) transmit(from, to, shared);
    if (!is_tampered) continue;
    for (const Message& stand_in : tamper_(id, to, order.message))
      if (const MessagePtr message = verified(id, stand_in)) transmit(from, to, message);
  }
}

/// Null when it is refused.
LightCluster::MessagePtr LightCluster::verified(ReplicaId from, const Message& message) {
  const Result<Verified> result = consensus::verify(message, from, config_, &check_light_signature);
  if (result) return std::make_shared<const Verified>(*result);
  ++counts_.refused;
  if (is_honest(from))
    verdict_.fail("V1", std::string(consensus::kind_of(message)) + " of honest " + named(from) +
                            " was refused: " + result.error().message);
  return nullptr;
}

void LightCluster::transmit(Instance from, ReplicaId to, const MessagePtr& message) {
  for (const Instance at : instances_of_.at(to))
    if (group_[at] == group_[from]) events_.push_back({now_ + step_time, at, message});
}

void LightCluster::answer(Instance from, ReplicaId to, Height first) {
  const auto& ledger = nodes_[from].ledger;
  consensus::FinalBlocks blocks;
  for (std::size_t i = number(first) - 1; i < ledger.size() && blocks.blocks.size() < blocks_in_answer; ++i)
    blocks.blocks.push_back(ledger[i]);
  while (!blocks.blocks.empty() && !blocks.blocks.back().certificate) blocks.blocks.pop_back();
  if (!blocks.blocks.empty()) send(from, {to, std::move(blocks)});
}

void LightCluster::count_contradiction(const consensus::SignedVote& signed_vote) {
  const ledger::Vote& vote = signed_vote.vote;
  const auto [known, is_new] = hostile_votes_.emplace(
      std::tuple(signed_vote.from, vote.view, vote.height, vote.phase), vote.block_hash);
  if (known->second != vote.block_hash) ++counts_.contradictions;
}

LightCluster::Counts LightCluster::counts() const {
  Counts counts = counts_;
  counts.final_blocks = history_.size();
  counts.evidence = evidence_.count();
  counts.views_opened = votes_.views_opened();
  return counts;
}

}  // namespace aval::simulation
