#pragma once

#include <memory>
#include <vector>

#include "ledger/envelope.h"

namespace aval::ledger {

/// Envelopes that one validator received and packed for dissemination.
struct Batch {
  Bytes bytes;  // canonical Batch, as received
  crypto::Digest digest;
  ReplicaId origin{};
  std::uint64_t counter = 0;
  std::vector<EnvelopePtr> envelopes;
};
using BatchPtr = std::shared_ptr<const Batch>;

struct BatchRef {
  ReplicaId origin{};
  std::uint64_t counter = 0;
  crypto::Digest digest;
  auto operator<=>(const BatchRef&) const = default;
};

inline BatchRef ref_of(const Batch& batch) { return {batch.origin, batch.counter, batch.digest}; }

BatchPtr make_batch(ReplicaId origin, std::uint64_t counter, std::vector<EnvelopePtr> envelopes);

/// Decodes a batch and each envelope in it; checks canonical form and limits, not signatures.
Result<Batch> decode_batch(ByteView bytes);

/// True when every signature of every envelope verifies.
bool signatures_valid(const Batch& batch);

/// The order of batches in the block on top of `parent`: origins by tagged(OriginOrder, parent ||
/// origin as 4 bytes big endian), each origin's batches by counter, then by digest.
std::vector<BatchRef> in_block_order(const crypto::Digest& parent, std::vector<BatchRef> refs);

}  // namespace aval::ledger
