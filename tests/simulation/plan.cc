#include "tests/simulation/plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "tests/simulation/prng.h"

namespace aval::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, Fault>, 5> fault_names = {{
    {"quorum-off-by-one", Fault::QuorumOffByOne},
    {"send-before-persist", Fault::SendBeforePersist},
    {"forget-votes-at-restart", Fault::ForgetVotesAtRestart},
    {"votes-below-tip", Fault::VotesBelowTip},
    {"unchecked-state-root", Fault::UncheckedStateRoot},
}};

constexpr std::uint64_t hostile_per_mille = 560;  // of the seeds; the floor of a whole run is half
constexpr std::uint64_t real_storage_per_mille = 10;
constexpr std::uint64_t long_per_mille = 110;
constexpr std::size_t long_replicas_max = 7;
constexpr Duration change_bound = seconds(20);  // for each change of the membership that is still to be made

ledger::Parameters draw_parameters(Prng& prng) {
  ledger::Parameters parameters;
  parameters.batch_envelopes_max = static_cast<std::uint32_t>(prng.between(1, prng.chance(500) ? 3 : 50));
  parameters.block_batches_max = static_cast<std::uint32_t>(prng.between(1, prng.chance(500) ? 2 : 16));
  parameters.pipeline_window = static_cast<std::uint32_t>(prng.between(1, 8));
  parameters.view_timeout_base_ms = static_cast<std::uint32_t>(prng.between(200, 1000));
  parameters.view_timeout_max_ms =
      parameters.view_timeout_base_ms * static_cast<std::uint32_t>(prng.between(1, 8));
  parameters.retransmit_interval_ms = static_cast<std::uint32_t>(prng.between(50, 250));
  parameters.batch_delay_ms = static_cast<std::uint32_t>(prng.between(0, 10));
  return parameters;
}

NetworkPlan draw_network(Prng& prng) {
  NetworkPlan plan;
  plan.delay_mean = prng.chance(700) ? prng.between(microseconds(100), milliseconds(5))
                                     : prng.between(milliseconds(5), milliseconds(80));
  if (prng.chance(600)) plan.loss_per_mille = prng.between(1, prng.chance(300) ? 300 : 50);
  if (prng.chance(600)) plan.duplicate_per_mille = prng.between(1, prng.chance(300) ? 500 : 50);
  if (prng.chance(600)) plan.hold_per_mille = prng.between(1, 50);
  plan.hold_max = prng.between(milliseconds(50), seconds(3));
  plan.keeps_order = prng.chance(500);
  return plan;
}

DiskPlan draw_disk(Prng& prng) {
  DiskPlan plan;
  plan.sync_mean = prng.between(microseconds(50), milliseconds(12));
  if (prng.chance(300)) plan.slow_sync_per_mille = prng.between(1, 50);
  plan.ledger_lag_max = prng.between(milliseconds(1), seconds(2));
  if (prng.chance(700)) plan.rotate_per_mille = prng.between(10, 300);
  return plan;
}

void draw_disk_faults(DiskPlan& plan, Prng& prng) {
  if (prng.chance(300)) plan.slow_node_per_mille = prng.between(50, 400);
  plan.slow_node_max = prng.between(milliseconds(50), seconds(1));
  if (prng.chance(600)) plan.refuse_per_mille = prng.between(2, 30);
  if (prng.chance(500)) plan.full_per_mille = prng.between(1, 10);
  plan.full_max = prng.between(milliseconds(100), seconds(3));
  plan.is_real = prng.chance(real_storage_per_mille);
}

ChaosPlan draw_chaos(Prng& prng) {
  ChaosPlan plan;
  plan.length = prng.between(seconds(5), seconds(20));
  plan.partitions = prng.chance(600);
  plan.partition_gap_max = prng.between(milliseconds(300), seconds(5));
  plan.partition_hold_max = prng.between(milliseconds(200), seconds(5));
  plan.crashes = prng.chance(650);
  plan.crash_gap_max = prng.between(milliseconds(200), seconds(4));
  plan.down_max = prng.chance(500) ? prng.between(milliseconds(1), milliseconds(200))
                                   : prng.between(milliseconds(100), seconds(4));
  plan.crashes_at_effects = prng.chance(600);
  plan.blackouts = prng.chance(400);
  plan.clock_skew_max = prng.up_to(milliseconds(800));
  return plan;
}

LoadPlan draw_load(Prng& prng) {
  LoadPlan plan;
  plan.transactions = prng.between(30, 120);
  plan.burst_max = prng.between(1, 25);
  if (prng.chance(600)) plan.twice_per_mille = prng.between(1, 300);
  plan.retry_after = prng.between(milliseconds(400), seconds(3));
  return plan;
}

/// A run of up to an hour instead of seconds: a quiet network with long outages, for what only time
/// brings about. It costs no more events than a short one, since all goes slower.
void slow_down(Plan& plan, Prng& prng) {
  plan.parameters.view_timeout_base_ms = static_cast<std::uint32_t>(prng.between(2'000, 10'000));
  plan.parameters.view_timeout_max_ms =
      plan.parameters.view_timeout_base_ms * static_cast<std::uint32_t>(prng.between(1, 6));
  plan.parameters.retransmit_interval_ms = static_cast<std::uint32_t>(prng.between(1'000, 2'000));
  plan.chaos.length = prng.between(minutes(20), minutes(60));
  plan.chaos.partition_gap_max = prng.between(seconds(20), minutes(3));
  plan.chaos.partition_hold_max = prng.between(seconds(5), minutes(10));
  plan.chaos.crash_gap_max = prng.between(seconds(10), minutes(3));
  plan.chaos.down_max = prng.between(milliseconds(100), minutes(10));
  plan.load.retry_after = prng.between(seconds(5), seconds(30));
}

Treachery treachery_for(Fault fault, Prng& prng) {
  switch (fault) {
    case Fault::QuorumOffByOne:
    case Fault::ForgetVotesAtRestart:
      return Treachery::Equivocate;
    case Fault::UncheckedStateRoot:
      return Treachery::WrongRoot;
    case Fault::VotesBelowTip:
      return Treachery::BelowTip;
    case Fault::None:
    case Fault::SendBeforePersist:
      break;
  }
  return treacheries[prng.below(treacheries.size())].second;
}

/// Every validator is as likely as another one, whichever view it is the primary of.
std::vector<HostilePlan> draw_hostile(const PlanOptions& options, std::size_t replicas, Prng& prng) {
  const bool is_needed =
      options.treachery || (options.fault != Fault::None && options.fault != Fault::SendBeforePersist);
  if (!prng.chance(hostile_per_mille) && !is_needed) return {};
  const std::uint64_t wanted = prng.between(1, (replicas - 1) / 3);
  std::map<ledger::ReplicaId, Treachery> drawn;
  while (drawn.size() < wanted) {
    const Treachery usual = treachery_for(options.fault, prng);
    drawn.emplace(static_cast<ledger::ReplicaId>(prng.below(replicas)), options.treachery.value_or(usual));
  }
  std::vector<HostilePlan> hostile;
  for (const auto& [who, treachery] : drawn) hostile.push_back({who, treachery});
  return hostile;
}

/// Small clusters more often than large ones, whose messages grow with the square of their size.
std::size_t draw_replicas(Prng& prng) {
  constexpr std::array<std::pair<std::size_t, std::uint64_t>, 6> shares_per_mille = {
      {{4, 400}, {5, 130}, {6, 130}, {7, 240}, {10, 65}, {13, 35}}};
  std::uint64_t left = prng.below(1000);
  for (const auto& [replicas, share] : shares_per_mille) {
    if (left < share) return replicas;
    left -= share;
  }
  return shares_per_mille.front().first;
}

/// A newcomer in half of the runs, a removal where enough are left, and between them keys and parameters.
std::vector<MemberChange> draw_membership(std::size_t replicas, Prng& prng) {
  constexpr std::size_t voters_least = 4;
  std::vector<MemberChange> changes;
  if (prng.chance(500)) {
    changes = {MemberChange::Seat, MemberChange::Promote};
    ++replicas;
  }
  if (replicas > voters_least && prng.chance(600))
    changes.push_back(prng.chance(500) ? MemberChange::RemovePrimary : MemberChange::Remove);
  for (std::uint64_t left = prng.between(1, 3); left > 0; --left) {
    const MemberChange change = prng.chance(500) ? MemberChange::Rotate : MemberChange::Parameters;
    changes.insert(changes.begin() + static_cast<std::ptrdiff_t>(prng.below(changes.size() + 1)), change);
  }
  return changes;
}

}  // namespace

std::optional<Fault> fault_named(std::string_view name) {
  for (const auto& [known, fault] : fault_names)
    if (known == name) return fault;
  return std::nullopt;
}

std::string_view name_of(Fault fault) {
  for (const auto& [name, known] : fault_names)
    if (known == fault) return name;
  return {};
}

bool Plan::makes(MemberChange change) const {
  return std::find(membership.begin(), membership.end(), change) != membership.end();
}

std::size_t Plan::voters_min() const {
  std::size_t voters = replicas;
  std::size_t fewest = replicas;
  for (const MemberChange change : membership) {
    if (change == MemberChange::Promote) ++voters;
    if (change == MemberChange::Remove || change == MemberChange::RemovePrimary) --voters;
    fewest = std::min(fewest, voters);
  }
  return fewest;
}

std::optional<Treachery> Plan::treachery_of(ledger::ReplicaId id) const {
  for (const HostilePlan& each : hostile)
    if (each.who == id) return each.treachery;
  return std::nullopt;
}

std::set<ledger::ReplicaId> Plan::hostile_ids() const {
  std::set<ledger::ReplicaId> ids;
  for (const HostilePlan& each : hostile) ids.insert(each.who);
  return ids;
}

Plan draw_plan(const PlanOptions& options) {
  Prng prng(options.seed);
  Plan plan;
  plan.seed = options.seed;
  plan.fault = options.fault;
  const std::size_t drawn = draw_replicas(prng);
  plan.replicas = options.replicas.value_or(drawn);
  plan.parameters = draw_parameters(prng);
  plan.network = draw_network(prng);
  plan.disk = draw_disk(prng);
  plan.chaos = draw_chaos(prng);
  plan.load = draw_load(prng);
  if (prng.chance(long_per_mille) && plan.replicas <= long_replicas_max) slow_down(plan, prng);
  if (options.membership) plan.membership = draw_membership(plan.replicas, prng);
  plan.hostile = draw_hostile(options, plan.voters_min(), prng);
  draw_disk_faults(plan.disk, prng);
  plan.disk.is_real |= options.real_storage;
  plan.liveness_bound = usual_liveness_bound(plan);
  return plan;
}

Duration usual_liveness_bound(const Plan& plan) {
  return seconds(30) + 8 * milliseconds(plan.parameters.view_timeout_max_ms) +
         static_cast<Duration::rep>(plan.membership.size()) * change_bound;
}

NetworkPlan calm_network() {
  NetworkPlan plan;
  plan.delay_mean = milliseconds(1);
  return plan;
}

}  // namespace aval::simulation
