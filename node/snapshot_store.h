#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "ledger/snapshot.h"

namespace aval::node {

/// The snapshots that this node has taken: `<10 digits of the height>/` with `manifest` and `chunk-00000`,
/// `chunk-00001` and so on. A folder has its name only when it is whole and on disk. The newest two stay.
/// Reads from any thread; one thread takes.
class SnapshotStore {
 public:
  /// Makes the folder and removes what was not finished. What it cannot read stays where it is.
  static Result<std::unique_ptr<SnapshotStore>> open(const std::filesystem::path& folder,
                                                     const crypto::Digest& chain_id);

  std::optional<ledger::SnapshotManifest> newest() const;
  /// NotFound when there is no such chunk (any more).
  Result<Bytes> chunk(ledger::Height height, std::uint32_t index) const;
  /// Takes the snapshot of `ledger`, unless it is here, and lets the oldest go. `stopped` is asked after each
  /// chunk: true ends it with Unavailable.
  Result<void> take(const ledger::LedgerSnapshot& ledger, const std::function<bool()>& stopped);

 private:
  explicit SnapshotStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_of(ledger::Height height) const;
  void let_oldest_go();

  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::map<ledger::Height, ledger::SnapshotManifest> manifests_;
};

}  // namespace aval::node
