#include "tests/simulation/cluster.h"

#include <numeric>

#include "tests/simulation/hostile/lives.h"
#include "tests/simulation/load.h"
#include "tests/support/signers.h"

namespace aval::simulation {
namespace {

using std::chrono::milliseconds;

/// A run that needs more is going round in circles.
constexpr std::uint64_t events_max = 4'000'000;
constexpr std::uint16_t probes = 5;  // envelopes sent after everything has settled
constexpr Duration settle_poll = milliseconds(100);

ledger::SignatureCheck check_for(bool real) { return real ? &crypto::verify : &support::check_toy_signature; }

}  // namespace

Cluster::Cluster(const Plan& plan, bool real_signatures, std::ostream* trace_lines)
    : plan_(plan),
      real_signatures_(real_signatures),
      prng_(plan.seed ^ 0x6176616cULL),
      trace_(trace_lines),
      genesis_(make_world(plan)),
      keys_(real_signatures),
      checkers_({queue_, trace_, plan_, genesis_, check_for(real_signatures), prng_.chance(100)}, verdict_),
      network_({queue_, trace_, counters_}, plan.nodes(), plan.network, prng_.fork(),
               [this](ReplicaId to, const PacketPtr& packet) {
                 node_seen_by(packet->from(), to).receive(packet);
               }),
      opener_(check_for(real_signatures)),
      clients_(
          queue_, prng_.fork(), plan.load, plan.replicas,
          [this](ReplicaId to, const ledger::EnvelopePtr& envelope) { return node(to).submit(envelope); }),
      settlement_(plan_, clients_, nodes_, checkers_.agreement().reference().epochs()),
      council_(council_world(), plan_, genesis_, keys_) {
  for (std::uint32_t i = 0; i < plan_.nodes(); ++i) keys_.add(first_vote_scalar + i);
  for (auto i = static_cast<std::uint32_t>(plan_.replicas); i < plan_.nodes(); ++i)
    asleep_.insert(ReplicaId{i});
  add_nodes();
}

Council::World Cluster::council_world() {
  return {queue_,
          checkers_.agreement().reference().epochs(),
          verdict_,
          counters_,
          [this](const std::vector<ledger::EnvelopePtr>& envelopes) {
            clients_.begin(envelopes, milliseconds(1));
          },
          [this](ReplicaId id) { return node(id).is_up() ? std::optional(node(id).head()) : std::nullopt; },
          [this](ReplicaId id) { wake(id); },
          [this] { return primary(); }};
}

/// A seat was made for the newcomer: it begins, with the genesis and nothing else.
void Cluster::wake(ReplicaId id) {
  if (asleep_.erase(id) > 0) node(id).start();
}

void Cluster::add_nodes() {
  const Node::World world{queue_,
                          network_,
                          opener_,
                          checkers_,
                          trace_,
                          counters_,
                          [this](ReplicaId id, const ledger::TxId& tx_id, Height height) {
                            clients_.on_final(id, tx_id, height);
                            if (is_honest(id)) council_.on_final(tx_id);
                          },
                          [this](ReplicaId) { return down_.size() < plan_.down_max(); },
                          [this](ReplicaId id) {
                            on_crash(id);
                            restart_later(id, plan_.chaos.down_max);
                          }};
  for (std::uint32_t i = 0; i < plan_.nodes(); ++i) {
    Node::Identity identity{ReplicaId{i}, genesis_, plan_, keys_};
    nodes_.push_back(std::make_unique<Node>(world, identity, prng_.fork()));
    if (plan_.treachery_of(ReplicaId{i}) != Treachery::Twin) continue;
    identity.is_second_twin = true;
    second_twins_.emplace(ReplicaId{i}, std::make_unique<Node>(world, identity, prng_.fork()));
  }
}

Node& Cluster::node_seen_by(ReplicaId peer, ReplicaId id) {
  const auto second = second_twins_.find(id);
  return second != second_twins_.end() && sees_second_twin(peer) ? *second->second : node(id);
}

Outcome Cluster::run() {
  trace_.begin(plan_.seed, plan_.replicas, plan_.hostile_ids());
  for (std::uint32_t i = 0; i < nodes_.size(); ++i)
    if (!asleep_.contains(ReplicaId{i})) nodes_[i]->start();
  for (const auto& [id, each] : second_twins_) each->start();
  for (const HostilePlan& each : plan_.hostile)
    if (each.treachery == Treachery::Amnesia) schedule_relapse(each.who);
  const std::size_t count = plan_.load.transactions + probes;
  auto envelopes =
      plan_.load.every ? draw_issues(genesis_, count, prng_) : draw_envelopes(genesis_, count, prng_);
  probes_.assign(envelopes.end() - probes, envelopes.end());
  envelopes.resize(plan_.load.transactions);
  clients_.begin(envelopes, plan_.chaos.length);
  if (!plan_.membership.empty()) council_.begin(prng_.fork());
  if (plan_.chaos.partitions) schedule_partition();
  if (plan_.chaos.crashes) schedule_crash();
  for (const Happening& each : plan_.script) queue_.after(each.at, [this, &each] { carry_out(each); });
  queue_.after(plan_.chaos.length, [this] { heal(); });
  while (!is_over() && queue_.run_next()) {
  }
  finish();
  note({.event = "end",
        .kind = verdict_.failed()        ? "violation"
                : plan_.expect.all_final ? "settled"
                                         : "stopped"});
  return {verdict_.violation(), counters_, trace_.hash(), clients_.figures()};
}

bool Cluster::is_over() const { return is_done_ || verdict_.failed() || queue_.executed() > events_max; }

void Cluster::finish() {
  if (!is_done_ && !verdict_.failed())
    verdict_.fail("D5", "the run does not end: " + std::to_string(queue_.executed()) + " events, " +
                            settlement_.text());
  AgreementChecker& agreement = checkers_.agreement();
  if (const auto& refused = clients_.refused_wrongly())
    verdict_.fail("C1", "transaction " + refused->hex().substr(0, 16) + " is in order and was refused");
  for (const auto& [tx_id, height] : clients_.acknowledged()) agreement.on_acknowledged(tx_id, height);
  if (!verdict_.failed() && plan_.expect.all_final)
    for (std::uint32_t i = 0; i < nodes_.size(); ++i)
      if (is_honest(ReplicaId{i}) &&
          agreement.reference().epochs().current().validators.has_seat(ReplicaId{i}))
        agreement.on_end(ReplicaId{i}, nodes_[i]->head());
  agreement.check_rebuilt();
  if (is_done_ && plan_.expect.all_final)
    if (const auto fault = settlement_.fault_of_views()) verdict_.fail("C3", *fault);
  if (real_signatures_ && !verdict_.failed()) audit();
  counters_.treachery = std::accumulate(counters_.deeds.begin(), counters_.deeds.end(), std::uint64_t{0});
  counters_.hostile_seeds = plan_.hostile.empty() ? 0 : 1;
  counters_.events = queue_.executed();
  counters_.sim_micros = static_cast<std::uint64_t>(queue_.elapsed().count());
  counters_.evidence = checkers_.evidence().count();
  counters_.view_changes = checkers_.votes().views_opened();
  counters_.final_blocks = number(agreement.highest());
  counters_.epochs = agreement.reference().epochs().size() - 1;
  counters_.transactions = agreement.reference().transactions().size();
  counters_.rejected = agreement.reference().rejected();
  checkers_.expectations().on_end(counters_);
  checkers_.bounds().on_end(counters_.final_blocks, counters_.view_changes);
}

/// What an auditor does with one node's ledger, who trusts nothing but the genesis.
void Cluster::audit() {
  contracts::Replay replay(genesis_);
  const ledger::ValidatorSet& set = checkers_.agreement().reference().epochs().current().validators;
  std::uint32_t audited = 0;
  while (!is_honest(ReplicaId{audited}) || !set.has_seat(ReplicaId{audited})) ++audited;
  for (const ledger::CertifiedBlock& block : nodes_[audited]->chain())
    if (const auto fine = replay.add(block); !fine) return verdict_.fail("E2", fine.error().message);
  if (const auto fine = replay.finish(); !fine) verdict_.fail("E2", fine.error().message);
}

// ---- partitions

void Cluster::schedule_partition() {
  queue_.after(prng_.up_to(plan_.chaos.partition_gap_max), [this] {
    if (is_healed_) return;
    partition();
    queue_.after(prng_.up_to(plan_.chaos.partition_hold_max), [this] {
      mend();
      schedule_partition();
    });
  });
}

ReplicaId Cluster::primary() const {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i]->is_up() && nodes_[i]->status().is_primary) return ReplicaId{i};
  return ReplicaId{0};
}

void Cluster::partition() {
  const std::uint64_t mode = prng_.below(5);
  std::vector<std::uint64_t> side(nodes_.size(), 0);
  const ReplicaId alone = mode == 1 ? primary() : draw_replica();
  const bool one_way = mode == 4 || prng_.chance(200);
  const std::uint64_t first_half = prng_.next();
  for (std::size_t i = 0; i < side.size(); ++i) {
    if (mode == 0) side[i] = prng_.below(3);                           // uniform
    if (mode == 1 || mode == 2) side[i] = i == number(alone) ? 1 : 0;  // one alone, or the primary
    if (mode >= 3) side[i] = (i + first_half) % side.size() < side.size() / 2 ? 1 : 0;  // halves
  }
  for (std::uint32_t from = 0; from < side.size(); ++from)
    for (std::uint32_t to = 0; to < side.size(); ++to) {
      const bool is_cut = one_way ? side[from] > side[to] : side[from] != side[to];
      if (is_cut) network_.cut(ReplicaId{from}, ReplicaId{to});
    }
  ++(one_way ? counters_.one_way : counters_.partition);
  note({.event = "partition", .node = number(alone), .height = mode});
}

void Cluster::mend() {
  network_.mend_all();
  note({.event = "mend"});
}

// ---- crashes

void Cluster::schedule_crash() {
  queue_.after(prng_.up_to(plan_.chaos.crash_gap_max), [this] {
    if (is_healed_) return;
    crash_something();
    schedule_crash();
  });
}

void Cluster::crash_something() {
  if (plan_.chaos.blackouts && prng_.chance(200)) {
    ++counters_.blackout;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) crash(ReplicaId{i});
    return;
  }
  if (down_.size() >= plan_.down_max()) return;
  const ReplicaId id = prng_.chance(300) ? primary() : draw_replica();
  if (!is_honest(id)) return;
  if (!plan_.chaos.crashes_at_effects || prng_.chance(300)) return crash(id);
  constexpr std::array moments = {Moment::BeforeSync, Moment::AfterSync, Moment::MidBroadcast,
                                  Moment::AfterSend};
  if (node(id).is_up()) node(id).arm_crash(moments[prng_.below(moments.size())]);
}

void Cluster::crash(ReplicaId id) {
  if (!node(id).is_up()) return;
  stop(id);
  restart_later(id, plan_.chaos.down_max);
}

void Cluster::stop(ReplicaId id) {
  if (!node(id).is_up()) return;
  node(id).crash();
  on_crash(id);
}

void Cluster::on_crash(ReplicaId id) {
  ++counters_.crash;
  if (is_honest(id)) down_.insert(id);
}

/// One that forgets at every start starts often, also in the healed world.
void Cluster::schedule_relapse(ReplicaId id) {
  queue_.after(prng_.up_to(plan_.chaos.crash_gap_max), [this, id] {
    crash(id);
    schedule_relapse(id);
  });
}

void Cluster::restart_later(ReplicaId id, Duration down_max) {
  queue_.after(prng_.up_to(down_max), [this, id] { restart(id); });
}

void Cluster::restart(ReplicaId id) {
  if (node(id).is_up() || asleep_.contains(id)) return;
  down_.erase(id);
  ++counters_.restart;
  node(id).start();
}

// ---- the script

void Cluster::carry_out(const Happening& happening) {
  if (is_healed_) return;
  switch (happening.deed) {
    case Deed::Crash:
      for (const ReplicaId id : happening.groups.front()) stop(id);
      break;
    case Deed::Restart:
      for (const ReplicaId id : happening.groups.front()) restart(id);
      break;
    case Deed::Partition:
      split(happening.groups);
      break;
    case Deed::Cut:
      cut(happening.groups.front(), happening.groups.back());
      break;
    case Deed::Join:
      for (const ReplicaId speaker : happening.groups.front())
        for (const ReplicaId hearer : happening.groups.back()) network_.join(speaker, hearer);
      note({.event = "mend", .kind = "join"});
      break;
    case Deed::Mend:
      mend();
      break;
    case Deed::Skew:
      for (const ReplicaId id : happening.groups.front()) node(id).set_clock_skew(happening.by);
      break;
  }
}

void Cluster::split(const std::vector<std::vector<ReplicaId>>& groups) {
  std::vector<std::size_t> group_of(nodes_.size(), groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (const ReplicaId id : groups[i]) group_of[number(id)] = i;
  for (std::uint32_t from = 0; from < nodes_.size(); ++from)
    for (std::uint32_t to = 0; to < nodes_.size(); ++to)
      if (group_of[from] != group_of[to]) network_.cut(ReplicaId{from}, ReplicaId{to});
  ++counters_.partition;
  note({.event = "partition", .kind = "script"});
}

void Cluster::cut(const std::vector<ReplicaId>& from, const std::vector<ReplicaId>& to) {
  for (const ReplicaId speaker : from)
    for (const ReplicaId hearer : to) network_.cut(speaker, hearer);
  ++counters_.one_way;
  note({.event = "partition", .kind = "cut"});
}

// ---- healing

void Cluster::heal() {
  is_healed_ = true;
  is_done_ = !plan_.expect.all_final;
  healed_at_ = queue_.now();
  note({.event = "heal"});
  mend();
  network_.set_plan(calm_network());
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i]->disarm();
    nodes_[i]->calm_disk();
    if (!nodes_[i]->is_up()) restart_later(ReplicaId{i}, milliseconds(500));
  }
  queue_.after(settle_poll, [this] { check_settled(); });
}

/// Settled once, the cluster is asked for a little more: standing still in peace is not enough.
void Cluster::check_settled() {
  if (settlement_.is_reached() && council_.is_done()) {
    is_done_ = is_probed_;
    if (is_done_) return;
    is_probed_ = true;
    checkers_.expectations().on_settled(queue_.now() - healed_at_);
    healed_at_ = queue_.now();
    clients_.begin(probes_, milliseconds(1));
  }
  if (queue_.now() - healed_at_ > plan_.liveness_bound) verdict_.fail("C2", settlement_.text() + council_.text());
  queue_.after(settle_poll, [this] { check_settled(); });
}

}  // namespace aval::simulation
