#include <benchmark/benchmark.h>

#include <filesystem>

#include "crypto/merkle.h"
#include "crypto/signer.h"
#include "ledger/ledger.h"
#include "ledger/state_tree.h"

namespace aval::ledger {
namespace {

constexpr std::size_t batch_envelopes = 500;
constexpr std::size_t changed_keys = 1000;

crypto::MemorySigner signer(std::uint64_t number) {
  return crypto::MemorySigner(
      crypto::PrivateKey::from_scalar(Bytes(24, '\0') + big_endian(number + 1)).value());
}

/// A body about as large as one invoice.
Body invoice_body(std::uint64_t number) {
  return {crypto::sha256("a chain"), "acme", "INV-" + std::to_string(number), Height{1000}, false,
          {Bytes(300, 'c')}};
}

EnvelopePtr invoice_envelope(std::uint64_t number) {
  static auto client = signer(500);
  return std::make_shared<const Envelope>(sign_envelope(invoice_body(number), {&client}).value());
}

std::vector<EnvelopePtr> envelopes(std::size_t count) {
  std::vector<EnvelopePtr> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(invoice_envelope(i));
  return out;
}

Bytes state_key(std::uint64_t number) { return "invoice/" + std::to_string(number); }

/// Writes to `count` keys spread over the first `keys` ones; a new value each round.
WriteSet spread_writes(std::size_t count, std::uint64_t keys, std::uint64_t round) {
  WriteSet writes;
  for (std::uint64_t i = 0; writes.size() < count; ++i)
    writes[state_key((round * 7919 + i * 104729) % keys)] = "value " + std::to_string(round);
  return writes;
}

ValidatorSet validators_of(std::size_t count) {
  ValidatorSet set;
  for (std::uint64_t i = 0; i < count; ++i)
    set.validators.push_back({"bank", signer(i).public_key(), signer(100 + i).public_key(), "bank:7000"});
  return set;
}

/// A new chain in a directory of its own, and the blocks to append to it.
class AppendedChain {
 public:
  AppendedChain() : path_(std::filesystem::temp_directory_path() / "aval-ledger-bench") {
    std::filesystem::remove_all(path_);
    config_.chain_id = crypto::sha256("a chain");
    config_.validators = validators_of(4);
    ledger_ = Ledger::open(path_, config_, {}, {}).value();
  }
  ~AppendedChain() {
    ledger_.reset();
    std::filesystem::remove_all(path_);
  }
  AppendedChain(const AppendedChain&) = delete;
  AppendedChain& operator=(const AppendedChain&) = delete;

  LedgerEntry next_entry(const std::vector<EnvelopePtr>& transactions) {
    const Header head = ledger_->head();
    const std::uint64_t height = number(head.height) + 1;
    LedgerEntry entry;
    entry.transactions = transactions;
    for (const EnvelopePtr& envelope : transactions) {
      entry.receipts.push_back({envelope->tx_id, 0, {{0, {{"invoice.registered", "INV", Bytes(60, 'e')}}}}});
      const Bytes name = Bytes(envelope->tx_id.view()) + std::to_string(height);
      entry.writes["invoice/" + name] = Bytes(200, 'v');
      entry.writes["~tx/" + name] = Bytes(12, 'v');
    }
    entry.block.batches = {make_batch(ReplicaId{0}, height, transactions)};
    entry.block.block.batches = {ref_of(*entry.block.batches.front())};
    entry.block.block.header = head;
    entry.block.block.header.height = Height{height};
    entry.block.block.header.parent = hash_of(head);
    entry.block.block.header.batches_root = batches_root(entry.block.block.batches);
    return entry;
  }
  Ledger& ledger() { return *ledger_; }

 private:
  std::filesystem::path path_;
  ChainConfig config_;
  std::unique_ptr<Ledger> ledger_;
};

void envelope_sign(benchmark::State& state) {
  auto client = signer(500);
  const Body body = invoice_body(1);
  for (auto _ : state) benchmark::DoNotOptimize(sign_envelope(body, {&client}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(envelope_sign);

void envelope_decode(benchmark::State& state) {
  const auto envelope = invoice_envelope(1);
  for (auto _ : state) benchmark::DoNotOptimize(decode_envelope(envelope->bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(envelope_decode);

void envelope_verify_signatures(benchmark::State& state) {
  const auto envelope = invoice_envelope(1);
  for (auto _ : state) benchmark::DoNotOptimize(signatures_valid(*envelope));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(envelope_verify_signatures);

void batch_make(benchmark::State& state) {
  const auto content = envelopes(batch_envelopes);
  for (auto _ : state) benchmark::DoNotOptimize(make_batch(ReplicaId{0}, 1, content));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_envelopes));
}
BENCHMARK(batch_make);

void batch_decode(benchmark::State& state) {
  const auto batch = make_batch(ReplicaId{0}, 1, envelopes(batch_envelopes));
  for (auto _ : state) benchmark::DoNotOptimize(decode_batch(batch->bytes));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_envelopes));
}
BENCHMARK(batch_decode);

void certificate_verify(benchmark::State& state) {
  const ValidatorSet set = validators_of(static_cast<std::size_t>(state.range(0)));
  Certificate certificate;
  for (std::uint32_t i = 0; i < set.quorum(); ++i) certificate.signatures.push_back({ReplicaId{i}, {}});
  const Vote vote{crypto::Digest(), Epoch{0}, View{0}, Height{0}, Phase::Commit, crypto::Digest()};
  for (VoteSignature& entry : certificate.signatures)
    entry.signature = signer(number(entry.validator)).sign(signing_digest(vote)).value();
  for (auto _ : state) AVAL_CHECK(verify_certificate(certificate, crypto::Digest(), set));
}
BENCHMARK(certificate_verify)->Arg(4)->Arg(7)->Arg(10);

/// A block of 1,000 changed keys on a tree of range(0) entries; per_key is what each costs.
void state_tree_with(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  StateTree tree;
  {
    MemoryState entries;
    WriteSet writes;
    for (std::uint64_t i = 0; i < keys; ++i) writes[state_key(i)] = "first";
    entries.apply(writes);
    tree = StateTree::of(entries);
  }
  std::uint64_t round = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const WriteSet writes = spread_writes(changed_keys, keys, ++round);
    state.ResumeTiming();
    tree = tree.with(writes);
  }
  state.counters["per_key"] =
      benchmark::Counter(static_cast<double>(changed_keys),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(state_tree_with)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void state_tree_of(benchmark::State& state) {
  MemoryState entries;
  WriteSet writes;
  for (std::uint64_t i = 0; i < 100'000; ++i) writes[state_key(i)] = "first";
  entries.apply(writes);
  for (auto _ : state) benchmark::DoNotOptimize(StateTree::of(entries));
  state.SetItemsProcessed(state.iterations() * 100'000);
}
BENCHMARK(state_tree_of)->Unit(benchmark::kMillisecond);

/// Blocks of 500 transactions and 1,000 state writes; range(0) says whether each is synced.
void ledger_append(benchmark::State& state) {
  AppendedChain chain;
  const auto transactions = envelopes(batch_envelopes);
  for (auto _ : state) {
    state.PauseTiming();
    const LedgerEntry entry = chain.next_entry(transactions);
    state.ResumeTiming();
    chain.ledger().append(entry, state.range(0) != 0);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_envelopes));
}
BENCHMARK(ledger_append)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void ledger_receipt_proof(benchmark::State& state) {
  AppendedChain chain;
  LedgerEntry entry = chain.next_entry(envelopes(batch_envelopes));
  const Header& header = entry.block.block.header;
  entry.block.certificate =
      Certificate{header.epoch, View{0}, header.height, Phase::Commit, hash_of(header), {{}}};
  chain.ledger().append(entry, true);
  const auto snapshot = chain.ledger().snapshot();
  for (auto _ : state) benchmark::DoNotOptimize(snapshot->receipt_proof(entry.transactions[250]->tx_id));
}
BENCHMARK(ledger_receipt_proof)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace aval::ledger
