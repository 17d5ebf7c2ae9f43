#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "consensus/self.h"
#include "consensus/step.h"

namespace aval::consensus {

/// A block above the final one, its batches, and what executing it gave.
struct KnownBlock {
  enum class Standing { Unexecuted, Executing, Agrees, Differs };

  Block block;
  BlockHash hash;
  std::vector<BatchPtr> bodies;  // in the order of block.batches; null where missing
  Standing standing = Standing::Unexecuted;
  ExecutionId execution = final_state;  // final_state until one was asked for
  bool is_durable = false;              // in the journal, with its batches
  View wanted_in{};                     // the latest view that needed it

  bool is_complete() const;
  Height height() const { return block.header.height; }
};

/// The last final block and what is known above it, with every execution that was asked for.
///
/// Blocks are named by hash and stay when the view changes: a block voted for in an earlier view may
/// be the tip of a later one, and then somebody must still have it. They go when the final block
/// passes them, on their branch or on another one. Executions go earlier, with the view that wanted
/// them (keep_executions).
///
/// Commit certificates are kept here as well, because they are true in every view. finalise() takes
/// the highest one whose chain has been executed here with the roots its blocks name.
class BlockTree {
 public:
  using FindBatch = std::function<BatchPtr(const crypto::Digest&)>;

  BlockTree(const Self& self, Header final_header, std::optional<Certificate> certificate);

  const Header& final_header() const { return final_header_; }
  const BlockHash& final_hash() const { return final_hash_; }
  Height final_height() const { return final_header_.height; }
  /// Of the last final block, or of one above it right after a restart.
  const std::optional<Certificate>& final_certificate() const { return final_certificate_; }

  const KnownBlock* find(const BlockHash& hash) const;
  std::size_t size() const { return blocks_.size(); }
  std::size_t certificates() const { return certificates_.size(); }
  /// Of them at most so many came from the journal at the start: where the ledger was set back it holds more than
  /// is kept otherwise, and they become final one after the other.
  std::size_t restored() const { return restored_; }
  /// The header of a known block or of the final one; null when unknown.
  const Header* header(const BlockHash& hash) const;
  /// The blocks above the final one up to `hash`, ascending; nullopt when one of them is not known or
  /// the branch does not start at the final block.
  std::optional<std::vector<const KnownBlock*>> chain_to(const BlockHash& hash) const;
  /// The chain to `hash` was executed, and every block of it gave the roots it names.
  bool has_executed(const BlockHash& hash) const;
  /// Some block of the chain to `hash` gave other roots than it names.
  bool contradicts(const BlockHash& hash) const;
  /// Everything above the final block, in no order that means anything.
  std::vector<const KnownBlock*> blocks() const;

  /// Keeps a block. The bound of limits.h holds; the one wanted in the lowest view gives way.
  void add(Step& step, Block block, View wanted_in, const FindBatch& find_batch);
  /// Gives a batch to every block that misses it; true when one did.
  bool supply(const BatchPtr& batch);
  BatchPtr find_batch(const crypto::Digest& digest) const;
  /// The batches of known blocks that are among `digests`, each once.
  std::vector<BatchPtr> batches_among(std::set<crypto::Digest> digests) const;
  /// Nothing at or below this block is given up at the bound.
  void anchor(const BlockHash& hash) { anchor_ = hash; }
  /// Marks the chain to `hash` as needed in `view`.
  void want(const BlockHash& hash, View view);

  /// A block this replica is building on top of `parent`, which must be final or executed.
  ExecutionId build(Step& step, const BlockHash& parent, UnixMillis time_ms, std::vector<BatchPtr> bodies);
  /// Keeps what was built: the execution `id` gave the roots that the header names.
  void adopt(Block block, ExecutionId id, std::vector<BatchPtr> bodies, View view);
  void discard(Step& step, ExecutionId id) { step.actions.discard.push_back(id); }

  /// Asks for the executions that the chain to `hash` still needs and that can start now.
  void execute_chain(Step& step, const BlockHash& hash);
  /// The same for what is certified.
  void execute_certified(Step& step);
  /// The block that `executed` answers for, judged; null when nobody waits for it.
  const KnownBlock* on_executed(const Executed& executed);
  /// Gives up the executions of blocks that are on none of these chains and on no certified one.
  void keep_executions(Step& step, std::vector<BlockHash> tips);

  /// Writes the records of the chain to `hash` that are not written yet.
  void make_durable(Step& step, const BlockHash& hash, View view);
  /// Takes over what the journal holds.
  void restore(const std::vector<Record>& records);
  /// Batches and blocks that are durable, ascending by height.
  std::vector<Record> records() const;

  /// Keeps a commit certificate, within the bound of limits.h. Two of them for different blocks of one height mean
  /// that more than f validators lie, and finalise() says so instead of choosing; one that was forgotten tells
  /// nothing.
  void certify(const Certificate& certificate);
  /// The highest commit certificate above the final block, or null.
  const Certificate* highest_certificate() const;
  /// Makes final what is certified and executed. Returns the blocks, ascending; a certified block
  /// whose execution here gave other roots is a divergence, and a fork is one.
  std::vector<Block> finalise(Step& step);
  /// Executions of this step may name the executions that it makes final; later ones may not.
  void end_step() { final_execution_ = final_state; }

 private:
  KnownBlock* entry_of(const BlockHash& hash);
  bool can_execute_on(const BlockHash& parent) const;
  ExecutionId execution_on(const BlockHash& parent) const;
  void execute(Step& step, KnownBlock& entry);
  void make_room(Step& step);
  void drop_execution(Step& step, KnownBlock& entry);
  void advance(Step& step, const std::vector<const KnownBlock*>& chain);
  void drop_passed(Step& step);
  void forget_a_certificate();

  const Self& self_;
  Header final_header_;
  BlockHash final_hash_;
  std::optional<Certificate> final_certificate_;
  ExecutionId final_execution_ = final_state;
  std::map<BlockHash, KnownBlock> blocks_;
  std::size_t restored_ = 0;
  std::map<ExecutionId, BlockHash> executions_;
  std::map<Height, Certificate> certificates_;  // above the final block
  std::optional<std::string> fork_;
  std::optional<BlockHash> anchor_;
  std::uint64_t last_execution_ = 0;
};

}  // namespace aval::consensus
