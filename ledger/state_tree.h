#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "crypto/hash.h"
#include "ledger/state.h"

namespace aval::ledger {

/// One step of a proof: the digest beside the path, and the bit of the position where they part.
struct SparseSibling {
  std::uint16_t bit = 0;
  crypto::Digest digest;
  bool operator==(const SparseSibling&) const = default;
};

/// Proof of presence (the leaf is the key's own) or of absence (the tree is empty, or the leaf that
/// the key's bits lead to is another one).
struct StateProof {
  struct Leaf {
    crypto::Digest position;  // tagged(StateKey, key)
    crypto::Digest value;     // sha256(value)
    bool operator==(const Leaf&) const = default;
  };
  std::optional<Leaf> leaf;
  std::vector<SparseSibling> siblings;  // from the leaf upwards, bits strictly falling
  bool operator==(const StateProof&) const = default;
};

Bytes encode_state_proof(const StateProof& proof);
Result<StateProof> decode_state_proof(ByteView bytes);

/// True when `proof` shows under `root` that `key` has `value` (or, for nullopt, has none).
bool verify_state(const crypto::Digest& root, ByteView key, std::optional<ByteView> value,
                  const StateProof& proof);

/// The authenticated state: a binary, path-compressed sparse Merkle tree over the authenticated
/// entries, at position tagged(StateKey, key).
///   empty tree  = 32 zero bytes
///   leaf        = tagged(StateLeaf, position || sha256(value))
///   inner node  = tagged(StateNode, bit as 2 bytes big endian || left || right)
/// where `bit` (0 = most significant) is the first one in which the positions below it differ; left
/// holds those with 0. The shape follows from the set of keys alone, so the root does not depend on
/// history. A StateTree is an immutable value: with() returns the changed tree and shares the rest,
/// so each block in flight has its own. Copies are cheap; safe to read from several threads.
class StateTree {
 public:
  StateTree();  // empty
  crypto::Digest root() const;
  std::size_t size() const;
  /// The tree after `writes`, applied as one batch; index keys are passed over.
  StateTree with(const WriteSet& writes) const;
  /// Proof for a key that is here or not.
  StateProof prove(ByteView key) const;
  /// Builds the tree of all authenticated entries of a state.
  static StateTree of(const StateReader& state);

  struct Node;

 private:
  StateTree(std::shared_ptr<const Node> root, const crypto::Digest& root_hash)
      : root_(std::move(root)), root_hash_(root_hash) {}

  std::shared_ptr<const Node> root_;
  crypto::Digest root_hash_;
};

}  // namespace aval::ledger
