#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ledger/evidence.h"

namespace aval::node {

/// With so many pieces kept no further one is written.
constexpr std::size_t evidence_files_max = 256;
/// A longer file is none of ours: two headers and two signatures are a quarter of it.
constexpr std::size_t evidence_bytes_max = 4096;

/// "<16 hex>.evidence": the beginning of what sha256sum shows of the bytes.
std::string evidence_file_name(ByteView canonical);

/// The contradictions that this node has proved of validators, a file each, for `aval blame` and for whoever
/// has to decide what follows from them. The node itself needs none of it, so a disk that refuses ends
/// nothing here. keep() belongs to one thread; all() may be called from any.
class EvidenceStore {
 public:
  /// Takes what is in the directory. What is no evidence, or stands under another name than its own, is named
  /// in the log and left alone.
  explicit EvidenceStore(std::filesystem::path directory);

  /// True when it is on disk now, false when it was before. Unavailable when as many are kept as may be.
  Result<bool> keep(const ledger::Evidence& evidence);
  /// By file name.
  std::vector<ledger::Evidence> all() const;

 private:
  void take(const std::filesystem::directory_entry& entry);
  Result<void> write(const std::string& name, ByteView bytes) const;

  std::filesystem::path directory_;
  mutable std::mutex mutex_;
  std::map<std::string, ledger::Evidence> kept_;  // by file name
};

}  // namespace aval::node
