#include "ledger/snapshot.h"

#include <catch2/catch.hpp>

#include "ledger/state_tree.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::snapshot_test {
namespace {

const ChainConfig config = chain_without_state(4);

Ledger::Options options() {
  Ledger::Options out;
  out.on_fatal = [](const std::string& what) { FAIL(what); };
  return out;
}

std::unique_ptr<Ledger> open(const std::filesystem::path& path) {
  return Ledger::open(path, config, {}, options()).value();
}

ValidatorSet epoch_later(ValidatorSet set) {
  set.epoch = next(set.epoch);
  return set;
}

/// A chain of three blocks, an epoch's last one, and `above` more; the ledger that holds it, and its snapshot.
class Source {
 public:
  explicit Source(std::size_t above, bool last_certified = true) {
    for (int i = 0; i < 3; ++i) ledger->append(builder.next_entry(3, true), false);
    last = builder.last_entry(epoch_later(config.validators));
    ledger->append(last, true);
    for (std::size_t i = 1; i <= above; ++i) add(last_certified || i < above);
    manifest = cut_snapshot(*ledger->snapshot(), [&](ByteView chunk) -> Result<void> {
                 chunks.emplace_back(chunk);
                 return {};
               }).value();
  }
  void add(bool certified) { ledger->append(builder.next_entry(2, certified), false); }
  FinalityProof proof() const { return ledger->snapshot()->finality_proof(manifest.height).value(); }

  TemporaryDirectory directory;
  std::unique_ptr<Ledger> ledger = open(directory / "db");
  ChainBuilder builder{config};
  LedgerEntry last;
  std::vector<Bytes> chunks;
  SnapshotManifest manifest;
};

SnapshotImport import_of(const TemporaryDirectory& directory, const SnapshotManifest& manifest) {
  return SnapshotImport::open(directory / "joining", config, manifest, options()).value();
}

/// All chunks put in, and the answer to finish().
Result<void> import_all(const TemporaryDirectory& directory, const SnapshotManifest& manifest,
                        const std::vector<Bytes>& chunks, const FinalityProof& proof) {
  SnapshotImport import = import_of(directory, manifest);
  for (std::uint32_t i = 0; i < chunks.size(); ++i) AVAL_TRY(import.add(i, chunks[i]));
  return import.finish(proof);
}

std::map<Bytes, Bytes> entries(const StateReader& state) {
  std::map<Bytes, Bytes> out;
  state.scan({}, [&](ByteView key, ByteView value) { return out.emplace(key, value), true; });
  return out;
}

/// Records as a chunk has them, to be changed and joined again.
std::map<Bytes, Bytes> records_of(ByteView chunk) {
  const auto take = [&] {
    const std::size_t length = from_big_endian(Bytes(4, '\0').append(chunk.substr(0, 4)));
    const Bytes out(chunk.substr(4, length));
    chunk.remove_prefix(4 + length);
    return out;
  };
  std::map<Bytes, Bytes> out;
  while (!chunk.empty()) {
    const Bytes key = take();
    out[key] = take();
  }
  return out;
}

Bytes chunk_of(const std::map<Bytes, Bytes>& records) {
  Bytes out;
  for (const auto& [key, value] : records) {
    out += big_endian(key.size()).substr(4) + key;
    out += big_endian(value.size()).substr(4) + value;
  }
  return out;
}

/// What finish() says of a snapshot whose only chunk was changed, with a manifest that fits the change.
std::string refusal_after(void (*change)(std::map<Bytes, Bytes>&)) {
  const Source source(2);
  REQUIRE(source.chunks.size() == 1);
  auto records = records_of(source.chunks.front());
  change(records);
  const Bytes chunk = chunk_of(records);
  SnapshotManifest manifest = source.manifest;
  manifest.chunks = {crypto::sha256(chunk)};
  const TemporaryDirectory directory;
  const auto finished = import_all(directory, manifest, {chunk}, source.proof());
  return finished ? "" : finished.error().message;
}

}  // namespace

TEST_CASE("GV-15 E2 a ledger from a snapshot has the state, root, epochs and next blocks of the one it is of", "[snapshot]") {
  Source source(2);
  const TemporaryDirectory directory;
  const FinalityProof proof = source.proof();
  REQUIRE(import_all(directory, source.manifest, source.chunks, proof));
  const auto joined = open(directory / "joining");
  const auto view = joined->snapshot();
  CHECK(joined->head() == source.ledger->head());
  CHECK(joined->config().validators == source.ledger->config().validators);
  CHECK(base_header(joined->config()) == source.last.block.block.header);
  CHECK(entries(*view) == entries(*source.ledger->snapshot()));
  CHECK(StateTree::of(*view).root() == source.ledger->head().state_root);
  CHECK(view->epoch_steps(Epoch{}, Epoch{1}) == source.ledger->snapshot()->epoch_steps(Epoch{}, Epoch{1}));
  CHECK(view->base().height == source.manifest.height);
  CHECK(view->base().certificate == proof.certificate);

  const LedgerEntry above = source.builder.next_entry(2, true);
  joined->append(above, true);
  const auto later = joined->snapshot();
  CHECK(later->head() == above.block.block.header);
  const auto receipt = later->receipt_proof(above.transactions[0]->tx_id);
  REQUIRE(receipt);
  CHECK(verify_receipt_proof(*receipt, config.chain_id, config.validators));
}

TEST_CASE("a ledger from a snapshot knows the blocks before it by name alone", "[snapshot]") {
  const Source source(2);
  const TemporaryDirectory directory;
  REQUIRE(import_all(directory, source.manifest, source.chunks, source.proof()));
  const auto view = open(directory / "joining")->snapshot();
  for (std::uint64_t height = 1; height <= 6; ++height) {
    CHECK_FALSE(view->block(Height{height}));
    CHECK(view->header(Height{height}) == source.ledger->snapshot()->header(Height{height}));
    CHECK(view->batch_refs(Height{height}) == source.ledger->snapshot()->batch_refs(Height{height}));
    CHECK(view->receipts(Height{height}).empty());
  }
  CHECK_FALSE(view->receipt_proof(source.last.transactions[0]->tx_id));
}

TEST_CASE("a snapshot may end an epoch, or ride on a certificate above it", "[snapshot]") {
  for (const std::size_t above : {std::size_t{0}, std::size_t{1}}) {
    Source source(above, false);
    if (above > 0) {
      CHECK_FALSE(source.ledger->snapshot()->finality_proof(source.manifest.height));
      source.add(true);
    }
    const TemporaryDirectory directory;
    const FinalityProof proof = source.proof();
    CHECK(proof.headers.size() == 1 + above);
    REQUIRE(import_all(directory, source.manifest, source.chunks, proof));
    const auto joined = open(directory / "joining");
    CHECK(joined->config().validators == epoch_later(config.validators));
    CHECK(number(joined->head().height) == 4 + above);
  }
}

TEST_CASE("a snapshot of a snapshot is the same snapshot", "[snapshot]") {
  Source source(2);
  const TemporaryDirectory directory;
  REQUIRE(import_all(directory, source.manifest, source.chunks, source.proof()));
  const auto joined = open(directory / "joining");
  const auto nothing = [](ByteView) { return Result<void>(); };
  CHECK(cut_snapshot(*joined->snapshot(), nothing).value() == source.manifest);
  const LedgerEntry above = source.builder.next_entry(2, true);
  joined->append(above, false);
  source.ledger->append(above, false);
  CHECK(cut_snapshot(*joined->snapshot(), nothing).value() ==
        cut_snapshot(*source.ledger->snapshot(), nothing).value());
}

TEST_CASE("a large state is cut into chunks that go in in any order", "[snapshot]") {
  const TemporaryDirectory directory;
  Source source(0);
  Numbers numbers(7);
  for (int block = 0; block < 4; ++block) {
    LedgerEntry entry = source.builder.next_entry(1, false);
    for (int i = 0; i < 40; ++i) entry.writes["large/" + to_hex(numbers.bytes(8))] = numbers.bytes(30'000);
    entry = source.builder.changed(std::move(entry));
    source.ledger->append(entry, false);
  }
  std::vector<Bytes> chunks;
  const auto manifest = cut_snapshot(*source.ledger->snapshot(), [&](ByteView chunk) -> Result<void> {
                          CHECK(chunk.size() < snapshot_chunk_bytes + 40'000);
                          chunks.emplace_back(chunk);
                          return {};
                        }).value();
  REQUIRE(chunks.size() > 3);
  {
    SnapshotImport import = import_of(directory, manifest);
    for (std::size_t i = chunks.size(); i > 2; --i) REQUIRE(import.add(static_cast<std::uint32_t>(i - 1), chunks[i - 1]));
  }
  SnapshotImport again = import_of(directory, manifest);
  CHECK(again.missing() == std::vector<std::uint32_t>{0, 1});
  REQUIRE(again.add(1, chunks[1]));
  REQUIRE(again.add(0, chunks[0]));
  CHECK(again.missing().empty());
  const auto proof = source.ledger->snapshot()->finality_proof(manifest.height);
  REQUIRE(proof);
  CHECK(again.finish(*proof));
}

TEST_CASE("an import begins anew for another snapshot", "[snapshot]") {
  const Source source(2);
  const TemporaryDirectory directory;
  {
    SnapshotImport import = import_of(directory, source.manifest);
    REQUIRE(import.add(0, source.chunks[0]));
    CHECK(import.missing().empty());
  }
  const Source other(3);
  CHECK(import_of(directory, other.manifest).missing().size() == other.chunks.size());
  CHECK(import_all(directory, other.manifest, other.chunks, other.proof()));
}

TEST_CASE("an import begins anew where the removal of another one was cut short", "[snapshot]") {
  const Source source(1);
  const TemporaryDirectory directory;
  import_of(directory, source.manifest);
  // A database with a table and without the file that says where it begins.
  std::filesystem::remove(directory / "joining/CURRENT");
  write_file(directory / "joining/000005.ldb", "half of a table");
  CHECK_FALSE(Ledger::open(directory / "joining", config, {}, options()));
  CHECK(import_of(directory, source.manifest).missing().size() == source.chunks.size());
}

TEST_CASE("CS-20 a chunk that is not the manifest's is refused, and so is one that is no chunk", "[snapshot]") {
  const Source source(2);
  const TemporaryDirectory directory;
  SnapshotImport import = import_of(directory, source.manifest);
  Bytes wrong = source.chunks[0];
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  for (const Bytes& bytes : {wrong, source.chunks[0] + Bytes("x"), source.chunks[0].substr(1), Bytes()})
    CHECK_FALSE(import.add(0, bytes));
  CHECK(import.missing().size() == 1);

  const Bytes foreign = chunk_of({{Bytes("F"), Bytes("another format")}});
  const Bytes unordered = chunk_of({{Bytes("sb"), Bytes("1")}}) + chunk_of({{Bytes("sa"), Bytes("2")}});
  for (const Bytes& bytes : {foreign, unordered, Bytes("\0\0", 2), Bytes("\xff\xff\xff\xff", 4)}) {
    SnapshotManifest manifest = source.manifest;
    manifest.chunks = {crypto::sha256(bytes)};
    SnapshotImport poisoned = SnapshotImport::open(directory / "poisoned", config, manifest, options()).value();
    CHECK_FALSE(poisoned.add(0, bytes));
  }
}

TEST_CASE("CS-20 what is not the state or the blocks of a final block does not become a ledger", "[snapshot]") {
  CHECK(refusal_after([](auto&) {}).empty());
  CHECK(refusal_after([](auto& records) { records["sinvoice/INV-1"] = "paid"; }) ==
        "snapshot: its state does not have the state root of the block");
  CHECK(refusal_after([](auto& records) { records.erase("schain/validators"); }) ==
        "snapshot: its state does not have the state root of the block");
  CHECK(refusal_after([](auto& records) { records.erase(records.begin()); }) ==
        "snapshot: it has other blocks than it should");
  CHECK(refusal_after([](auto& records) { records["b" + big_endian(7)] = "x"; }) ==
        "snapshot: it has other blocks than it should");
  CHECK(refusal_after([](auto& records) { records["b" + big_endian(2)] = records["b" + big_endian(1)]; }) ==
        "snapshot: the block at height 2 is not the one of the chain");
  const Source source(2);
  const Source other(3);
  const TemporaryDirectory directory;
  const auto finished = import_all(directory, source.manifest, source.chunks, other.proof());
  REQUIRE_FALSE(finished);
  CHECK(finished.error().message == "snapshot: the proof is of another block");
}

TEST_CASE("the first error of whoever takes the chunks ends the cutting", "[snapshot]") {
  const Source source(1);
  const auto cut = cut_snapshot(*source.ledger->snapshot(), [](ByteView) -> Result<void> {
    return unexpected(Error::Code::Io, "no room");
  });
  REQUIRE_FALSE(cut);
  CHECK(cut.error().message == "no room");
}

TEST_CASE("a manifest is refused at height 0, without chunks, and with too many", "[snapshot]") {
  SnapshotManifest manifest{config.chain_id, Height{5}, digest_of("block"), {digest_of("chunk")}};
  CHECK(decode_manifest(encode_manifest(manifest)).value() == manifest);
  manifest.height = Height{};
  CHECK_FALSE(decode_manifest(encode_manifest(manifest)));
  manifest.height = Height{5};
  manifest.chunks.clear();
  CHECK_FALSE(decode_manifest(encode_manifest(manifest)));
  manifest.chunks.assign(snapshot_chunks_max + 1, digest_of("chunk"));
  CHECK_FALSE(decode_manifest(encode_manifest(manifest)));
}

}  // namespace aval::ledger::snapshot_test
