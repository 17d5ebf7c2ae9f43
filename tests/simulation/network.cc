#include "tests/simulation/network.h"

#include "consensus/wire.h"

namespace aval::simulation {
namespace {

constexpr std::size_t opened_max = 8192;

Result<consensus::Verified> decode_and_verify(ByteView bytes, ReplicaId from,
                                              const ledger::ChainConfig& config,
                                              ledger::SignatureCheck check) {
  AVAL_ASSIGN(consensus::Message message, consensus::decode_message(bytes, config));
  return consensus::verify(std::move(message), from, config, check);
}

}  // namespace

Packet::Packet(ReplicaId from, ledger::Epoch epoch, const consensus::Message& message)
    : from_(from),
      epoch_(epoch),
      kind_(consensus::kind_of(message)),
      bytes_(consensus::encode(message)),
      digest_(crypto::sha256(bytes_)) {}

const Result<consensus::Verified>& Opener::open(const Packet& packet, const ledger::ChainConfig& chain) {
  const Key key(chain.validators.epoch, packet.from(), packet.digest());
  const auto known = opened_.find(key);
  if (known != opened_.end()) return known->second;
  if (opened_.size() >= opened_max) opened_.clear();
  return opened_.emplace(key, decode_and_verify(packet.bytes(), packet.from(), chain, check_)).first->second;
}

Network::Network(World world, std::size_t nodes, const NetworkPlan& plan, Prng prng, Deliver deliver)
    : world_(world),
      nodes_(nodes),
      plan_(plan),
      prng_(prng),
      deliver_(std::move(deliver)),
      links_(nodes * nodes) {}

Network::Link& Network::link(ReplicaId from, ReplicaId to) {
  return links_[number(from) * nodes_ + number(to)];
}

void Network::mend_all() {
  for (Link& each : links_) each.is_cut = false;
}

void Network::send(ReplicaId to, const PacketPtr& packet) {
  const std::uint64_t order = ++link(packet->from(), to).sent;
  if (prng_.chance(plan_.loss_per_mille)) {
    ++world_.counters.loss;
    world_.trace.note(world_.queue.now(), {.event = "lose",
                                           .node = number(to),
                                           .peer = packet->from(),
                                           .kind = packet->kind(),
                                           .digest = packet->digest().view()});
    return;
  }
  send_copy(to, packet, order);
  if (!prng_.chance(plan_.duplicate_per_mille)) return;
  ++world_.counters.duplicate;
  send_copy(to, packet, order);
}

Duration Network::draw_delay() {
  const Duration usual = prng_.between(plan_.delay_mean / 2, plan_.delay_mean * 3 / 2);
  if (!prng_.chance(plan_.hold_per_mille)) return usual;
  ++world_.counters.delay;
  return usual + prng_.up_to(plan_.hold_max);
}

void Network::send_copy(ReplicaId to, const PacketPtr& packet, std::uint64_t order) {
  Link& way = link(packet->from(), to);
  TimePoint arrival = world_.queue.now() + draw_delay();
  if (plan_.keeps_order) arrival = std::max(arrival, way.last_arrival);
  way.last_arrival = std::max(arrival, way.last_arrival);
  world_.queue.at(arrival, [this, to, packet, order] { arrive(to, packet, order); });
}

void Network::arrive(ReplicaId to, const PacketPtr& packet, std::uint64_t order) {
  Link& way = link(packet->from(), to);
  if (way.is_cut) {
    ++world_.counters.cut_off;
    return;
  }
  if (order < way.newest_arrived) ++world_.counters.reorder;
  way.newest_arrived = std::max(order, way.newest_arrived);
  world_.trace.note(world_.queue.now(), {.event = "deliver",
                                         .node = number(to),
                                         .peer = packet->from(),
                                         .kind = packet->kind(),
                                         .digest = packet->digest().view()});
  deliver_(to, packet);
}

}  // namespace aval::simulation
