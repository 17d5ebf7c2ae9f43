#pragma once

#include <memory>

#include "contracts/genesis.h"
#include "node/api_backend.h"
#include "node/config.h"
#include "node/data_dir.h"
#include "node/driver.h"
#include "node/epoch_proof.h"
#include "node/http_api.h"
#include "node/identity.h"
#include "node/oracle_gateway.h"
#include "node/peer_book.h"
#include "node/recovery.h"
#include "node/scrubber.h"
#include "node/snapshot_taker.h"

namespace aval::node {

/// The process: builds every part in order, owns them all, and answers the HTTP side.
class Node final : public ApiBackend {
 public:
  /// Everything that can be wrong with configuration, genesis and keys, without touching the data.
  static Result<void> check(const Config& config);

  /// The vote key in use is given up for good (given_up_keys.h), with the data at rest. For an operator whose
  /// journal is lost, or who has put back an old copy of the data.
  static Result<void> give_up_vote_key(const Config& config);

  /// Opens the data, binds the ports, and is ready to run. The error says what is wrong and what to do;
  /// exit_code_for() says how the process ends.
  static Result<std::unique_ptr<Node>> create(const Config& config);
  ~Node() override;

  /// Serves until SIGTERM or SIGINT, on the calling thread, which becomes the core thread.
  void run();

  const contracts::GenesisState& genesis() const override { return genesis_; }
  std::string member() const override { return config_.member; }
  LedgerView view() const override { return ledger_->view(); }
  NodeStatus status() const override;
  std::vector<ledger::Evidence> evidence() const override { return ledger_->evidence().all(); }
  std::vector<Bytes> new_views() const override { return ledger_->evidence().new_views(); }
  TxState find(const ledger::TxId& tx_id) const override;
  void submit(Bytes envelope, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) override;
  void submit_attestation(Bytes cose_sign1, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) override;

 private:
  Node(Config config, contracts::GenesisState genesis, DataDir data_dir, Identity identity);
  void assemble(Recovery recovery, std::unique_ptr<SnapshotStore> snapshots);
  Result<void> open_ports();
  std::size_t lanes() const;
  void enter_epoch(const std::shared_ptr<const ledger::ChainConfig>& chain);
  crypto::MemorySigner signer_of(crypto::PrivateKey vote_key) const;
  void on_key_elsewhere(const std::string& what);
  void take_keys_of(ledger::ReplicaId seat, const ledger::ChainConfig& chain);
  void try_other_tls_key();
  void make_links_anew(std::optional<TlsContext> own);
  PeerNetwork::Options peer_options();
  void stop();
  std::vector<std::string> reasons_not_ready(const Driver::Standing& standing) const;

  Config config_;
  contracts::GenesisState genesis_;
  DataDir data_dir_;
  std::shared_ptr<const ledger::ChainConfig> chain_;  // core thread; everybody else asks the view
  std::optional<PeerBook> book_;                      // of `chain_`
  EpochSteps epoch_steps_;                            // as far as anybody had to be shown them
  ledger::ReplicaId self_{};
  crypto::PublicKey tls_key_;
  TlsTurns tls_turns_{config_};
  std::optional<TlsContext> tls_;  // until the network has it
  std::unique_ptr<crypto::MemorySigner> vote_signer_;
  std::optional<OracleGateway> gateway_;
  CoreLoop loop_;
  std::unique_ptr<SnapshotStore> snapshots_;
  std::unique_ptr<SnapshotTaker> snapshot_taker_;
  std::unique_ptr<LedgerWorker> ledger_;
  std::unique_ptr<Scrubber> scrubber_;
  std::unique_ptr<VerifyPool> pool_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<PeerNetwork> network_;
  std::unique_ptr<HttpApi> api_;
};

}  // namespace aval::node
