#include "node/snapshot_store.h"

#include <fcntl.h>

#include "node/file.h"
#include "node/log.h"

namespace aval::node {

namespace {

constexpr std::size_t snapshots_kept = 2;
constexpr const char* manifest_name = "manifest";
constexpr const char* unfinished_name = "unfinished";

std::string padded(std::uint64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits > text.size() ? digits - text.size() : 0, '0') + text;
}

std::string chunk_name(std::size_t index) { return "chunk-" + padded(index, 5); }

Result<void> write_durably(const std::filesystem::path& path, ByteView bytes) {
  AVAL_ASSIGN(const File file, File::open(path, O_WRONLY | O_CREAT | O_EXCL));
  AVAL_TRY(file.write_at(0, bytes));
  return file.sync();
}

Result<Bytes> read_file(const std::filesystem::path& path) {
  AVAL_ASSIGN(const File file, File::open(path, O_RDONLY));
  return file.read_all();
}

unexpected io_failure(const std::string& what, const std::error_code& error) {
  return unexpected(Error::Code::Io, what + ": " + error.message());
}

/// The manifest of a finished snapshot, when its folder has the name that belongs to it.
Result<ledger::SnapshotManifest> read_snapshot(const std::filesystem::path& folder, const crypto::Digest& chain_id) {
  AVAL_ASSIGN(const Bytes bytes, read_file(folder / manifest_name));
  AVAL_ASSIGN(auto manifest, ledger::decode_manifest(bytes));
  const bool is_named_so = folder.filename() == padded(ledger::number(manifest.height), 10);
  if (manifest.chain_id != chain_id || !is_named_so)
    return unexpected(Error::Code::Refused, "a snapshot of another chain or height");
  return manifest;
}

}  // namespace

Result<std::unique_ptr<SnapshotStore>> SnapshotStore::open(const std::filesystem::path& folder,
                                                           const crypto::Digest& chain_id) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return io_failure("cannot make " + folder.string(), error);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  std::filesystem::remove_all(folder / unfinished_name, error);
  if (error) return io_failure("cannot remove " + (folder / unfinished_name).string(), error);
  std::unique_ptr<SnapshotStore> store(new SnapshotStore(folder));
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    auto manifest = read_snapshot(entry.path(), chain_id);
    if (manifest) {
      store->manifests_.emplace(manifest->height, std::move(*manifest));
    } else {
      log_warn("left alone: " + entry.path().string() + " is no snapshot of this chain: " + manifest.error().message);
    }
  }
  if (error) return io_failure("cannot read " + folder.string(), error);
  return store;
}

std::filesystem::path SnapshotStore::folder_of(ledger::Height height) const {
  return folder_ / padded(ledger::number(height), 10);
}

std::optional<ledger::SnapshotManifest> SnapshotStore::newest() const {
  const std::lock_guard lock(mutex_);
  if (manifests_.empty()) return std::nullopt;
  return manifests_.rbegin()->second;
}

Result<Bytes> SnapshotStore::chunk(ledger::Height height, std::uint32_t index) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = manifests_.find(height);
    if (found == manifests_.end() || index >= found->second.chunks.size())
      return unexpected(Error::Code::NotFound, "no such chunk");
  }
  return read_file(folder_of(height) / chunk_name(index));
}

Result<void> SnapshotStore::take(const ledger::LedgerSnapshot& ledger, const std::function<bool()>& stopped) {
  const ledger::Height height = ledger.head().height;
  if (std::error_code ignored; std::filesystem::exists(folder_of(height), ignored)) return {};
  const auto unfinished = folder_ / unfinished_name;
  std::error_code error;
  std::filesystem::remove_all(unfinished, error);
  if (!error) std::filesystem::create_directory(unfinished, error);
  if (error) return io_failure("cannot make " + unfinished.string(), error);
  std::size_t chunks = 0;
  AVAL_ASSIGN(auto manifest, ledger::cut_snapshot(ledger, [&](ByteView chunk) -> Result<void> {
    if (stopped()) return unexpected(Error::Code::Unavailable, "the node stops");
    return write_durably(unfinished / chunk_name(chunks++), chunk);
  }));
  AVAL_TRY(write_durably(unfinished / manifest_name, ledger::encode_manifest(manifest)));
  AVAL_TRY(sync_directory(unfinished));
  std::filesystem::rename(unfinished, folder_of(height), error);
  if (error) return io_failure("cannot name the snapshot " + folder_of(height).string(), error);
  AVAL_TRY(sync_directory(folder_));
  {
    const std::lock_guard lock(mutex_);
    manifests_.emplace(height, std::move(manifest));
  }
  let_oldest_go();
  return {};
}

void SnapshotStore::let_oldest_go() {
  while (true) {
    ledger::Height oldest{};
    {
      const std::lock_guard lock(mutex_);
      if (manifests_.size() <= snapshots_kept) return;
      oldest = manifests_.begin()->first;
      manifests_.erase(manifests_.begin());
    }
    std::error_code failed;  // a manifest goes first, so that half a snapshot is none
    std::filesystem::remove(folder_of(oldest) / manifest_name, failed);
    std::filesystem::remove_all(folder_of(oldest), failed);
    if (failed) log_warn("cannot remove " + folder_of(oldest).string() + ": " + failed.message());
  }
}

}  // namespace aval::node
