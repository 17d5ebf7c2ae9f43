#include "ledger/state_tree.h"

#include <algorithm>
#include <bit>

#include "crypto/base/mutant.h"
#include "ledger/state_node.h"

namespace aval::ledger {

/// Common part of leaves and inner nodes; which one it is follows from the bit. A node does not hold
/// its own hash: the parent holds the hashes of both children, so that hashing a changed node touches
/// no memory beside the path.
struct StateTree::Node {
  std::uint16_t bit;  // where the children part; position_bits in a leaf
};

namespace {

using crypto::Digest;
using Node = StateTree::Node;
using NodePtr = std::shared_ptr<const Node>;

struct Leaf : Node {
  StateProof::Leaf entry;
};

/// A node with its hash; without a node, the empty tree.
struct Subtree {
  NodePtr node;
  Digest hash;
};

struct Inner : Node {
  std::size_t size;
  Subtree left;
  Subtree right;
};

/// One write: the digest of the new value, or nothing for a removal.
struct Change {
  Digest position;
  std::optional<Digest> value;
};
using Changes = std::span<const Change>;

bool is_leaf(const Node& node) { return node.bit == position_bits; }
const Leaf& as_leaf(const Node& node) { return static_cast<const Leaf&>(node); }
const Inner& as_inner(const Node& node) { return static_cast<const Inner&>(node); }

std::size_t size_of(const NodePtr& node) {
  if (!node) return 0;
  return is_leaf(*node) ? 1 : as_inner(*node).size;
}

/// First bit in which two positions differ; position_bits when they are equal.
std::uint16_t first_difference(const Digest& a, const Digest& b) {
  for (std::size_t i = 0; i < a.bytes.size(); ++i) {
    const auto difference = static_cast<std::uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (difference != 0)
      return static_cast<std::uint16_t>(i * 8 + static_cast<std::size_t>(std::countl_zero(difference)));
  }
  return position_bits;
}

Subtree make_leaf(const Digest& position, const Digest& value) {
  return {std::make_shared<const Leaf>(Leaf{{position_bits}, {position, value}}), leaf_hash(position, value)};
}

/// The tree over two subtrees that part at `bit`; when one is empty, the other as it stands.
Subtree join(std::uint16_t bit, Subtree left, Subtree right) {
  if (!left.node) return right;
  if (!right.node) return left;
  const Digest hash = node_hash(bit, left.hash, right.hash);
  const std::size_t size = size_of(left.node) + size_of(right.node);
  return {std::make_shared<const Inner>(Inner{{bit}, size, std::move(left), std::move(right)}), hash};
}

/// Position of some leaf below `node`: it tells the bits all of them share.
const Digest& any_position(const Node& node) {
  const Node* at = &node;
  while (!is_leaf(*at)) at = as_inner(*at).left.node.get();
  return as_leaf(*at).entry.position;
}

/// Where the changes with a 1 in `bit` begin; the bits above are the same in all of them.
std::size_t count_left(Changes changes, std::uint16_t bit) {
  const auto right = std::partition_point(
      changes.begin(), changes.end(), [bit](const Change& change) { return !bit_of(change.position, bit); });
  return static_cast<std::size_t>(right - changes.begin());
}

// Recursion below goes down by at least one bit of the position a step: 256 steps at most.

Subtree build(Changes changes) {
  if (changes.empty()) return {};
  if (changes.size() == 1) {
    const Change& only = changes.front();
    return only.value ? make_leaf(only.position, *only.value) : Subtree{};
  }
  const std::uint16_t bit = first_difference(changes.front().position, changes.back().position);
  const std::size_t left = count_left(changes, bit);
  return join(bit, build(changes.first(left)), build(changes.subspan(left)));
}

Subtree apply(const Subtree& tree, Changes changes, std::uint16_t shared_bits);

/// Some changes leave the path of `tree` at `bit`, above its node: they get a node of their own there.
Subtree apply_beside(const Subtree& tree, Changes changes, std::uint16_t bit) {
  const std::size_t left = count_left(changes, bit);
  const Changes lower = changes.first(left);
  const Changes upper = changes.subspan(left);
  const auto below = static_cast<std::uint16_t>(bit + 1);
  if (bit_of(any_position(*tree.node), bit)) return join(bit, build(lower), apply(tree, upper, below));
  return join(bit, apply(tree, lower, below), build(upper));
}

Subtree apply_to_leaf(const Subtree& tree, const Change& change) {
  if (!change.value) return {};
  if (*change.value == as_leaf(*tree.node).entry.value) return tree;
  return make_leaf(change.position, *change.value);
}

Subtree apply_to_children(const Subtree& tree, Changes changes) {
  const Inner& inner = as_inner(*tree.node);
  const std::size_t left_count = count_left(changes, inner.bit);
  const auto below = static_cast<std::uint16_t>(inner.bit + 1);
  Subtree left = apply(inner.left, changes.first(left_count), below);
  Subtree right = apply(inner.right, changes.subspan(left_count), below);
  if (left.node == inner.left.node && right.node == inner.right.node) return tree;
  return join(inner.bit, std::move(left), std::move(right));
}

/// The first bit at which a change leaves the path to `node`, or the node's own bit when none does.
/// The changes are ascending, so the outermost two decide.
std::uint16_t divergence(const Node& node, Changes changes, std::uint16_t shared_bits) {
  if (node.bit == shared_bits) return node.bit;  // nothing was skipped: no need to look for a leaf
  const Digest& position = any_position(node);
  return std::min({node.bit, first_difference(position, changes.front().position),
                   first_difference(position, changes.back().position)});
}

/// `tree` after `changes`, which are ascending and distinct and share their first `shared_bits` bits
/// with every position in it. Untouched subtrees are shared; each changed node is hashed once.
Subtree apply(const Subtree& tree, Changes changes, std::uint16_t shared_bits) {
  if (changes.empty()) return tree;
  if (!tree.node) return build(changes);
  const std::uint16_t bit = divergence(*tree.node, changes, shared_bits);
  if (bit < tree.node->bit) return apply_beside(tree, changes, bit);
  if (is_leaf(*tree.node)) return apply_to_leaf(tree, changes.front());
  return apply_to_children(tree, changes);
}

Change change_of(ByteView key, const std::optional<Bytes>& value) {
  if (!value) return {position_of(key), std::nullopt};
  return {position_of(key), crypto::sha256(*value)};
}

void sort_by_position(std::vector<Change>& changes) {
  if (mutated("state-tree-unsorted")) return;
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return a.position < b.position; });
}

}  // namespace

StateTree::StateTree() = default;

Digest StateTree::root() const { return root_hash_; }

std::size_t StateTree::size() const { return size_of(root_); }

StateTree StateTree::with(const WriteSet& writes) const {
  std::vector<Change> changes;
  changes.reserve(writes.size());
  for (const auto& [key, value] : writes)
    if (!is_index_key(key)) changes.push_back(change_of(key, value));
  sort_by_position(changes);
  Subtree changed = apply({root_, root_hash_}, changes, 0);
  return StateTree(std::move(changed.node), changed.hash);
}

StateProof StateTree::prove(ByteView key) const {
  StateProof proof;
  if (!root_) return proof;
  const Digest position = position_of(key);
  const Node* at = root_.get();
  while (!is_leaf(*at)) {
    const Inner& inner = as_inner(*at);
    const bool right = bit_of(position, inner.bit);
    proof.siblings.push_back({inner.bit, right ? inner.left.hash : inner.right.hash});
    at = (right ? inner.right : inner.left).node.get();
  }
  std::reverse(proof.siblings.begin(), proof.siblings.end());
  proof.leaf = as_leaf(*at).entry;
  return proof;
}

StateTree StateTree::of(const StateReader& state) {
  std::vector<Change> changes;
  state.scan({}, [&](ByteView key, ByteView value) {
    if (!is_index_key(key)) changes.push_back({position_of(key), crypto::sha256(value)});
    return true;
  });
  sort_by_position(changes);
  Subtree built = build(changes);
  return StateTree(std::move(built.node), built.hash);
}

}  // namespace aval::ledger
