#include <array>

#include "crypto/base/mutant.h"
#include "ledger/canonical.h"
#include "ledger/state_node.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

Result<SparseSibling> read_sibling(const pb::SparseSibling& wire) {
  if (wire.bit() >= position_bits) return malformed("state proof: a bit above 255");
  SparseSibling out{static_cast<std::uint16_t>(wire.bit()), {}};
  AVAL_TRY(read_field(wire.digest(), "state proof: digest of a sibling", out.digest));
  return out;
}

Result<void> append_falling(const SparseSibling& next, std::vector<SparseSibling>& list) {
  if (!list.empty() && next.bit >= list.back().bit) return malformed("state proof: bits do not fall");
  list.push_back(next);
  return {};
}

Result<std::optional<StateProof::Leaf>> read_leaf(const pb::StateProof& wire) {
  if (wire.leaf_key().empty() && wire.leaf_value().empty()) return std::optional<StateProof::Leaf>();
  StateProof::Leaf leaf;
  AVAL_TRY(read_field(wire.leaf_key(), "state proof: leaf_key", leaf.position));
  AVAL_TRY(read_field(wire.leaf_value(), "state proof: leaf_value", leaf.value));
  return std::optional(leaf);
}

bool leads_to(const crypto::Digest& position, const StateProof& proof) {
  for (const SparseSibling& sibling : proof.siblings)
    if (bit_of(position, sibling.bit) != bit_of(proof.leaf->position, sibling.bit)) return false;
  return true;
}

bool bits_fall(const std::vector<SparseSibling>& siblings) {
  std::uint16_t above = position_bits;
  for (const SparseSibling& sibling : siblings) {
    if (sibling.bit >= above) return false;
    above = sibling.bit;
  }
  return true;
}

crypto::Digest root_above(const StateProof& proof) {
  crypto::Digest hash = leaf_hash(proof.leaf->position, proof.leaf->value);
  for (const SparseSibling& sibling : proof.siblings)
    hash = bit_of(proof.leaf->position, sibling.bit) ? node_hash(sibling.bit, sibling.digest, hash)
                                                     : node_hash(sibling.bit, hash, sibling.digest);
  return hash;
}

}  // namespace

crypto::Digest position_of(ByteView key) { return crypto::tagged(crypto::Tag::StateKey, key); }

crypto::Digest leaf_hash(const crypto::Digest& position, const crypto::Digest& value) {
  return crypto::tagged(crypto::Tag::StateLeaf, {position.view(), value.view()});
}

crypto::Digest node_hash(std::uint16_t bit, const crypto::Digest& left, const crypto::Digest& right) {
  const std::array<char, 2> bit_bytes = {static_cast<char>(bit >> 8U), static_cast<char>(bit & 0xffU)};
  return crypto::tagged(crypto::Tag::StateNode, {{bit_bytes.data(), 2}, left.view(), right.view()});
}

Bytes encode_state_proof(const StateProof& proof) {
  pb::StateProof wire;
  if (proof.leaf) {
    put_field(wire.mutable_leaf_key(), proof.leaf->position.view());
    put_field(wire.mutable_leaf_value(), proof.leaf->value.view());
  }
  for (const SparseSibling& sibling : proof.siblings) {
    auto* entry = wire.add_siblings();
    entry->set_bit(sibling.bit);
    put_field(entry->mutable_digest(), sibling.digest.view());
  }
  return canonical(wire);
}

Result<StateProof> decode_state_proof(ByteView bytes) {
  pb::StateProof wire;
  AVAL_TRY(parse_canonical(bytes, wire, "state proof"));
  StateProof proof;
  AVAL_ASSIGN(proof.leaf, read_leaf(wire));
  if (!proof.leaf && wire.siblings_size() > 0) return malformed("state proof: siblings without a leaf");
  for (const auto& entry : wire.siblings()) {
    AVAL_ASSIGN(const auto sibling, read_sibling(entry));
    AVAL_TRY(append_falling(sibling, proof.siblings));
  }
  return proof;
}

bool verify_state(const crypto::Digest& root, ByteView key, std::optional<ByteView> value,
                  const StateProof& proof) {
  if (is_index_key(key)) return false;  // indexes are outside the tree: nothing can be shown of them
  if (!proof.leaf) return !value && proof.siblings.empty() && root.is_zero();
  const crypto::Digest position = position_of(key);
  const bool is_own_leaf = proof.leaf->position == position;
  if (is_own_leaf != value.has_value()) return false;
  if (value && proof.leaf->value != crypto::sha256(*value)) return false;
  if (!bits_fall(proof.siblings)) return false;
  if (!leads_to(position, proof) && !mutated("absence-shown-by-any-leaf")) return false;
  return root_above(proof) == root;
}

}  // namespace aval::ledger
