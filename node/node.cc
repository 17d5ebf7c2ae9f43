#include "node/node.h"

#include <algorithm>
#include <thread>

#include "node/exit_code.h"
#include "node/host_port.h"
#include "node/log.h"

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
    stop_process(ExitCode::InputOutput, what, "check the disk, then start avald again");
  };
  return places;
}

Result<HostPort> peer_address(const Config& config, const ledger::Validator& validator) {
  for (const std::string& entry : config.p2p.overrides) {
    const std::size_t equals = entry.find('=');
    if (entry.substr(0, equals) == validator.member) return parse_host_port(entry.substr(equals + 1));
  }
  return parse_host_port(validator.address);
}

LinkLimits limits_for(const ledger::Parameters& parameters) {
  LinkLimits limits;  // the longest message is a run of blocks under one certificate
  limits.frame_bytes_max = std::size_t{parameters.block_bytes_max} * parameters.pipeline_window + (1U << 20U);
  return limits;
}

Result<PeerNetwork::Options> network_options(const Config& config, const ledger::ChainConfig& chain,
                                             ledger::ReplicaId self) {
  PeerNetwork::Options options;
  options.listen = config.p2p.listen;
  options.self = self;
  options.hello = hello_of(chain, self);
  options.limits = limits_for(chain.parameters);
  for (const ledger::Validator& validator : chain.validators.validators) {
    AVAL_ASSIGN(HostPort address, peer_address(config, validator));
    options.addresses.push_back(std::move(address));
    options.members.push_back(validator.member);
  }
  return options;
}

}  // namespace

Result<void> Node::check(const Config& config) {
  AVAL_ASSIGN(const auto genesis, as_configuration(contracts::read_genesis(config.genesis)));
  AVAL_ASSIGN(const auto identity, as_configuration(read_identity(config, genesis)));
  AVAL_TRY(network_options(config, genesis.config, identity.self));
  return {};
}

Result<std::unique_ptr<Node>> Node::create(const Config& config) {
  AVAL_ASSIGN(auto genesis, as_configuration(contracts::read_genesis(config.genesis)));
  AVAL_ASSIGN(auto identity, as_configuration(read_identity(config, genesis)));
  AVAL_ASSIGN(auto data_dir, DataDir::open(config.data_dir, genesis.config.chain_id));
  AVAL_ASSIGN(auto recovery, recover(storage_places(config, data_dir), genesis, identity.vote_key.public_key()));
  if (recovery.torn_tail_cut) log_warn("storage.torn_tail: the unfinished end of the vote journal was cut off");
  std::unique_ptr<Node> node(new Node(config, std::move(genesis), std::move(data_dir), std::move(identity)));
  node->assemble(std::move(recovery));
  AVAL_TRY(as_configuration(node->open_ports()));
  return node;
}

Node::Node(Config config, contracts::GenesisState genesis, DataDir data_dir, Identity identity)
    : config_(std::move(config)),
      genesis_(std::move(genesis)),
      data_dir_(std::move(data_dir)),
      identity_(std::move(identity)),
      vote_signer_(std::move(identity_.vote_key)) {
  if (identity_.gateway_key) {
    gateway_.emplace(std::move(*identity_.gateway_key), config_.gateway.member, genesis_.config);
  }
}

Node::~Node() = default;

void Node::assemble(Recovery recovery) {
  LedgerWorker::Options options;
  options.data_dir = data_dir_.path();
  options.disk_reserve_bytes = std::uint64_t{config_.storage.disk_reserve_mb} << 20U;
  ledger_ = std::make_unique<LedgerWorker>(loop_, genesis_.config, std::move(recovery.ledger),
                                           std::move(recovery.journal), options);
  pool_ = std::make_unique<VerifyPool>(
      loop_, verify_threads(), genesis_.config.validators.size() + 1, VerifyPool::Limits{}, [this](std::size_t lane) {
        if (lane < genesis_.config.validators.size()) {
          network_->resume_reading(ledger::ReplicaId{static_cast<std::uint32_t>(lane)});
        }
      });
  driver_ = std::make_unique<Driver>(Driver::Parts{loop_, *ledger_, *pool_, genesis_.config, identity_.self},
                                     vote_signer_, std::move(recovery.recovered));
}

Result<void> Node::open_ports() {
  AVAL_ASSIGN(auto options, network_options(config_, genesis_.config, identity_.self));
  AVAL_ASSIGN(network_, PeerNetwork::start(loop_, std::move(identity_.tls), std::move(options),
                                           [this](ledger::ReplicaId peer, Frame frame) {
                                             return driver_->on_frame(peer, std::move(frame));
                                           }));
  HttpApi::Options api;
  api.host = config_.api.listen.host;
  api.port = config_.api.listen.port;
  api.connections_max = config_.api.connections_max;
  AVAL_ASSIGN(api_, HttpApi::start(*this, api));
  driver_->start(*network_);
  return {};
}

void Node::run() {
  const StopSignals signals(loop_, [this] { stop(); });
  log_info(config_.member + " serves chain " + genesis_.config.chain_id.hex() + " from height " +
           std::to_string(ledger::number(view().ledger->head().height)) + "; peers at " +
           config_.p2p.listen.host + ":" + std::to_string(network_->port()) + ", API at " + config_.api.listen.host +
           ":" + std::to_string(api_->port()));
  loop_.run();
  pool_->stop();
  ledger_->stop();
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
  status.fsyncs = ledger_->syncs();
  status.transactions = standing.transactions;
  const auto& validators = genesis_.config.validators.validators;
  for (std::size_t i = 0; i < standing.connected.size(); ++i) {
    const ledger::ReplicaId id{static_cast<std::uint32_t>(i)};
    if (id == identity_.self) continue;
    status.peers.push_back({id, validators[i].member, standing.connected[i], standing.final_heights[i]});
  }
  return status;
}

std::vector<std::string> Node::reasons_not_ready(const Driver::Standing& standing) const {
  std::vector<std::string> reasons;
  const ledger::ValidatorSet& set = genesis_.config.validators;
  const auto reached = 1 + std::count(standing.connected.begin(), standing.connected.end(), true);
  if (static_cast<std::size_t>(reached) < set.quorum()) {
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

void Node::submit(Bytes envelope, std::chrono::milliseconds wait, Answer answer) {
  driver_->submit(std::move(envelope), wait, std::move(answer));
}

void Node::submit_attestation(Bytes cose_sign1, std::chrono::milliseconds wait, Answer answer) {
  if (!gateway_) return answer(unexpected(Error::Code::Refused, "this node has no gateway key"));
  const std::size_t bytes = cose_sign1.size();
  const auto wrap = [this, wait, answer, message = std::make_shared<const Bytes>(std::move(cose_sign1))]()
      -> VerifyPool::Continuation {
    auto wrapped = gateway_->wrap(*message, view());
    if (!wrapped) {
      answer(unexpected(wrapped.error()));
    } else if (const auto* end = std::get_if<TxState>(&*wrapped)) {
      answer(*end);
    } else {
      driver_->submit(std::get<Bytes>(std::move(*wrapped)), wait, answer);
    }
    return {};
  };
  const auto taken = pool_->submit(genesis_.config.validators.size(), VerifyPool::Urgency::Bulk, bytes, wrap);
  if (taken == VerifyPool::Taken::Refused) {
    answer(unexpected(Error::Code::Unavailable, "too many submissions wait to be checked"));
  }
}

}  // namespace aval::node
