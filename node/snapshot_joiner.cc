#include "node/snapshot_joiner.h"

namespace aval::node {

namespace {

constexpr Duration links_max = std::chrono::seconds(15);  // until somebody has answered
constexpr Duration offers_max = std::chrono::seconds(3);  // from the first answer on
constexpr Duration ask_again = std::chrono::seconds(1);
constexpr Duration progress_interval = std::chrono::seconds(2);
constexpr std::uint32_t rounds_max = 3;  // snapshots begun, when their sources fail

}  // namespace

SnapshotJoiner::SnapshotJoiner(const ledger::ChainConfig& genesis, ledger::ReplicaId self, Place place, TimePoint now)
    : genesis_(genesis), self_(self), place_(std::move(place)), choice_(genesis), round_begun_(now) {}

SnapshotJoiner::Actions SnapshotJoiner::tick(TimePoint now, const std::set<ledger::ReplicaId>& linked) {
  if (!outcome_ && fetch_)
    go_on_fetching(now);
  else if (!outcome_)
    ask_for_offers(now, linked);
  return std::exchange(actions_, {});
}

SnapshotJoiner::Actions SnapshotJoiner::hear(TimePoint now, ledger::ReplicaId peer, ByteView payload) {
  if (outcome_) return {};
  auto message = decode_snapshot_message(payload);
  if (!message) blame(peer, message.error().message);
  if (message && std::holds_alternative<SnapshotOffer>(*message))
    on_offer(now, peer, std::get<SnapshotOffer>(*std::move(message)));
  else if (message && std::holds_alternative<SnapshotChunk>(*message))
    on_chunk(now, peer, std::get<SnapshotChunk>(*message));
  return std::exchange(actions_, {});
}

// --- which one

void SnapshotJoiner::ask_for_offers(TimePoint now, const std::set<ledger::ReplicaId>& linked) {
  std::size_t others = 0;
  for (std::uint32_t i = 0; i < genesis_.validators.validators.size(); ++i) {
    const ledger::ReplicaId peer{i};
    if (peer == self_ || !genesis_.validators.has_seat(peer)) continue;
    ++others;
    if (!linked.contains(peer) || now < ask_not_before_[peer]) continue;
    ask_not_before_[peer] = now + ask_again;
    actions_.ask.push_back({peer, AskSnapshot{}});
  }
  const bool all_answered = choice_.answers() == others;
  const bool waited = first_answer_ ? now - *first_answer_ >= offers_max : now - round_begun_ >= links_max;
  if (all_answered || waited) choose(now);
}

void SnapshotJoiner::on_offer(TimePoint now, ledger::ReplicaId peer, SnapshotOffer offer) {
  if (fetch_) return;
  if (!first_answer_) first_answer_ = now;
  if (const auto taken = choice_.on_offer(peer, std::move(offer)); !taken) blame(peer, taken.error().message);
}

void SnapshotJoiner::choose(TimePoint now) {
  chosen_ = choice_.best();
  if (!chosen_) {
    outcome_ = false;
    return;
  }
  auto import = ledger::SnapshotImport::open(place_.path, genesis_, chosen_->manifest, place_.options);
  if (!import) {
    outcome_ = unexpected(import.error());
    return;
  }
  import_.emplace(std::move(*import));
  const auto missing = import_->missing();
  fetch_.emplace(chosen_->sources, missing);
  report("joins by the snapshot of height " + height() + ": " + std::to_string(chosen_->manifest.chunks.size()) +
         " chunks, " + std::to_string(missing.size()) + " to fetch from " + std::to_string(chosen_->sources.size()) +
         " peers");
  progress_told_ = now;
  go_on_fetching(now);
}

// --- its chunks

void SnapshotJoiner::go_on_fetching(TimePoint now) {
  if (fetch_->is_done()) return install();
  for (const ChunkFetch::Ask& ask : fetch_->ask(now))
    actions_.ask.push_back({ask.source, AskChunk{chosen_->manifest.height, ask.chunk}});
  if (fetch_->is_stuck()) return begin_again(now);
  if (now - progress_told_ < progress_interval) return;
  progress_told_ = now;
  report("snapshot of height " + height() + ": " + std::to_string(import_->missing().size()) + " chunks to go");
}

/// Nobody gives the rest of this snapshot: perhaps there is a newer one by now.
void SnapshotJoiner::begin_again(TimePoint now) {
  fetch_.reset();
  import_.reset();
  if (++rounds_ == rounds_max) {
    report("no peer gives a whole snapshot; following the blocks instead", Remark::Kind::Failure);
    outcome_ = false;
    return;
  }
  choice_ = SnapshotChoice(genesis_);
  first_answer_.reset();
  round_begun_ = now;
}

void SnapshotJoiner::on_chunk(TimePoint now, ledger::ReplicaId peer, const SnapshotChunk& chunk) {
  if (!fetch_ || chunk.height != chosen_->manifest.height || !fetch_->expects(peer, chunk.index)) return;
  if (chunk.bytes.empty()) {  // it has let the snapshot go
    fetch_->refused(peer);
  } else if (const auto added = import_->add(chunk.index, chunk.bytes); !added) {
    blame(peer, added.error().message + "; it is asked no more");
    fetch_->refused(peer);
  } else {
    fetch_->took(peer);
  }
  go_on_fetching(now);
}

void SnapshotJoiner::install() {
  const auto finished = import_->finish(chosen_->finality);
  import_.reset();  // closes the database
  outcome_ = finished.has_value();
  if (!finished) {
    return report("f+1 validators offer a snapshot that is not of their chain: " + finished.error().message,
                  Remark::Kind::Alarm);
  }
  report("the snapshot of height " + height() + " is here whole, with state root " +
         chosen_->finality.headers.front().state_root.hex());
}

void SnapshotJoiner::blame(ledger::ReplicaId peer, std::string what) {
  actions_.say.push_back({Remark::Kind::BadSource, std::move(what), peer});
}

}  // namespace aval::node
