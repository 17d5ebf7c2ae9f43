#include "ledger/batch.h"

#include <algorithm>

#include "ledger/canonical.h"
#include "ledger/framing.h"
#include "ledger/parameters.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

constexpr std::size_t envelopes_max = batch_envelopes_limit;
constexpr std::size_t bytes_max = batch_bytes_limit;

Bytes encode_batch(const Batch& batch) {
  pb::Batch wire;
  wire.set_origin(number(batch.origin));
  wire.set_counter(batch.counter);
  wire.mutable_envelopes()->Reserve(static_cast<int>(batch.envelopes.size()));
  for (const EnvelopePtr& envelope : batch.envelopes) wire.add_envelopes(envelope->bytes);
  return canonical(wire);
}

Result<std::vector<EnvelopePtr>> read_envelopes(pb::Batch& wire) {
  const auto count = static_cast<std::size_t>(wire.envelopes_size());
  if (count == 0) return malformed("batch: no envelopes");
  if (count > envelopes_max) return malformed("batch: more than 5000 envelopes");
  std::vector<EnvelopePtr> out;
  out.reserve(count);
  for (Bytes& bytes : *wire.mutable_envelopes()) {
    AVAL_ASSIGN(auto envelope, take_envelope(std::move(bytes)));
    out.push_back(std::make_shared<const Envelope>(std::move(envelope)));
  }
  return out;
}

/// Where a ref belongs in a block; compared in this order.
struct Place {
  crypto::Digest origin_rank;
  BatchRef ref;
  auto operator<=>(const Place&) const = default;
};

crypto::Digest origin_rank(const crypto::Digest& parent, ReplicaId origin) {
  return crypto::tagged(crypto::Tag::OriginOrder, {parent.view(), big_endian_4(number(origin))});
}

}  // namespace

BatchPtr make_batch(ReplicaId origin, std::uint64_t counter, std::vector<EnvelopePtr> envelopes) {
  auto batch = std::make_shared<Batch>();
  batch->origin = origin;
  batch->counter = counter;
  batch->envelopes = std::move(envelopes);
  batch->bytes = encode_batch(*batch);
  batch->digest = crypto::tagged(crypto::Tag::Batch, batch->bytes);
  return batch;
}

Result<Batch> take_batch(Bytes bytes) {
  if (bytes.size() > bytes_max) return malformed("batch: longer than 8 MiB");
  pb::Batch wire;
  AVAL_TRY(parse_canonical(bytes, wire, "batch"));
  Batch batch;
  AVAL_ASSIGN(batch.envelopes, read_envelopes(wire));
  batch.origin = ReplicaId{wire.origin()};
  batch.counter = wire.counter();
  batch.digest = crypto::tagged(crypto::Tag::Batch, bytes);
  batch.bytes = std::move(bytes);
  return batch;
}

Result<Batch> decode_batch(ByteView bytes) { return take_batch(Bytes(bytes)); }

bool signatures_valid(const Batch& batch) {
  return std::all_of(batch.envelopes.begin(), batch.envelopes.end(),
                     [](const EnvelopePtr& envelope) { return signatures_valid(*envelope); });
}

std::vector<BatchRef> in_block_order(const crypto::Digest& parent, std::vector<BatchRef> refs) {
  std::sort(refs.begin(), refs.end());
  std::vector<Place> places;
  places.reserve(refs.size());
  for (const BatchRef& ref : refs) {
    const bool known = !places.empty() && places.back().ref.origin == ref.origin;
    places.push_back({known ? places.back().origin_rank : origin_rank(parent, ref.origin), ref});
  }
  std::sort(places.begin(), places.end());
  std::transform(places.begin(), places.end(), refs.begin(), [](const Place& place) { return place.ref; });
  return refs;
}

}  // namespace aval::ledger
