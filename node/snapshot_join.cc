#include "node/snapshot_join.h"

#include "node/clock.h"
#include "node/identity.h"
#include "node/log.h"
#include "node/peer_book.h"
#include "node/seating.h"
#include "node/snapshot_joiner.h"

namespace aval::node {

namespace {

constexpr Duration tick_interval = std::chrono::milliseconds(100);

/// The time before the node proper: links to the peers, and nothing said but what the joiner asks.
class JoiningNode {
 public:
  JoiningNode(const ledger::ChainConfig& genesis, SnapshotJoiner::Place place)
      : genesis_(genesis), place_(std::move(place)), tick_(loop_) {}

  /// True when a whole ledger stands at the place.
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
                                               if (frame.kind == FrameKind::Snapshot)
                                                 carry_out(joiner_->hear(now(), peer, frame.payload));
                                               return true;
                                             }));
    joiner_.emplace(genesis_, self_, place_, now());
    on_tick();
    loop_.run();
    network_->stop();
    return *joiner_->outcome();
  }

 private:
  void on_tick() {
    carry_out(joiner_->tick(now(), linked()));
    if (!joiner_->outcome()) tick_.arm(now() + tick_interval, [this] { on_tick(); });
  }

  std::set<ledger::ReplicaId> linked() const {
    std::set<ledger::ReplicaId> out;
    for (std::uint32_t i = 0; i < genesis_.validators.validators.size(); ++i)
      if (network_->connected(ledger::ReplicaId{i})) out.insert(ledger::ReplicaId{i});
    return out;
  }

  void carry_out(const SnapshotJoiner::Actions& actions) {
    for (const SnapshotJoiner::Question& question : actions.ask)
      network_->send(question.to, FrameKind::Snapshot, encode(question.message));
    for (const SnapshotJoiner::Remark& remark : actions.say) log(remark);
    if (!joiner_->outcome()) return;
    tick_.cancel();
    loop_.stop();
  }

  void log(const SnapshotJoiner::Remark& remark) const {
    using Kind = SnapshotJoiner::Remark::Kind;
    if (remark.kind == Kind::Progress) log_info(remark.text);
    if (remark.kind == Kind::Failure) log_warn(remark.text);
    if (remark.kind == Kind::Alarm) log_warn("alarm: " + remark.text);
    if (remark.kind == Kind::BadSource)
      log_warn("snapshot.bad_source: " + genesis_.validators.validators[ledger::number(*remark.about)].member + ": " +
               remark.text);
  }

  const ledger::ChainConfig& genesis_;
  SnapshotJoiner::Place place_;
  ledger::ReplicaId self_{};
  crypto::PublicKey tls_key_;
  CoreLoop loop_;
  std::unique_ptr<PeerNetwork> network_;
  std::optional<SnapshotJoiner> joiner_;
  Timer tick_;
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
  Result<bool> has_snapshot = JoiningNode(genesis, {directory.joining(), options}).run(config);
  if (!has_snapshot) return unexpected(has_snapshot.error());
  return *has_snapshot ? put_in_place(directory) : remove_joining(directory);
}

}  // namespace aval::node
