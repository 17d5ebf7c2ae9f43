#include "node/snapshot_join.h"

#include "node/chunk_fetch.h"
#include "node/clock.h"
#include "node/identity.h"
#include "node/log.h"
#include "node/peer_book.h"
#include "node/seating.h"
#include "node/snapshot_choice.h"

namespace aval::node {

namespace {

constexpr Duration tick_interval = std::chrono::milliseconds(100);
constexpr Duration links_max = std::chrono::seconds(15);   // until somebody has answered
constexpr Duration offers_max = std::chrono::seconds(3);   // from the first answer on
constexpr Duration ask_again = std::chrono::seconds(1);
constexpr Duration progress_interval = std::chrono::seconds(2);
constexpr std::uint32_t rounds_max = 3;  // snapshots begun, when their sources fail

/// The time before the node proper: links to the peers, and nothing said but questions about snapshots.
class SnapshotJoin {
 public:
  SnapshotJoin(const ledger::ChainConfig& genesis, std::filesystem::path path, ledger::Ledger::Options options)
      : genesis_(genesis), path_(std::move(path)), options_(std::move(options)), choice_(genesis), tick_(loop_) {}

  /// True when a whole ledger stands at `path`.
  Result<bool> run(const Config& config) {
    AVAL_ASSIGN(auto identity, read_identity(config, genesis_.validators));
    self_ = identity.self;
    tls_key_ = identity.tls_key;
    PeerBook book(config, genesis_);
    TlsTurns turns(config);
    PeerNetwork::Options peers{config.p2p.listen, limits_for(genesis_.parameters)};
    const auto is_lost = [this] { return !reaches_quorum(*network_, genesis_.validators, self_); };
    peers.hears_strangers = is_lost;
    peers.on_own_key_refused = [this, is_lost, &book, &turns] {
      if (!is_lost()) return;
      if (auto other = turns.take(genesis_.validators, tls_key_)) {
        tls_key_ = other->key;
        network_->enter(book.seats(self_), book.directory(), std::move(other->tls));
      }
    };
    peers.on_epochs = [this, &book](ByteView proof) {
      if (book.learn(proof)) network_->enter(book.seats(self_), book.directory(), std::nullopt);
    };
    AVAL_ASSIGN(network_, PeerNetwork::start(loop_, std::move(identity.tls), peers, book.seats(self_),
                                             [this](ledger::ReplicaId peer, Frame frame) {
                                               on_frame(peer, frame);
                                               return true;
                                             }));
    round_begun_ = now();
    on_tick();
    loop_.run();
    network_->stop();
    return std::move(outcome_);
  }

 private:
  void end(Result<bool> outcome) {
    outcome_ = std::move(outcome);
    is_over_ = true;
    tick_.cancel();
    loop_.stop();
  }

  void on_tick() {
    if (fetch_)
      go_on_fetching();
    else
      choose_when_due();
    if (!is_over_) tick_.arm(now() + tick_interval, [this] { on_tick(); });
  }

  void send(ledger::ReplicaId peer, const SnapshotMessage& message) {
    network_->send(peer, FrameKind::Snapshot, encode(message));
  }

  void choose_when_due() {
    const TimePoint time = now();
    std::size_t others = 0;
    for (std::uint32_t i = 0; i < genesis_.validators.validators.size(); ++i) {
      const ledger::ReplicaId peer{i};
      if (peer == self_ || !genesis_.validators.has_seat(peer)) continue;
      ++others;
      if (!network_->connected(peer) || time < ask_not_before_[peer]) continue;
      ask_not_before_[peer] = time + ask_again;
      send(peer, AskSnapshot{});
    }
    const bool all_answered = choice_.answers() == others;
    const bool waited = first_answer_ ? time - *first_answer_ >= offers_max : time - round_begun_ >= links_max;
    if (all_answered || waited) choose();
  }

  void choose() {
    chosen_ = choice_.best();
    if (!chosen_) return end(false);
    auto import = ledger::SnapshotImport::open(path_, genesis_, chosen_->manifest, options_);
    if (!import) return end(unexpected(import.error()));
    import_.emplace(std::move(*import));
    const auto missing = import_->missing();
    fetch_.emplace(chosen_->sources, missing);
    log_info("joins by the snapshot of height " + height() + ": " + std::to_string(chosen_->manifest.chunks.size()) +
             " chunks, " + std::to_string(missing.size()) + " to fetch from " +
             std::to_string(chosen_->sources.size()) + " peers");
    progress_told_ = now();
    go_on_fetching();
  }

  void go_on_fetching() {
    if (fetch_->is_done()) return install();
    for (const ChunkFetch::Ask& ask : fetch_->ask(now()))
      send(ask.source, AskChunk{chosen_->manifest.height, ask.chunk});
    if (fetch_->is_stuck()) return begin_again();
    if (now() - progress_told_ < progress_interval) return;
    progress_told_ = now();
    log_info("snapshot of height " + height() + ": " + std::to_string(import_->missing().size()) + " chunks to go");
  }

  /// Nobody gives the rest of this snapshot: perhaps there is a newer one by now.
  void begin_again() {
    if (++rounds_ == rounds_max) {
      log_warn("no peer gives a whole snapshot; following the blocks instead");
      return end(false);
    }
    fetch_.reset();
    import_.reset();
    choice_ = SnapshotChoice(genesis_);
    first_answer_.reset();
    round_begun_ = now();
  }

  void install() {
    if (const auto finished = import_->finish(chosen_->finality); !finished) {
      log_warn("alarm: f+1 validators offer a snapshot that is not of their chain: " + finished.error().message);
      return end(false);
    }
    import_.reset();  // closes the database
    log_info("the snapshot of height " + height() + " is here whole, with state root " +
             chosen_->finality.headers.front().state_root.hex());
    end(true);
  }

  void on_frame(ledger::ReplicaId peer, const Frame& frame) {
    if (is_over_ || frame.kind != FrameKind::Snapshot) return;
    auto message = decode_snapshot_message(frame.payload);
    if (!message) return on_bad(peer, message.error().message);
    if (auto* offer = std::get_if<SnapshotOffer>(&*message)) on_offer(peer, std::move(*offer));
    if (const auto* chunk = std::get_if<SnapshotChunk>(&*message)) on_chunk(peer, *chunk);
  }

  void on_offer(ledger::ReplicaId peer, SnapshotOffer offer) {
    if (fetch_) return;
    if (!first_answer_) first_answer_ = now();
    if (const auto taken = choice_.on_offer(peer, std::move(offer)); !taken) on_bad(peer, taken.error().message);
  }

  void on_chunk(ledger::ReplicaId peer, const SnapshotChunk& chunk) {
    if (!fetch_ || chunk.height != chosen_->manifest.height || !fetch_->expects(peer, chunk.index)) return;
    if (chunk.bytes.empty()) {  // it has let the snapshot go
      fetch_->refused(peer);
    } else if (const auto added = import_->add(chunk.index, chunk.bytes); !added) {
      on_bad(peer, added.error().message + "; it is asked no more");
      fetch_->refused(peer);
    } else {
      fetch_->took(peer);
    }
    go_on_fetching();
  }

  void on_bad(ledger::ReplicaId peer, const std::string& what) {
    log_warn("snapshot.bad_source: " + genesis_.validators.validators[ledger::number(peer)].member + ": " + what);
  }

  std::string height() const { return std::to_string(ledger::number(chosen_->manifest.height)); }

  const ledger::ChainConfig& genesis_;
  std::filesystem::path path_;
  ledger::Ledger::Options options_;
  ledger::ReplicaId self_{};
  crypto::PublicKey tls_key_;
  CoreLoop loop_;
  std::unique_ptr<PeerNetwork> network_;
  SnapshotChoice choice_;
  Timer tick_;
  std::map<ledger::ReplicaId, TimePoint> ask_not_before_;
  TimePoint round_begun_;
  TimePoint progress_told_;
  std::optional<TimePoint> first_answer_;
  std::uint32_t rounds_ = 0;
  std::optional<SnapshotChoice::Choice> chosen_;
  std::optional<ledger::SnapshotImport> import_;
  std::optional<ChunkFetch> fetch_;
  Result<bool> outcome_ = false;
  bool is_over_ = false;
};

Result<void> put_in_place(const DataDir& directory) {
  std::error_code failed;
  std::filesystem::rename(directory.joining(), directory.database(), failed);
  if (failed) return unexpected(Error::Code::Io, "cannot rename " + directory.joining().string() + ": " + failed.message());
  return sync_directory(directory.path());
}

Result<void> remove_joining(const DataDir& directory) {
  std::error_code failed;
  std::filesystem::remove_all(directory.joining(), failed);
  if (failed) return unexpected(Error::Code::Io, "cannot remove " + directory.joining().string() + ": " + failed.message());
  return {};
}

}  // namespace

Result<void> join_if_new(const Config& config, const ledger::ChainConfig& genesis, const DataDir& directory,
                         const ledger::Ledger::Options& options) {
  if (std::filesystem::exists(directory.database())) return {};
  Result<bool> has_snapshot = SnapshotJoin(genesis, directory.joining(), options).run(config);
  if (!has_snapshot) return unexpected(has_snapshot.error());
  return *has_snapshot ? put_in_place(directory) : remove_joining(directory);
}

}  // namespace aval::node
