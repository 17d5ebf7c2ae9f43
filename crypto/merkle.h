#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/hash.h"

namespace aval::crypto {

/// RFC 6962 (section 2.1) Merkle tree hashes: leaf = SHA-256(0x00 || data), node = SHA-256(0x01 || l || r),
/// the empty tree = SHA-256(""). No leaf is ever duplicated.
Digest merkle_leaf(ByteView data);
Digest merkle_root(std::span<const Digest> leaves);

/// An inclusion proof, bound to its position and to the size of the tree.
struct MerkleProof {
  std::uint64_t index = 0;
  std::uint64_t size = 0;
  std::vector<Digest> path;  // from the leaf upwards
};

/// `index` must be below leaves.size().
MerkleProof merkle_prove(std::span<const Digest> leaves, std::uint64_t index);

/// True when `leaf` stands at proof.index of a tree of proof.size leaves with this root; a path of
/// any other length than RFC 6962 gives for (index, size) is false. The root alone does not fix the
/// size (a tree of three and one of four leaves have proofs of one shape for leaf 0): compare
/// proof.size with the count that was signed beside the root.
bool merkle_verify(const Digest& root, const Digest& leaf, const MerkleProof& proof);

}  // namespace aval::crypto
