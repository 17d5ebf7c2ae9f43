#pragma once

// Internal to this room: the hashes of the state tree, shared by the tree and by verifiers of proofs.

#include "ledger/state_tree.h"

namespace aval::ledger {

constexpr std::uint16_t position_bits = 256;

/// Bit 0 is the most significant one of the first byte.
inline bool bit_of(const crypto::Digest& position, std::uint16_t bit) {
  return (unsigned{position.bytes[bit / 8U]} >> (7U - bit % 8U) & 1U) != 0;
}

/// Where an entry stands in the tree.
crypto::Digest position_of(ByteView key);
crypto::Digest leaf_hash(const crypto::Digest& position, const crypto::Digest& value);
crypto::Digest node_hash(std::uint16_t bit, const crypto::Digest& left, const crypto::Digest& right);

}  // namespace aval::ledger
