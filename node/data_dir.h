#pragma once

#include <filesystem>

#include "crypto/hash.h"
#include "node/file.h"

namespace aval::node {

/// A node's data directory, held by one process: `LOCK`, `FORMAT` (format and chain), `db/`, `votes/`,
/// `evidence/`, `snapshots/`, and `db.joining/` while a snapshot is fetched.
class DataDir {
 public:
  /// Creates what is missing with mode 0700. Refused when another process has the directory, when it
  /// belongs to another chain, or when its format is unknown.
  static Result<DataDir> open(const std::filesystem::path& path, const crypto::Digest& chain_id);
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "db"; }
  std::filesystem::path votes() const { return path_ / "votes"; }
  std::filesystem::path evidence() const { return path_ / "evidence"; }
  std::filesystem::path snapshots() const { return path_ / "snapshots"; }
  std::filesystem::path joining() const { return path_ / "db.joining"; }

 private:
  DataDir(std::filesystem::path path, File lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  File lock_;  // flock() lives as long as the descriptor
};

}  // namespace aval::node
