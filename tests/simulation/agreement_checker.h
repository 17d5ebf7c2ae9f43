#pragma once

#include <map>
#include <set>
#include <vector>

#include "contracts/replay.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/epoch_book.h"
#include "tests/simulation/verdict.h"

namespace aval::simulation {

using ledger::BlockHash;
using ledger::Height;
using ledger::ReplicaId;

/// What a node's own execution of a block gave.
struct BlockRoots {
  crypto::Digest tx_root;
  crypto::Digest receipt_root;
  crypto::Digest state_root;
};

/// The smallest number of n validators of which any two sets share more than f = floor((n-1)/3),
/// counted out rather than computed by the formula under test.
std::size_t quorum_counted(std::size_t n);

bool votes_in(const ledger::ValidatorSet& set, ReplicaId id);
std::size_t voters_counted(const ledger::ValidatorSet& set);

/// What is wrong with a certificate of the phase, if anything, without ledger/certificate.cc. `config`: of
/// the epoch it has to be of.
std::optional<std::string> fault_of(const ledger::Certificate& certificate, ledger::Phase phase,
                                    const ledger::ChainConfig& config, ledger::SignatureCheck check);

/// Executes the agreed chain block by block on a state of its own, outside every node.
class Reference {
 public:
  /// `rebuilds`: computes each state root from all entries instead of from the block's writes.
  Reference(const contracts::GenesisState& genesis, bool rebuilds);
  /// What is wrong with the next block of the chain, if anything.
  std::optional<std::string> add(const ledger::CertifiedBlock& block);
  /// Whether all entries together still give the root of the last block.
  std::optional<std::string> check_rebuilt() const;
  const std::map<ledger::TxId, Height>& transactions() const { return transactions_; }
  const EpochBook& epochs() const { return epochs_; }
  std::uint64_t rejected() const { return rejected_; }

 private:
  std::optional<std::string> add_transaction(const ledger::Envelope& envelope, Height height);
  std::optional<std::string> begin_epoch(const ledger::Header& last);
  Result<ledger::ValidatorSet> named_validators();

  EpochBook epochs_;
  Bytes validators_bytes_;  // of the state, and what they say
  ledger::ValidatorSet validators_;
  bool rebuilds_;
  ledger::MemoryState state_;
  ledger::StateTree tree_;
  crypto::Digest last_root_;
  std::map<ledger::TxId, Height> transactions_;
  std::uint64_t rejected_ = 0;
};

/// A1, A2, A3, A10, B2 and E1: one chain, whole, certified, executed alike by everybody, and what
/// clients were told about it stays true.
class AgreementChecker {
 public:
  AgreementChecker(const contracts::GenesisState& genesis, ledger::SignatureCheck check, bool rebuilds,
                   Verdict& verdict);

  /// The node starts from `head` on its disk.
  void on_start(ReplicaId node, const ledger::Header& head);
  /// A commit certificate is on the node's disk.
  void on_certificate(ReplicaId node, const ledger::Certificate& certificate);
  void on_final(ReplicaId node, const ledger::CertifiedBlock& block, const BlockRoots& computed);
  /// At the end: the node stands at `head`.
  void on_end(ReplicaId node, const ledger::Header& head);
  /// At the end: somebody was told that the transaction is final at `height`.
  void on_acknowledged(const ledger::TxId& tx_id, Height height);
  /// At the end, once.
  void check_rebuilt();

  Height highest() const { return static_cast<Height>(chain_.size() - 1); }
  const BlockHash& hash_at(Height height) const { return chain_[number(height)]; }
  const Reference& reference() const { return reference_; }
  /// Blocks known committed, with the view of the earliest certificate seen.
  const std::map<Height, ledger::Certificate>& certificates() const { return certificates_; }

 private:
  struct NodeView {
    Height head{};
    Height certified{};
  };
  void extend(const ledger::CertifiedBlock& block, const BlockHash& hash);
  void take_certificate(ReplicaId node, const ledger::Certificate& certificate);

  ledger::SignatureCheck check_;
  Verdict& verdict_;
  Reference reference_;
  std::vector<BlockHash> chain_;  // height i at i; genesis first
  std::map<Height, ledger::Certificate> certificates_;
  std::map<ReplicaId, NodeView> nodes_;
};

}  // namespace aval::simulation
