#include "tests/simulation/joins/join_run.h"

#include "ledger/state_tree.h"
#include "tests/simulation/power_cut.h"

namespace aval::simulation {
namespace {

using node::SnapshotJoiner;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration tick_interval = milliseconds(100);
constexpr Duration run_max = std::chrono::minutes(20);
constexpr Duration delay_max = milliseconds(100);
constexpr Duration link_up_max = seconds(12);
constexpr Duration link_down_max = seconds(8);
constexpr Duration down_max = seconds(5);
constexpr Duration busy_max = milliseconds(2'500);  // how long a joiner works before a power cut
constexpr Duration snapshot_gap_max = seconds(40);
constexpr Duration snapshot_lag_max = seconds(4);  // from the first to have taken it to the last
constexpr std::uint64_t power_cuts_max = 4;
constexpr std::string_view database = "/joining/db";

}  // namespace

JoinRun::JoinRun(const JoinWorld& world, Prng prng, Verdict& verdict, Counters& counters)
    : world_(world), prng_(prng), verdict_(verdict), counters_(counters), is_calm_(prng_.chance(500)) {}

void JoinRun::run() {
  draw_peers();
  draw_snapshots();
  if (!is_calm_)
    for (const auto& [id, peer] : peers_) draw_cuts(id);
  power_cuts_left_ = prng_.chance(500) ? prng_.between(std::uint64_t{1}, power_cuts_max) : 0;
  start();
  while (!is_over_ && !verdict_.failed() && queue_.elapsed() < run_max && queue_.run_next()) {
  }
  if (!is_over_ && !verdict_.failed()) verdict_.fail("J4", "it does not come to an end");
  for (const auto& [id, peer] : peers_)
    if (const auto deed = peer.source.deed())
      counters_.deeds[static_cast<std::size_t>(*deed)] += peer.source.deeds();
}

// --- the world

/// It joins with a seat that lost its data, or with none; up to f of the others lie.
void JoinRun::draw_peers() {
  const std::size_t seats = world_.genesis.validators.validators.size();
  self_ = prng_.chance(500) ? ledger::ReplicaId{static_cast<std::uint32_t>(prng_.below(seats))} : ledger::no_seat;
  std::set<ledger::ReplicaId> liars;
  while (liars.size() < world_.genesis.validators.faulty_max()) {
    const ledger::ReplicaId id{static_cast<std::uint32_t>(prng_.below(seats))};
    if (id != self_) liars.insert(id);
  }
  const std::size_t newest = prng_.below(world_.snapshots.size());
  for (std::uint32_t i = 0; i < seats; ++i) {
    const ledger::ReplicaId id{i};
    std::optional<SourceDeed> deed;
    if (liars.contains(id)) deed = static_cast<SourceDeed>(prng_.below(source_deeds.size()));
    if (id != self_) peers_.emplace(id, Peer{JoinSource(world_, newest, deed)});
  }
}

/// Everybody takes the next snapshot at about the same time.
void JoinRun::draw_snapshots() {
  Duration at{};
  for (std::size_t i = 0; i < world_.snapshots.size(); ++i) {
    at += prng_.up_to(snapshot_gap_max);
    for (auto& each : peers_)
      queue_.after(at + prng_.up_to(snapshot_lag_max), [&source = each.second.source] { source.take_next(); });
  }
}

void JoinRun::draw_cuts(ledger::ReplicaId id) {
  queue_.after(prng_.up_to(link_up_max), [this, id] {
    peers_.at(id).is_linked = false;
    ++counters_.cut_off;
    queue_.after(prng_.up_to(link_down_max), [this, id] {
      peers_.at(id).is_linked = true;
      ++peers_.at(id).links;
      draw_cuts(id);
    });
  });
}

void JoinRun::draw_power_cuts() {
  if (power_cuts_left_ == 0) return;
  --power_cuts_left_;
  queue_.after(prng_.up_to(busy_max), [this] {
    if (!is_over_) cut_power();
  });
}

void JoinRun::cut_power() {
  ++counters_.crash;
  support::DiskImage image = image_after_cut(disk_->durable(), disk_->pending(), prng_);
  disk_->cut_power();
  joiner_.reset();
  store_.reset();
  disk_ = std::make_unique<support::SimulatedDisk>(std::move(image));
  store_ = std::make_unique<support::SimulatedStore>(*disk_);
  ++life_;
  for (auto& [id, peer] : peers_) peer.chunk_asked.reset();
  queue_.after(prng_.up_to(down_max), [this] { start(); });
}

// --- the joiner

void JoinRun::start() {
  joiner_.emplace(world_.genesis, self_, SnapshotJoiner::Place{database, options_on(*store_)}, queue_.now());
  if (life_ > 0) ++counters_.restart;
  draw_power_cuts();
  tick();
}

void JoinRun::tick() {
  carry_out(joiner_->tick(queue_.now(), linked()));
  if (!is_over_) queue_.after(tick_interval, [this, life = life_] {
    if (life == life_ && !is_over_) tick();
  });
}

std::set<ledger::ReplicaId> JoinRun::linked() const {
  std::set<ledger::ReplicaId> out;
  for (const auto& [id, peer] : peers_)
    if (peer.is_linked) out.insert(id);
  return out;
}

void JoinRun::carry_out(const SnapshotJoiner::Actions& actions) {
  for (const SnapshotJoiner::Question& question : actions.ask) ask(question);
  for (const SnapshotJoiner::Remark& remark : actions.say) judge_remark(remark);
  if (joiner_->outcome()) on_outcome();
}

void JoinRun::over_link(ledger::ReplicaId id, Duration delay, std::function<void()> event) {
  const Peer& peer = peers_.at(id);
  if (!peer.is_linked) return;
  queue_.after(delay, [this, &peer, links = peer.links, life = life_, event = std::move(event)] {
    if (peer.is_linked && peer.links == links && life == life_ && !is_over_) event();
  });
}

void JoinRun::ask(const SnapshotJoiner::Question& question) {
  judge_question(peers_.at(question.to), question);
  // As it is on the wire.
  const Bytes bytes = encode(question.message);
  over_link(question.to, prng_.up_to(delay_max), [this, id = question.to, bytes] {
    const auto asked = node::decode_snapshot_message(bytes);
    AVAL_CHECK(asked);
    for (const JoinSource::Answer& answer : peers_.at(id).source.answer(*asked, prng_))
      over_link(id, answer.after + prng_.up_to(delay_max), [this, id, said = answer.bytes] {
        const auto read = node::decode_snapshot_message(said);
        if (read && std::holds_alternative<node::SnapshotChunk>(*read)) peers_.at(id).chunk_asked.reset();
        carry_out(joiner_->hear(queue_.now(), id, said));
      });
  });
}

// --- what is promised

void JoinRun::judge_question(Peer& peer, const SnapshotJoiner::Question& question) {
  if (std::holds_alternative<node::AskSnapshot>(question.message)) {
    peer.gave_wrong_bytes = false;
    return;
  }
  if (peer.gave_wrong_bytes) verdict_.fail("J5", named(question.to) + " gave wrong bytes and is asked again");
  const bool is_busy = peer.chunk_asked && queue_.now() - *peer.chunk_asked < node::ChunkFetch::answer_max;
  if (is_busy) verdict_.fail("J6", named(question.to) + " is asked for a second chunk before it gave the first");
  peer.chunk_asked = queue_.now();
}

void JoinRun::judge_remark(const SnapshotJoiner::Remark& remark) {
  if (remark.kind == SnapshotJoiner::Remark::Kind::Alarm) verdict_.fail("J3", "an alarm: " + remark.text);
  if (remark.kind != SnapshotJoiner::Remark::Kind::BadSource) return;
  ++counters_.evidence;
  Peer& peer = peers_.at(*remark.about);
  if (peer.source.is_honest()) verdict_.fail("J3", named(*remark.about) + " is honest, and blamed: " + remark.text);
  peer.gave_wrong_bytes = remark.text.ends_with("asked no more");
}

void JoinRun::on_outcome() {
  is_over_ = true;
  const Result<bool>& outcome = *joiner_->outcome();
  if (!outcome) return verdict_.fail("J1", "the disk is whole, and it says: " + outcome.error().message);
  has_joined_ = *outcome;
  if (!has_joined_ && is_calm_) verdict_.fail("J2", "nobody disturbs it, and it does not join");
  joiner_.reset();
  if (has_joined_) check_ledger();
}

/// As the program goes on: it opens the ledger, and the blocks above follow.
void JoinRun::check_ledger() {
  auto opened = ledger::Ledger::open(database, world_.genesis, {}, options_on(*store_));
  if (!opened) return verdict_.fail("J1", "what was installed does not open: " + opened.error().message);
  ledger::Ledger& ledger = **opened;
  const auto taken = std::find_if(world_.snapshots.begin(), world_.snapshots.end(), [&](const TakenSnapshot& each) {
    return each.manifest.height == ledger.head().height;
  });
  if (taken == world_.snapshots.end() || take_snapshot(*ledger.snapshot()).manifest != taken->manifest)
    return verdict_.fail("J1", "what was installed is not the ledger of its height");
  for (std::size_t i = ledger::number(ledger.head().height); i < world_.entries.size(); ++i)
    ledger.append(world_.entries[i], false);
  const ledger::Header& head = world_.entries.back().block.block.header;
  if (ledger.head() != head || ledger::StateTree::of(ledger.state()).root() != head.state_root)
    verdict_.fail("J1", "the blocks above what was installed lead elsewhere");
}

}  // namespace aval::simulation
