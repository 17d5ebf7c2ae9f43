#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "consensus/verified.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/prng.h"
#include "tests/simulation/trace.h"

namespace aval::simulation {

using ledger::ReplicaId;

/// A message in the form it has on the wire, shared by all who get it.
class Packet {
 public:
  Packet(ReplicaId from, ledger::Epoch epoch, const consensus::Message& message);
  ReplicaId from() const { return from_; }
  /// The epoch that it is about.
  ledger::Epoch epoch() const { return epoch_; }
  std::string_view kind() const { return kind_; }
  const crypto::Digest& digest() const { return digest_; }
  const Bytes& bytes() const { return bytes_; }

 private:
  ReplicaId from_;
  ledger::Epoch epoch_;
  std::string_view kind_;
  Bytes bytes_;
  crypto::Digest digest_;
};
using PacketPtr = std::shared_ptr<const Packet>;

/// What decoding and verification make of packets. They are functions of the bytes, the sender and the
/// receiver's epoch, so the same bytes of one sender are judged once, however often they come.
class Opener {
 public:
  explicit Opener(ledger::SignatureCheck check) : check_(check) {}
  /// `chain`: as its receiver knows it.
  const Result<consensus::Verified>& open(const Packet& packet, const ledger::ChainConfig& chain);

 private:
  using Key = std::tuple<ledger::Epoch, ReplicaId, crypto::Digest>;

  ledger::SignatureCheck check_;
  std::map<Key, Result<consensus::Verified>> opened_;
};

/// Every link between every two nodes: delay, loss, duplication, overtaking, and links that are cut
/// in one direction or both. The peers know each other: the receiver can trust `from`.
class Network {
 public:
  using Deliver = std::function<void(ReplicaId to, const PacketPtr&)>;

  struct World {
    EventQueue& queue;
    Trace& trace;
    Counters& counters;
  };

  Network(World world, std::size_t nodes, const NetworkPlan& plan, Prng prng, Deliver deliver);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  void send(ReplicaId to, const PacketPtr& packet);
  void set_plan(const NetworkPlan& plan) { plan_ = plan; }
  void cut(ReplicaId from, ReplicaId to) { link(from, to).is_cut = true; }
  void join(ReplicaId from, ReplicaId to) { link(from, to).is_cut = false; }
  void mend_all();

 private:
  struct Link {
    bool is_cut = false;
    TimePoint last_arrival;
    std::uint64_t sent = 0;
    std::uint64_t newest_arrived = 0;  // number of the latest sent message that has arrived
  };
  Link& link(ReplicaId from, ReplicaId to);
  void send_copy(ReplicaId to, const PacketPtr& packet, std::uint64_t order);
  void arrive(ReplicaId to, const PacketPtr& packet, std::uint64_t order);
  Duration draw_delay();

  World world_;
  std::size_t nodes_;
  NetworkPlan plan_;
  Prng prng_;
  Deliver deliver_;
  std::vector<Link> links_;
};

}  // namespace aval::simulation
