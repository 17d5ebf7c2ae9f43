#pragma once

#include <filesystem>
#include <memory>

#include "crypto/base/bytes.h"

namespace aval::node {

/// An open file. Errors are Io and name the path.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  virtual Result<Bytes> read_all() const = 0;
  virtual Result<void> write_at(std::uint64_t offset, ByteView bytes) const = 0;
  /// Makes sure that `bytes` from `offset` have their place on the disk.
  virtual Result<void> reserve(std::uint64_t offset, std::uint64_t bytes) const = 0;
  virtual Result<void> sync_data() const = 0;
  virtual Result<void> sync() const = 0;
};

/// The disk under the vote journal: the machine's own, or one that tests break.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual bool exists(const std::filesystem::path& path) = 0;
  /// Opens a file that is there, to read and write.
  virtual Result<std::unique_ptr<DiskFile>> open(const std::filesystem::path& path) = 0;
  /// Makes an empty file, in place of one that is there.
  virtual Result<std::unique_ptr<DiskFile>> make(const std::filesystem::path& path) = 0;
  virtual Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Forces the names in a directory to disk.
  virtual Result<void> sync_directory(const std::filesystem::path& directory) = 0;
};

Disk& machine_disk();

}  // namespace aval::node
