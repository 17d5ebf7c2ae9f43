#pragma once

#include <optional>

#include "contracts/executor.h"
#include "contracts/genesis.h"
#include "ledger/state_tree.h"

namespace aval::contracts {

/// Roots and results of one executed block, before it is final.
struct BlockOutcome {
  ExecutedBlock executed;
  crypto::Digest tx_root;
  crypto::Digest receipt_root;
  crypto::Digest state_root;
  crypto::Digest validators_hash;  // who decides about the next block
  crypto::Digest params_hash;
  ledger::StateTree tree;  // after the block
};

/// Executes a block over `state` (whose writes it receives) and `tree`, and computes its roots. The
/// one function that nodes, simulator and auditors run.
BlockOutcome run_block(const BlockContext& context, const std::vector<ledger::BatchPtr>& batches,
                       const ledger::StateTree& tree, ledger::Overlay& state);

/// Re-executes a chain from genesis, block after block, and checks everything an auditor wants
/// checked: links, roots, every client signature, every certificate, the invariants.
class Replay {
 public:
  explicit Replay(const GenesisState& genesis);
  /// Feeds the next block. An error names the height and the first difference; after it nothing more
  /// is accepted. Blocks without a certificate wait for the descendant that carries it.
  Result<void> add(const ledger::CertifiedBlock& block);
  /// Fails when the last blocks have no certificate above them.
  Result<void> finish() const;
  const ledger::Header& head() const { return head_; }
  /// The chain in the epoch of the block above the head.
  const ledger::ChainConfig& config() const { return config_; }
  const ledger::StateReader& state() const { return state_; }
  const ledger::StateTree& tree() const { return tree_; }
  /// Highest height proved final by a certificate.
  ledger::Height certified() const { return certified_; }
  std::uint64_t transactions() const { return transactions_; }
  std::uint64_t signatures_checked() const { return signatures_; }

 private:
  Result<void> check_and_apply(const ledger::CertifiedBlock& block);

  ledger::ChainConfig config_;
  ledger::MemoryState state_;
  ledger::StateTree tree_;
  ledger::Header head_;
  ledger::Height certified_{};
  std::uint64_t transactions_ = 0;
  std::uint64_t signatures_ = 0;
  std::optional<Error> failed_;
};

}  // namespace aval::contracts
