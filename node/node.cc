#include "node/node.h"

#include <algorithm>
#include <thread>

#include "contracts/seats.h"
#include "node/clock.h"
#include "node/descriptors.h"
#include "node/epoch_proof.h"
#include "node/exit_code.h"
#include "node/given_up_keys.h"
#include "node/log.h"
#include "node/rules_version.h"
#include "node/seating.h"
#include "node/snapshot_join.h"

namespace aval::node {

namespace {

/// Whatever is wrong with what the operator gave us is the operator's to mend, not the disk's.
template <class T>
Result<T> as_configuration(Result<T> result) {
  if (result) return result;
  return unexpected(Error::Code::Refused, result.error().message);
}

unsigned verify_threads() { return std::max(2U, std::thread::hardware_concurrency()) - 1; }

StoragePlaces storage_places(const Config& config, const DataDir& directory) {
  StoragePlaces places;
  places.database = directory.database();
  places.votes.directory = directory.votes();
  places.ledger.cache_bytes = config.storage.cache_mb << 20U;
  places.ledger.on_fatal = [](const std::string& what) {
    stop_process(ExitCode::InputOutput, what,
                 "check the disk, then start avald again; if it was reading that failed, the ledger is damaged (node/README.md, Damage)");
  };
  return places;
}

constexpr std::string_view given_up_reason = "its vote key was given up; replace it with aval gov rotate";
constexpr std::string_view no_vote_reason =
    "its vote key was given up, or the ledger names another one for its seat; replace it with aval gov rotate";

std::uint64_t answer_bytes_per_second(const Config& config) {
  return (std::uint64_t{config.p2p.answers_mb_per_minute} << 20U) / 60;
}

/// The journal is written before the evidence, so the last one may stand in the journal alone.
void keep_new_views(const std::vector<consensus::Record>& records, EvidenceStore& store) {
  for (const consensus::Record& record : records) {
    const auto* entered = std::get_if<consensus::NewViewRecord>(&record);
    if (entered == nullptr) continue;
    if (const auto kept = store.keep(entered->message); !kept) log_warn("a new view is not kept: " + kept.error().message);
  }
}

}  // namespace

Result<void> Node::check(const Config& config) {
  AVAL_ASSIGN(const auto genesis, as_configuration(contracts::read_genesis(config.genesis)));
  AVAL_ASSIGN(const auto identity, as_configuration(read_identity(config, genesis.config.validators)));
  for (const ledger::Validator& validator : genesis.config.validators.validators) {
    AVAL_TRY(as_configuration(peer_address(config, validator)));
  }
  return {};
}

Result<std::unique_ptr<Node>> Node::create(const Config& given) {
  Config config = given;
  AVAL_ASSIGN(config.api.connections_max, as_configuration(clients_that_fit(config.api.connections_max)));
  AVAL_ASSIGN(auto genesis, as_configuration(contracts::read_genesis(config.genesis)));
  if (!std::filesystem::exists(config.data_dir)) AVAL_TRY(check(config));  // before anything is made
  AVAL_ASSIGN(auto data_dir, DataDir::open(config.data_dir, genesis.config.chain_id));
  const StoragePlaces places = storage_places(config, data_dir);
  if (config.join) AVAL_TRY(join_if_new(config, genesis.config, data_dir, places.ledger));
  AVAL_ASSIGN(auto snapshots, SnapshotStore::open(data_dir.snapshots(), genesis.config.chain_id));
  AVAL_ASSIGN(auto ledger, ledger::Ledger::open(places.database, genesis.config, genesis.state, places.ledger));
  if (const auto why = needs_newer_program(ledger->config())) stop_process(ExitCode::UpgradeNeeded, *why);
  AVAL_ASSIGN(auto identity, as_configuration(read_identity(config, ledger->config().validators)));
  AVAL_ASSIGN(const bool is_lost, is_given_up(data_dir.votes(), identity.vote_key.public_key()));
  if (is_lost) log_warn("alarm: this node does not vote: " + std::string(given_up_reason));
  const auto vote_key = is_lost ? std::nullopt : std::optional(identity.vote_key.public_key());
  AVAL_ASSIGN(auto recovery, recover(places, std::move(ledger), vote_key));
  if (recovery.torn_tail_cut) log_warn("storage.torn_tail: the unfinished end of the vote journal was cut off");
  std::unique_ptr<Node> node(new Node(config, std::move(genesis), std::move(data_dir), std::move(identity)));
  node->assemble(std::move(recovery), std::move(snapshots));
  AVAL_TRY(as_configuration(node->open_ports()));
  return node;
}

Node::Node(Config config, contracts::GenesisState genesis, DataDir data_dir, Identity identity)
    : config_(std::move(config)),
      genesis_(std::move(genesis)),
      data_dir_(std::move(data_dir)),
      self_(identity.self),
      tls_key_(identity.tls_key),
      tls_(std::move(identity.tls)),
      vote_signer_(std::make_unique<crypto::MemorySigner>(signer_of(std::move(identity.vote_key)))) {
  if (identity.gateway_key) gateway_.emplace(std::move(*identity.gateway_key), config_.gateway.member);
}

Node::~Node() = default;

Result<void> Node::give_up_vote_key(const Config& config) {
  AVAL_ASSIGN(const auto genesis, as_configuration(contracts::read_genesis(config.genesis)));
  AVAL_ASSIGN(const auto data_dir, DataDir::open(config.data_dir, genesis.config.chain_id));
  const StoragePlaces places = storage_places(config, data_dir);
  AVAL_ASSIGN(const auto ledger, ledger::Ledger::open(places.database, genesis.config, genesis.state, places.ledger));
  AVAL_ASSIGN(const auto identity, as_configuration(read_identity(config, ledger->config().validators)));
  return give_up(data_dir.votes(), identity.vote_key.public_key());
}

/// In place of a key that was given up one that nobody knows: what it signs is believed by none.
crypto::MemorySigner Node::signer_of(crypto::PrivateKey vote_key) const {
  const auto is_lost = is_given_up(data_dir_.votes(), vote_key.public_key());
  return crypto::MemorySigner(is_lost && !*is_lost ? std::move(vote_key) : crypto::PrivateKey::generate());
}

void Node::on_key_elsewhere(const std::string& what) {
  const auto given_up = give_up(data_dir_.votes(), vote_signer_->public_key());
  stop_process(ExitCode::RecoveryNeeded,
               "this node's vote key is used elsewhere, or its data is an old copy: its own signature stands under " + what +
                   ", of which its journal knows nothing; the key is given up" +
                   (given_up ? "" : ", but that could not be noted: " + given_up.error().message),
               "stop any other process with this key; then start avald again, which follows without a vote, and replace "
               "the key with aval gov rotate");
}

void Node::assemble(Recovery recovery, std::unique_ptr<SnapshotStore> snapshots) {
  snapshots_ = std::move(snapshots);
  snapshot_taker_ = std::make_unique<SnapshotTaker>(*snapshots_);
  LedgerWorker::Options options;
  options.data_dir = data_dir_.path();
  options.disk_reserve_bytes = std::uint64_t{config_.storage.disk_reserve_mb} << 20U;
  options.on_snapshot_due = [this](auto ledger) { snapshot_taker_->take(std::move(ledger)); };
  LedgerWorker::Stores stores{std::move(recovery.ledger), std::move(recovery.journal),
                              std::make_unique<EvidenceStore>(data_dir_.evidence())};
  keep_new_views(recovery.recovered.records, *stores.evidence);
  ledger_ = std::make_unique<LedgerWorker>(loop_, std::move(stores), options);
  chain_ = ledger_->view().chain;
  book_.emplace(config_, *chain_);
  pool_ = std::make_unique<VerifyPool>(loop_, verify_threads(), lanes(), VerifyPool::Limits{}, [this](std::size_t lane) {
    if (const auto peer = Driver::peer_of(lane)) network_->resume_reading(*peer);
  });
  const auto on_key = [this](const std::string& what) { on_key_elsewhere(what); };
  const Driver::Parts parts{loop_, *ledger_, *pool_, *snapshots_, on_key, answer_bytes_per_second(config_)};
  driver_ = std::make_unique<Driver>(parts, Driver::Voter{self_, *vote_signer_}, std::move(recovery.recovered));
  Scrubber::Options scrub;
  scrub.newest = [this] { return view().ledger; };
  scrub.on_damage = [](const std::string& what) {
    stop_process(ExitCode::RecoveryNeeded, "the ledger on disk is not what it was: " + what,
                 "restore db/ from a copy that is not older, or begin anew (node/README.md, Damage)");
  };
  scrubber_ = std::make_unique<Scrubber>(std::move(scrub));
}

std::size_t Node::lanes() const {
  return Driver::lane_of(ledger::ReplicaId{static_cast<std::uint32_t>(chain_->validators.validators.size())});
}

PeerNetwork::Options Node::peer_options() {
  PeerNetwork::Options peers{config_.p2p.listen, limits_for(chain_->parameters)};
  peers.on_own_key_refused = [this] { try_other_tls_key(); };
  peers.hears_strangers = [this] { return !reaches_quorum(*network_, chain_->validators, self_); };
  peers.on_epochs = [this](ByteView proof) {
    if (book_->learn(proof)) make_links_anew(std::nullopt);
  };
  peers.epoch_proofs = [this](ledger::Epoch from) {
    epoch_steps_.extend(*view().ledger, chain_->validators.epoch);
    return epoch_steps_.proofs_from(from);
  };
  return peers;
}

Result<void> Node::open_ports() {
  AVAL_ASSIGN(network_, PeerNetwork::start(loop_, *std::exchange(tls_, std::nullopt), peer_options(), book_->seats(self_),
                                           [this](ledger::ReplicaId peer, Frame frame) {
                                             return driver_->on_frame(peer, std::move(frame));
                                           }));
  HttpApi::Options api;
  api.host = config_.api.listen.host;
  api.port = config_.api.listen.port;
  api.connections_max = config_.api.connections_max;
  api.requests_per_second = config_.api.requests_per_second;
  AVAL_ASSIGN(api_, HttpApi::start(*this, api));
  driver_->start(*network_, [this](const auto& chain) { enter_epoch(chain); });
  return {};
}

void Node::enter_epoch(const std::shared_ptr<const ledger::ChainConfig>& chain) {
  if (const auto why = needs_newer_program(*chain)) {
    log_warn("alarm: this node goes no further: " + *why);
    return driver_->stay_in_epoch();
  }
  const auto seat = contracts::seat_of(chain->validators, config_.member);
  log_info("epoch " + std::to_string(ledger::number(chain->validators.epoch)) + " begins above height " +
           std::to_string(ledger::number(ledger::base_header(*chain).height)) + ": " +
           std::to_string(chain->validators.size()) + " validators, " + std::to_string(chain->validators.quorum()) +
           " are a quorum" + (seat ? "" : "; this node has no seat"));
  book_->enter(*chain);
  if (seat) take_keys_of(*seat, *chain);
  self_ = seat.value_or(ledger::no_seat);
  chain_ = chain;
  pool_->grow_to(lanes());
  make_links_anew(std::exchange(tls_, std::nullopt));
  driver_->begin_epoch(chain_, {self_, *vote_signer_});
}

/// Nothing to do while the seat's keys are the ones in use. Without its keys the node follows as long as its
/// peers let it, and says nothing signed.
void Node::take_keys_of(ledger::ReplicaId seat, const ledger::ChainConfig& chain) {
  ledger::ValidatorSet set = book_->entries();  // with the TLS key that the peers know by now
  const auto named = [&] { return set.validators[ledger::number(seat)]; };
  const auto is_lost = is_given_up(data_dir_.votes(), named().vote_key);  // no other key takes its place then
  const bool is_settled = named().vote_key == vote_signer_->public_key() || (is_lost && *is_lost);
  if (is_settled && named().tls_key == tls_key_) return;
  auto identity = read_identity(config_, set);
  if (!identity) {
    set = chain.validators;
    identity = read_identity(config_, set);
  }
  if (!identity) return log_warn("alarm: this node cannot vote: " + identity.error().message);
  const bool is_named = identity->vote_key.public_key() == named().vote_key && identity->tls_key == named().tls_key;
  if (!is_named) return log_warn("this node joins with keys that this epoch does not name for it, and cannot vote in it");
  vote_signer_ = std::make_unique<crypto::MemorySigner>(signer_of(std::move(identity->vote_key)));
  if (std::exchange(tls_key_, identity->tls_key) != identity->tls_key) tls_ = std::move(identity->tls);
  log_info("the keys that the ledger names for this node since now are in use");
}

/// As long as this node reaches no quorum, the two keys that it may have take turns.
void Node::try_other_tls_key() {
  if (reaches_quorum(*network_, chain_->validators, self_)) return;
  auto other = tls_turns_.take(chain_->validators, tls_key_);
  if (!other) return;
  tls_key_ = other->key;
  make_links_anew(std::move(other->tls));
}

/// Those that are no longer what the book says; with another key of its own all.
void Node::make_links_anew(std::optional<TlsContext> own) {
  network_->enter(book_->seats(self_), book_->directory(), std::move(own));
}

void Node::run() {
  const StopSignals signals(loop_, [this] { stop(); });
  log_info(config_.member + " serves chain " + chain_->chain_id.hex() + " from height " +
           std::to_string(ledger::number(view().ledger->head().height)) + "; peers at " +
           config_.p2p.listen.host + ":" + std::to_string(network_->port()) + ", API at " + config_.api.listen.host +
           ":" + std::to_string(api_->port()));
  loop_.run();
  pool_->stop();
  scrubber_->stop();
  ledger_->stop();
  snapshot_taker_->stop();
  log_info("stopped at height " + std::to_string(ledger::number(view().ledger->head().height)));
}

/// Clients first: their answers still need every other part.
void Node::stop() {
  driver_->close();
  api_->stop();
  network_->stop();
  loop_.stop();
}

NodeStatus Node::status() const {
  NodeStatus status;
  Driver::Standing standing = driver_->standing();
  status.not_ready = reasons_not_ready(standing);
  status.replica = std::move(standing.replica);
  // What can be read, not what is about to be appended: height, head and root are then of one block.
  status.replica.final_header = view().ledger->head();
  status.head_hash = hash_of(status.replica.final_header);
  status.durable_height = ledger_->durable_height();
  status.first_height = next(view().ledger->base().height);
  status.fsyncs = ledger_->syncs();
  status.scrubs = scrubber_->passes();
  status.transactions = standing.transactions;
  const ledger::ValidatorSet set = view().chain->validators;
  const auto& validators = set.validators;
  for (std::uint32_t i = 0; i < standing.connected.size() && i < validators.size(); ++i) {
    const ledger::ReplicaId id{i};
    if (!set.has_seat(id) || validators[i].member == config_.member) continue;
    status.peers.push_back({id, validators[i].member, standing.connected[i], standing.final_heights[i]});
  }
  return status;
}

std::vector<std::string> Node::reasons_not_ready(const Driver::Standing& standing) const {
  std::vector<std::string> reasons;
  const ledger::ValidatorSet set = view().chain->validators;
  std::size_t reached = 0;
  for (const ledger::ReplicaId id : set.voters()) {
    const std::size_t index = ledger::number(id);
    const bool is_own = set.validators[index].member == config_.member;
    if (is_own || (index < standing.connected.size() && standing.connected[index])) ++reached;
  }
  const auto seat = contracts::seat_of(set, config_.member);
  if (!standing.votes && seat && set.contains(*seat)) reasons.push_back("does not vote: " + std::string(no_vote_reason));
  if (auto why = needs_newer_program(*view().chain)) reasons.push_back(std::move(*why));
  if (reached < set.quorum()) {
    reasons.push_back("reaches " + std::to_string(reached) + " of " + std::to_string(set.size()) + " validators, " +
                      std::to_string(set.quorum()) + " are needed");
  }
  if (standing.replica.in_view_change) reasons.push_back("a view change is under way");
  if (standing.is_behind) {
    reasons.push_back("catching up: at height " + std::to_string(ledger::number(standing.replica.final_header.height)) +
                      ", peers at " + std::to_string(ledger::number(standing.credible_height)));
  }
  if (ledger_->disk_below_reserve()) reasons.push_back("disk space is below reserve");
  return reasons;
}

TxState Node::find(const ledger::TxId& tx_id) const {
  const bool pending = driver_->is_pending(tx_id);  // before the look at the ledger, or an end between is missed
  if (auto end = find_final(*view().ledger, tx_id)) return std::move(*end);
  TxState state;
  state.kind = pending ? TxState::Kind::Pending : TxState::Kind::Unknown;
  return state;
}

void Node::submit(Bytes envelope, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) {
  driver_->submit(std::move(envelope), queue, wait, std::move(answer));
}

void Node::submit_attestation(Bytes cose_sign1, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) {
  if (!gateway_) return answer(unexpected(Error::Code::Refused, "this node has no gateway key"));
  const std::size_t bytes = cose_sign1.size();
  const auto wrap = [this, queue, wait, answer, message = std::make_shared<const Bytes>(std::move(cose_sign1))]()
      -> VerifyPool::Continuation {
    auto wrapped = gateway_->wrap(*message, view());
    if (!wrapped) {
      answer(unexpected(wrapped.error()));
    } else if (const auto* end = std::get_if<TxState>(&*wrapped)) {
      answer(*end);
    } else {
      driver_->submit(std::get<Bytes>(std::move(*wrapped)), queue, wait, answer);
    }
    return {};
  };
  const auto taken = pool_->submit(Driver::lane_of(queue), VerifyPool::Urgency::Bulk, bytes, wrap);
  if (taken == VerifyPool::Taken::Refused) {
    answer(unexpected(Error::Code::Unavailable, "too many submissions wait to be checked"));
  }
}

}  // namespace aval::node
