#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "ledger/finality.h"
#include "ledger/ledger.h"

/// What a node needs of a chain to go on from a height without the blocks before it: the records of the
/// database that are equal at every node of that height, cut into chunks.
///   chunk  = (u32 length, database key, u32 length, value)*, keys ascending within and over chunks
///   keys   = b || u64 height: the last block of each epoch, and the last snapshot_blocks ones
///            s || state key: the whole state, indexes included
/// State roots prove the state but not its indexes, so a manifest is believed when f+1 validators have it.
namespace aval::ledger {

/// A chunk ends with the record that makes it so long.
constexpr std::size_t snapshot_chunk_bytes = 1U << 20U;
/// The longest chunk: a record beyond the bound would not fit a frame.
constexpr std::size_t snapshot_chunk_bytes_max = 3U << 20U;
constexpr std::size_t snapshot_chunks_max = 32'768;
/// Blocks in a snapshot, without their bodies: what a replica must know of the chain below its head.
constexpr std::uint64_t snapshot_blocks = 2'048;

/// Layout: ledger.proto, message SnapshotManifest.
struct SnapshotManifest {
  crypto::Digest chain_id;
  Height height{};
  BlockHash block_hash;
  std::vector<crypto::Digest> chunks;  // SHA-256 of each
  bool operator==(const SnapshotManifest&) const = default;
};

Bytes encode_manifest(const SnapshotManifest& manifest);
/// Refuses non-canonical bytes, height 0, no chunks and more than snapshot_chunks_max.
Result<SnapshotManifest> decode_manifest(ByteView bytes);
/// tagged(Snapshot, canonical SnapshotManifest).
crypto::Digest digest_of(const SnapshotManifest& manifest);

/// The blocks in a snapshot of height `head`: the last one of each epoch, and the last snapshot_blocks ones.
std::set<Height> snapshot_heights(Height head, const std::vector<EpochStep>& epochs);

/// Cuts `ledger` into chunks and hands each to `take`, in order; the first error of `take` ends it. Above
/// height 0. Refused when a record is too long or the state too large for a snapshot.
Result<SnapshotManifest> cut_snapshot(const LedgerSnapshot& ledger,
                                      const std::function<Result<void>(ByteView chunk)>& take);

/// A database that is filled with the chunks of one snapshot, in any order, and is a ledger when it is
/// finished. What was added survives a crash. Owned by one thread.
class SnapshotImport {
 public:
  /// Goes on with what `path` holds of this snapshot, or starts over: what is there of another one goes.
  static Result<SnapshotImport> open(const std::filesystem::path& path, const ChainConfig& genesis,
                                     SnapshotManifest manifest, Ledger::Options options);
  SnapshotImport(SnapshotImport&&) noexcept;
  ~SnapshotImport();

  const SnapshotManifest& manifest() const { return manifest_; }
  /// The chunks that are not here yet, ascending.
  std::vector<std::uint32_t> missing() const;
  /// Refused when these are not the bytes that the manifest names; Malformed when they are no chunk.
  Result<void> add(std::uint32_t index, ByteView chunk);
  /// With all chunks here: Refused, saying why, unless blocks and state are those of the block that
  /// `proof` shows to be final (verify_finality is the caller's). Then Ledger::open() takes the database.
  Result<void> finish(const FinalityProof& proof);

 private:
  struct Store;
  SnapshotImport(std::unique_ptr<Store> store, ChainConfig genesis, SnapshotManifest manifest);

  std::unique_ptr<Store> store_;
  ChainConfig genesis_;
  SnapshotManifest manifest_;
};

}  // namespace aval::ledger
