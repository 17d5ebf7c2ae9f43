#include "crypto/merkle.h"

#include <cstring>

#include "crypto/base/mutant.h"

namespace aval::crypto {
namespace {

constexpr char leaf_prefix = '\x00';
constexpr char node_prefix = '\x01';

Digest node(const Digest& left, const Digest& right) {
  std::array<char, 65> bytes;
  bytes[0] = node_prefix;
  std::memcpy(bytes.data() + 1, left.bytes.data(), 32);
  std::memcpy(bytes.data() + 33, right.bytes.data(), 32);
  return sha256({bytes.data(), bytes.size()});
}

/// Replaces a level of the tree by the one above it. A last node without a sibling moves up as it
/// is: level by level this builds the tree that RFC 6962 defines by splitting at powers of two.
void climb(std::vector<Digest>& level) {
  const std::size_t pairs = level.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i) level[i] = node(level[2 * i], level[2 * i + 1]);
  const Digest& last = level.back();
  if (level.size() % 2 != 0) level[pairs] = mutated("merkle-odd-leaf-doubled") ? node(last, last) : last;
  level.resize(pairs + level.size() % 2);
}

}  // namespace

Digest merkle_leaf(ByteView data) {
  // Leaves are receipts and commands of a few hundred bytes: one copy is cheaper than two updates.
  Bytes bytes;
  bytes.reserve(data.size() + 1);
  bytes.push_back(mutated("merkle-leaf-like-a-node") ? node_prefix : leaf_prefix);
  bytes.append(data);
  return sha256(bytes);
}

Digest merkle_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256({});
  std::vector<Digest> level(leaves.begin(), leaves.end());
  while (level.size() > 1) climb(level);
  return level.front();
}

MerkleProof merkle_prove(std::span<const Digest> leaves, std::uint64_t index) {
  AVAL_CHECK(index < leaves.size());
  MerkleProof proof{.index = index, .size = leaves.size(), .path = {}};
  std::vector<Digest> level(leaves.begin(), leaves.end());
  for (std::size_t position = index; level.size() > 1; position /= 2) {
    const std::size_t sibling = position ^ 1;
    if (sibling < level.size()) proof.path.push_back(level[sibling]);
    climb(level);
  }
  return proof;
}

bool merkle_verify(const Digest& root, const Digest& leaf, const MerkleProof& proof) {
  if (proof.index >= proof.size) return false;
  Digest hash = leaf;
  std::size_t used = 0;
  std::uint64_t position = proof.index;
  for (std::uint64_t last = proof.size - 1; last > 0; last /= 2, position /= 2) {
    const bool is_right = position % 2 != 0;
    if (!is_right && position == last) continue;  // no sibling: it moved up as it is
    if (used == proof.path.size()) return false;
    const Digest& sibling = proof.path[used++];
    hash = is_right ? node(sibling, hash) : node(hash, sibling);
  }
  return (used == proof.path.size() || mutated("merkle-path-too-long")) && hash == root;
}

}  // namespace aval::crypto
