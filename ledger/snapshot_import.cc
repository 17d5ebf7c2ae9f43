#include <set>

#include "crypto/base/mutant.h"
#include "ledger/framing.h"
#include "ledger/ledger_keys.h"
#include "ledger/ledger_view.h"
#include "ledger/leveldb_store.h"
#include "ledger/snapshot.h"
#include "ledger/state_tree.h"

namespace aval::ledger {
namespace {

constexpr ByteView manifest_note = "snapshot";

Bytes chunk_note(std::uint32_t index) { return keys::note("chunk/" + big_endian_4(index)); }

unexpected bad_import(const std::string& why) { return unexpected(Error::Code::Refused, "snapshot: " + why); }

bool is_snapshot_key(ByteView key) {
  if (key.starts_with('s')) return key.size() > 1;
  return key.starts_with('b') && key.size() == 9;
}

/// Adds the records of a chunk, as puts.
Result<void> put_records(StoreBatch& batch, ByteView chunk) {
  Bytes last;
  while (!chunk.empty()) {
    AVAL_ASSIGN(const ByteView key, take_frame(chunk));
    AVAL_ASSIGN(const ByteView value, take_frame(chunk));
    if (!is_snapshot_key(key)) return unexpected(Error::Code::Malformed, "snapshot: a record that does not belong into one");
    if (!last.empty() && key <= last) return unexpected(Error::Code::Malformed, "snapshot: records out of order");
    batch.put(key, value);
    last = Bytes(key);
  }
  return {};
}

/// The blocks are those that a snapshot has, each named by the one above it or by the end of its epoch.
Result<void> check_blocks(const StoreView& store, const FinalityProof& proof) {
  const Header& head = proof.headers.front();
  const std::set<Height> expected = snapshot_heights(head.height, proof.epochs);
  std::set<Height> found;
  store.scan("b", [&](ByteView key, ByteView) {
    found.insert(Height{from_big_endian(key.substr(1))});
    return true;
  });
  if (found != expected) return bad_import("it has other blocks than it should");
  std::map<Height, BlockHash> named = {{head.height, hash_of(head)}};
  for (const EpochStep& step : proof.epochs) named.emplace(step.last.height, hash_of(step.last));
  for (auto height = expected.rbegin(); height != expected.rend(); ++height) {
    const auto block = decode_block(store.get(keys::block(*height)).value());
    const auto name = named.find(*height);
    if (!block || name == named.end() || hash_of(block->header) != name->second)
      return bad_import("the block at height " + std::to_string(number(*height)) + " is not the one of the chain");
    named.emplace(Height{number(*height) - 1}, block->header.parent);
  }
  return {};
}

Result<ValidatorSet> check_state(const LedgerView& state, const Header& head) {
  if (StateTree::of(state).root() != head.state_root && !mutated("snapshot-root-unchecked"))
    return bad_import("its state does not have the state root of the block");
  const auto validators = state.get(validators_key);
  const auto parameters = state.get(parameters_key);
  if (!validators || !parameters) return bad_import("its state names no validators or no parameters");
  AVAL_ASSIGN(ValidatorSet set, decode_validators(*validators));
  if (hash_of(set) != head.validators_hash) return bad_import("its state names other validators than the block");
  AVAL_ASSIGN(const Parameters set_parameters, decode_parameters(*parameters));
  if (hash_of(set_parameters) != head.params_hash) return bad_import("its state names other parameters than the block");
  return set;
}

void put_epochs(StoreBatch& batch, const ChainConfig& genesis, const FinalityProof& proof) {
  batch.put(keys::epoch(genesis.validators.epoch), encode_epoch({Height{}, genesis.validators}));
  for (const EpochStep& step : proof.epochs) {
    batch.put(keys::certificate(step.last.height), encode_certificate(step.certificate));
    batch.put(keys::epoch(step.next.epoch), encode_epoch({step.last.height, step.next}));
  }
}

/// The block of the snapshot itself: where the ledger begins, and what it says about the block above.
Result<void> put_head(StoreBatch& batch, const FinalityProof& proof, const ValidatorSet& next_set) {
  const Header& head = proof.headers.front();
  const bool is_certified = proof.certificate.height == head.height;
  if (is_certified) batch.put(keys::certificate(head.height), encode_certificate(proof.certificate));
  batch.put(keys::head, big_endian(number(head.height)));
  batch.put(keys::base, encode_base({head.height, proof.certificate}));
  if (next_set.epoch == head.epoch) return {};
  if (!is_certified) return bad_import("the end of an epoch without a certificate of its own");
  batch.put(keys::epoch(next_set.epoch), encode_epoch({head.height, next_set}));
  return {};
}

}  // namespace

struct SnapshotImport::Store {
  std::unique_ptr<LevelDbStore> db;
  std::set<std::uint32_t> missing;
};

SnapshotImport::SnapshotImport(std::unique_ptr<Store> store, ChainConfig genesis, SnapshotManifest manifest)
    : store_(std::move(store)), genesis_(std::move(genesis)), manifest_(std::move(manifest)) {}
SnapshotImport::SnapshotImport(SnapshotImport&&) noexcept = default;
SnapshotImport::~SnapshotImport() = default;

Result<SnapshotImport> SnapshotImport::open(const std::filesystem::path& path, const ChainConfig& genesis,
                                            SnapshotManifest manifest, Ledger::Options options) {
  const LevelDbStore::Options store_options{options.cache_bytes, options.write_buffer_bytes,
                                            std::move(options.on_fatal), options.disk};
  const Bytes named = encode_manifest(manifest);
  auto store = std::make_unique<Store>();
  if (auto found = LevelDbStore::open(path, store_options)) {
    store->db = std::move(*found);
  } else if (found.error().code != Error::Code::Corrupt) {  // a removal that was cut short leaves half of one
    return unexpected(found.error());
  }
  if (!store->db || store->db->latest()->get(keys::note(manifest_note)) != named) {
    store->db.reset();
    AVAL_TRY(LevelDbStore::remove(path, options.disk));
    AVAL_ASSIGN(store->db, LevelDbStore::open(path, store_options));
    StoreBatch batch;
    batch.put(keys::note(manifest_note), named);
    store->db->write(batch, true);
  }
  for (std::uint32_t index = 0; index < manifest.chunks.size(); ++index)
    if (!store->db->latest()->get(chunk_note(index))) store->missing.insert(index);
  return SnapshotImport(std::move(store), genesis, std::move(manifest));
}

std::vector<std::uint32_t> SnapshotImport::missing() const { return {store_->missing.begin(), store_->missing.end()}; }

Result<void> SnapshotImport::add(std::uint32_t index, ByteView chunk) {
  AVAL_CHECK(index < manifest_.chunks.size());
  if (crypto::sha256(chunk) != manifest_.chunks[index] && !mutated("snapshot-chunk-unchecked"))
    return bad_import("chunk " + std::to_string(index) + " is not the one that the manifest names");
  StoreBatch batch;
  AVAL_TRY(put_records(batch, chunk));
  batch.put(chunk_note(index), {});
  store_->db->write(batch, false);
  store_->missing.erase(index);
  return {};
}

Result<void> SnapshotImport::finish(const FinalityProof& proof) {
  AVAL_CHECK(store_->missing.empty());
  const Header& head = proof.headers.front();
  if (head.height != manifest_.height || hash_of(head) != manifest_.block_hash)
    return bad_import("the proof is of another block");
  const auto view = store_->db->latest();
  AVAL_TRY(check_blocks(*view, proof));
  AVAL_ASSIGN(const ValidatorSet next_set,
              check_state(LedgerView(view, genesis_header(genesis_), head, {}), head));
  StoreBatch batch;
  put_epochs(batch, genesis_, proof);
  AVAL_TRY(put_head(batch, proof, next_set));
  batch.put(keys::format, format_of(genesis_));
  batch.remove(keys::note(manifest_note));
  for (std::uint32_t index = 0; index < manifest_.chunks.size(); ++index) batch.remove(chunk_note(index));
  store_->db->write(batch, true);
  return {};
}

}  // namespace aval::ledger
