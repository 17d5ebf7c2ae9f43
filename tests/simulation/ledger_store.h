#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "contracts/replay.h"
#include "ledger/chain_config.h"
#include "ledger/state.h"
#include "ledger/state_tree.h"
#include "tests/simulation/prng.h"

namespace aval::simulation {

using ledger::Header;
using ledger::Height;

/// What a final block leaves in a node's ledger.
struct StoredBlock {
  ledger::CertifiedBlock block;
  std::vector<ledger::TxId> included;
  ledger::WriteSet writes;
  ledger::StateTree tree;
};

/// One node's ledger in memory, with the height up to which it is on disk. A crash may take any number
/// of the blocks above that height, last ones first.
class LedgerStore {
 public:
  explicit LedgerStore(const contracts::GenesisState& genesis);

  /// `block` stands on the head.
  void append(StoredBlock block);
  /// Everything up to `height` is on disk.
  void sync(Height height);
  /// Returns how many blocks are gone.
  std::size_t lose_unsynced(Prng& prng);
  /// The blocks above `height`, none of which is on disk, are gone. Returns how many.
  std::size_t cut_to(Height height);

  const Header& head() const { return head_; }
  /// What decides what comes above the head.
  const std::shared_ptr<const ledger::ChainConfig>& chain() const { return epochs_.rbegin()->second; }
  Height durable_height() const { return durable_height_; }
  const ledger::MemoryState& state() const { return state_; }
  const ledger::StateTree& tree() const { return tree_; }
  /// nullptr above the head; `height` is at least 1.
  const ledger::CertifiedBlock* block(Height height) const;
  std::optional<Height> height_of(const ledger::TxId& tx_id) const;
  /// Final blocks from `first` on for a peer that asks: at most about `blocks_max`, the last one with a
  /// certificate; empty when there are none.
  std::vector<ledger::CertifiedBlock> from(Height first, std::size_t blocks_max) const;

 private:
  void take(const StoredBlock& block);

  Header genesis_header_;
  ledger::MemoryState durable_state_;
  Height durable_height_{};
  ledger::MemoryState state_;
  ledger::StateTree tree_;
  Header head_;
  std::vector<StoredBlock> blocks_;  // height i + 1 at i
  std::map<ledger::TxId, Height> heights_;
  std::map<Height, std::shared_ptr<const ledger::ChainConfig>> epochs_;  // by the height each stands on
};

}  // namespace aval::simulation
