#include "ledger/batch.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "ledger/canonical.h"
#include "ledger/framing.h"
#include "ledger/wire.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::batch_test {
namespace {

const crypto::Digest chain = digest_of("a chain");

std::vector<BatchRef> refs_of_three_origins() {
  std::vector<BatchRef> refs;
  for (std::uint32_t origin = 0; origin < 3; ++origin)
    for (std::uint64_t counter = 1; counter < 4; ++counter)
      refs.push_back({ReplicaId{origin}, counter, digest_of(std::to_string(origin * 10 + counter))});
  refs.push_back({ReplicaId{1}, 2, digest_of("the origin's other batch with this counter")});
  return refs;
}

std::vector<ReplicaId> origins_of(const std::vector<BatchRef>& refs) {
  std::vector<ReplicaId> origins;
  for (const BatchRef& ref : refs)
    if (origins.empty() || origins.back() != ref.origin) origins.push_back(ref.origin);
  return origins;
}

}  // namespace

TEST_CASE("a batch decodes to the envelopes it was made of", "[batch]") {
  const auto made = make_batch(ReplicaId{3}, 12, {sample_envelope(chain, 1), sample_envelope(chain, 2)});
  const Batch batch = decode_batch(made->bytes).value();
  CHECK(batch.bytes == made->bytes);
  CHECK(batch.digest == made->digest);
  CHECK(batch.digest == crypto::tagged(crypto::Tag::Batch, batch.bytes));
  CHECK(ref_of(batch) == BatchRef{ReplicaId{3}, 12, made->digest});
  REQUIRE(batch.envelopes.size() == 2);
  CHECK(batch.envelopes[1]->body == made->envelopes[1]->body);
  CHECK(signatures_valid(batch));
}

TEST_CASE("one wrong signature makes the batch's signatures invalid", "[batch]") {
  auto bad = std::make_shared<Envelope>(*sample_envelope(chain, 2));
  bad->signatures[0].signature.bytes[40] ^= 2U;
  CHECK_FALSE(signatures_valid(*make_batch(ReplicaId{0}, 1, {sample_envelope(chain, 1), bad})));
}

TEST_CASE("a batch of nothing, or with a bad envelope anywhere, is refused", "[batch]") {
  CHECK_FALSE(decode_batch(make_batch(ReplicaId{1}, 1, {})->bytes));
  for (int bad = 0; bad < 3; ++bad) {
    pb::Batch wire;
    wire.set_origin(1);
    for (int i = 0; i < 3; ++i) wire.add_envelopes(i == bad ? "noise" : sample_envelope(chain, 1)->bytes);
    CHECK_FALSE(decode_batch(canonical(wire)));
  }
}

TEST_CASE("a batch with more than 5000 envelopes or 8 MiB is refused", "[batch]") {
  pb::Batch wire;
  for (int i = 0; i < 5001; ++i) wire.add_envelopes("");
  CHECK(decode_batch(canonical(wire)).error().message == "batch: more than 5000 envelopes");
  CHECK(decode_batch(Bytes(8 * 1024 * 1024 + 1, 'x')).error().message == "batch: longer than 8 MiB");
}

TEST_CASE("CR-07 origin, counter and every envelope enter the digest of a batch", "[batch]") {
  const auto first = sample_envelope(chain, 1);
  const auto second = sample_envelope(chain, 2);
  const auto digest = make_batch(ReplicaId{1}, 1, {first, second})->digest;
  CHECK(make_batch(ReplicaId{2}, 1, {first, second})->digest != digest);
  CHECK(make_batch(ReplicaId{1}, 2, {first, second})->digest != digest);
  CHECK(make_batch(ReplicaId{1}, 1, {second, first})->digest != digest);
  CHECK(make_batch(ReplicaId{1}, 1, {first})->digest != digest);
}

TEST_CASE("CR-03 the block order does not depend on the order of arrival", "[batch]") {
  const auto refs = refs_of_three_origins();
  const auto expected = in_block_order(digest_of("parent"), refs);
  Numbers numbers(3);
  for (int round = 0; round < 100; ++round) {
    auto shuffled = refs;
    for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[numbers.below(i)]);
    REQUIRE(in_block_order(digest_of("parent"), shuffled) == expected);
  }
}

TEST_CASE("in a block each origin's batches stand together, by counter and then by digest", "[batch]") {
  const auto ordered = in_block_order(digest_of("parent"), refs_of_three_origins());
  CHECK(origins_of(ordered).size() == 3);
  for (std::size_t i = 1; i < ordered.size(); ++i)
    if (ordered[i].origin == ordered[i - 1].origin) CHECK(ordered[i - 1] < ordered[i]);
}

TEST_CASE("the origins of a block are ordered by a hash of its parent", "[batch]") {
  for (const char* text : {"a parent", "another parent", "a third one"}) {
    const auto parent = digest_of(text);
    auto origins = origins_of(in_block_order(parent, refs_of_three_origins()));
    const auto rank = [&](ReplicaId origin) {
      return crypto::tagged(crypto::Tag::OriginOrder, Bytes(parent.view()) + big_endian_4(number(origin)));
    };
    CHECK(std::is_sorted(origins.begin(), origins.end(), [&](auto a, auto b) { return rank(a) < rank(b); }));
  }
}

TEST_CASE("no origin is always first", "[batch]") {
  std::array<int, 3> first{};
  for (int i = 0; i < 300; ++i)
    ++first.at(number(in_block_order(digest_of(std::to_string(i)), refs_of_three_origins()).front().origin));
  for (const int times : first) CHECK(times > 50);
}

}  // namespace aval::ledger::batch_test
