#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/fingerprint.h"
#include "crypto/keys.h"
#include "crypto/merkle.h"

namespace aval::crypto {
namespace {

constexpr std::size_t batch = 256;  // different digests and signatures, as in a block

std::vector<Digest> digests() {
  std::vector<Digest> all;
  for (std::uint64_t i = 0; i < batch; ++i) all.push_back(tagged(Tag::Tx, big_endian(i)));
  return all;
}

/// Argument: how many keys take turns, from one busy sender to more than a cache holds.
void verify_signature(benchmark::State& state) {
  const auto messages = digests();
  std::vector<PrivateKey> keys;
  for (int64_t i = 0; i < state.range(0); ++i) keys.push_back(PrivateKey::generate());
  const std::size_t count = std::max(batch, keys.size());
  std::vector<Signature> signatures;
  for (std::size_t i = 0; i < count; ++i)
    signatures.push_back(keys[i % keys.size()].sign(messages[i % batch]));
  std::size_t i = 0;
  for (auto _ : state) {
    if (!verify(keys[i % keys.size()].public_key(), messages[i % batch], signatures[i])) {
      state.SkipWithError("a good signature was refused");
      break;
    }
    i = (i + 1) % count;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(verify_signature)->Arg(1)->Arg(4)->Arg(1000)->Arg(5000);

void sign_digest(benchmark::State& state) {
  const auto messages = digests();
  const PrivateKey key = PrivateKey::generate();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(key.sign(messages[i++ % batch]));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sign_digest);

void parse_public_key(benchmark::State& state) {
  const PublicKey key = PrivateKey::generate().public_key();
  for (auto _ : state) benchmark::DoNotOptimize(PublicKey::from_bytes(key.view()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_public_key);

void tagged_hash(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(tagged(Tag::Tx, bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(tagged_hash)->Arg(64)->Arg(512);
BENCHMARK(tagged_hash)->Arg(64)->Threads(2)->UseRealTime();

void keyed_fingerprint(benchmark::State& state) {
  const Bytes bytes(100, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(fingerprint("a secret of the consortium", bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(keyed_fingerprint);

std::vector<Digest> thousand_leaves() {
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < 1000; ++i) leaves.push_back(merkle_leaf(big_endian(i)));
  return leaves;
}

void merkle_root_of_1000(benchmark::State& state) {
  const auto leaves = thousand_leaves();
  for (auto _ : state) benchmark::DoNotOptimize(merkle_root(leaves));
}
BENCHMARK(merkle_root_of_1000);

void merkle_proof_of_1000(benchmark::State& state) {
  const auto leaves = thousand_leaves();
  std::uint64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(merkle_prove(leaves, i++ % leaves.size()));
}
BENCHMARK(merkle_proof_of_1000);

void merkle_verify_of_1000(benchmark::State& state) {
  const auto leaves = thousand_leaves();
  const Digest root = merkle_root(leaves);
  const MerkleProof proof = merkle_prove(leaves, 500);
  for (auto _ : state) benchmark::DoNotOptimize(merkle_verify(root, leaves[500], proof));
}
BENCHMARK(merkle_verify_of_1000);

}  // namespace
}  // namespace aval::crypto
