#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "consensus/messages.h"
#include "ledger/evidence.h"

namespace aval::node {

/// With so many pieces kept no further one is written.
constexpr std::size_t evidence_files_max = 256;
/// A longer file is none of ours: two headers and two signatures are a quarter of it.
constexpr std::size_t evidence_bytes_max = 4096;
/// Of new views the latest so many are kept.
constexpr std::size_t new_view_files_max = 32;
/// A longer file is none of ours: what a hundred validators say fills some 5 MiB.
constexpr std::size_t new_view_bytes_max = 8U << 20U;
/// Of those kept, the latest that fit are given to who asks.
constexpr std::size_t new_views_bytes_max = 8U << 20U;

/// "<16 hex>.evidence": the beginning of what sha256sum shows of the bytes.
std::string evidence_file_name(ByteView canonical);
/// "<epoch>-<view>-<16 hex>.new-view", for the bytes of a NewView as peers send it; nothing for other bytes.
std::optional<std::string> new_view_file_name(ByteView canonical);

/// What `aval blame`, and whoever has to decide what follows from it, may need of this node: the contradictions that
/// it has proved of validators, and the new views by which it entered its views, a file each. The node itself needs
/// none of it, so a disk that refuses ends nothing here. keep() belongs to one thread; the rest may be called from
/// any.
class EvidenceStore {
 public:
  /// Takes what is in the directory. What is neither, or stands under another name than its own, is named in
  /// the log and left alone.
  explicit EvidenceStore(std::filesystem::path directory);

  /// True when it is on disk now, false when it was before. Unavailable when as many are kept as may be.
  Result<bool> keep(const ledger::Evidence& evidence);
  /// The oldest goes when there are more than new_view_files_max.
  Result<void> keep(const consensus::NewView& message);
  /// By file name.
  std::vector<ledger::Evidence> all() const;
  /// Their bytes, read from the disk, the oldest first; the latest of them, when all are more than new_views_bytes_max.
  std::vector<Bytes> new_views() const;

 private:
  using Place = std::tuple<ledger::Epoch, ledger::View, std::string>;  // the last is the file's name
  Result<void> take(const std::filesystem::directory_entry& entry);
  Result<void> take_new_view(const std::filesystem::directory_entry& entry);
  Result<void> remember(Place place);

  std::filesystem::path directory_;
  mutable std::mutex mutex_;
  std::map<std::string, ledger::Evidence> kept_;  // by file name
  std::set<Place> new_views_;
};

}  // namespace aval::node
