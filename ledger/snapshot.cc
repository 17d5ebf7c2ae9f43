#include "ledger/snapshot.h"

#include <set>

#include "crypto/base/mutant.h"
#include "ledger/canonical.h"
#include "ledger/framing.h"
#include "ledger/ledger_keys.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

unexpected bad_snapshot(const std::string& why) { return unexpected(Error::Code::Refused, "snapshot: " + why); }

/// Collects records until a chunk is long enough.
class Cutter {
 public:
  Cutter(SnapshotManifest& manifest, const std::function<Result<void>(ByteView)>& take)
      : manifest_(manifest), take_(take) {}

  Result<void> add(ByteView key, ByteView value) {
    append_frame(chunk_, key);
    append_frame(chunk_, value);
    if (chunk_.size() > snapshot_chunk_bytes_max) return bad_snapshot("a record is longer than a chunk may be");
    return chunk_.size() < snapshot_chunk_bytes ? Result<void>() : cut();
  }
  Result<void> finish() { return chunk_.empty() ? Result<void>() : cut(); }

 private:
  Result<void> cut() {
    if (manifest_.chunks.size() == snapshot_chunks_max)
      return bad_snapshot("the state is larger than a snapshot may be");
    manifest_.chunks.push_back(crypto::sha256(chunk_));
    AVAL_TRY(take_(chunk_));
    chunk_.clear();
    return {};
  }

  SnapshotManifest& manifest_;
  const std::function<Result<void>(ByteView)>& take_;
  Bytes chunk_;
};

Result<void> cut_blocks(const LedgerSnapshot& ledger, Cutter& cutter) {
  const Header head = ledger.head();
  for (const Height height : snapshot_heights(head.height, ledger.epoch_steps(Epoch{}, head.epoch))) {
    auto header = ledger.header(height);
    if (!header) return bad_snapshot("the block at height " + std::to_string(number(height)) + " is not here");
    AVAL_TRY(cutter.add(keys::block(height), encode_block({*std::move(header), ledger.batch_refs(height)})));
  }
  return {};
}

Result<void> cut_state(const LedgerSnapshot& ledger, Cutter& cutter) {
  Result<void> cut;
  ledger.scan({}, [&](ByteView key, ByteView value) {
    cut = cutter.add(keys::state(key), value);
    return cut.has_value();
  });
  return cut;
}

}  // namespace

std::set<Height> snapshot_heights(Height head, const std::vector<EpochStep>& epochs) {
  std::set<Height> heights;
  for (const EpochStep& step : epochs) heights.insert(step.last.height);
  const std::uint64_t top = number(head);
  const std::uint64_t lowest = top > snapshot_blocks ? top - snapshot_blocks + 1 : 1;
  for (std::uint64_t height = lowest; height <= top; ++height) heights.insert(Height{height});
  heights.erase(Height{});
  return heights;
}

Bytes encode_manifest(const SnapshotManifest& manifest) {
  pb::SnapshotManifest wire;
  put_field(wire.mutable_chain_id(), manifest.chain_id.view());
  wire.set_height(number(manifest.height));
  put_field(wire.mutable_block_hash(), manifest.block_hash.view());
  for (const crypto::Digest& chunk : manifest.chunks) put_field(wire.add_chunks(), chunk.view());
  return canonical(wire);
}

Result<SnapshotManifest> decode_manifest(ByteView bytes) {
  pb::SnapshotManifest wire;
  AVAL_TRY(parse_canonical(bytes, wire, "snapshot manifest"));
  SnapshotManifest manifest;
  AVAL_TRY(read_field(wire.chain_id(), "snapshot manifest: chain_id", manifest.chain_id));
  manifest.height = Height{wire.height()};
  if (manifest.height == Height{}) return malformed("snapshot manifest: height 0 needs no snapshot");
  AVAL_TRY(read_field(wire.block_hash(), "snapshot manifest: block_hash", manifest.block_hash));
  if (wire.chunks().empty()) return malformed("snapshot manifest: no chunks");
  if (static_cast<std::size_t>(wire.chunks_size()) > snapshot_chunks_max)
    return malformed("snapshot manifest: too many chunks");
  for (const Bytes& chunk : wire.chunks()) {
    crypto::Digest digest;
    AVAL_TRY(read_field(chunk, "snapshot manifest: chunk", digest));
    manifest.chunks.push_back(digest);
  }
  return manifest;
}

crypto::Digest digest_of(const SnapshotManifest& manifest) {
  return crypto::tagged(crypto::Tag::Snapshot, encode_manifest(manifest));
}

Result<SnapshotManifest> cut_snapshot(const LedgerSnapshot& ledger,
                                      const std::function<Result<void>(ByteView chunk)>& take) {
  const Header head = ledger.head();
  SnapshotManifest manifest{head.chain_id, head.height, hash_of(head), {}};
  Cutter cutter(manifest, take);
  AVAL_TRY(cut_blocks(ledger, cutter));
  AVAL_TRY(cut_state(ledger, cutter));
  AVAL_TRY(cutter.finish());
  return manifest;
}

}  // namespace aval::ledger
