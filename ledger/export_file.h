#pragma once

// Internal to this room: the files behind export.h.

#include <filesystem>
#include <memory>

#include "crypto/base/bytes.h"

namespace aval::ledger {

/// A file read as one byte string, through the page cache and not into memory.
class MappedFile {
 public:
  static Result<std::unique_ptr<const MappedFile>> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ByteView bytes() const { return bytes_; }

 private:
  explicit MappedFile(ByteView bytes) : bytes_(bytes) {}
  ByteView bytes_;
};

/// A file that gets its name when it is complete and on disk, and is removed when it never is.
class NewFile {
 public:
  /// Conflict when `path` exists.
  static Result<std::unique_ptr<NewFile>> create(const std::filesystem::path& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  Result<void> append(ByteView bytes);
  /// What was appended so far, read back from the file.
  Result<std::unique_ptr<const MappedFile>> contents();
  /// Forces the file to disk and gives it its name; nothing may follow.
  Result<void> publish();

 private:
  NewFile(std::filesystem::path path, int descriptor);
  Result<void> flush();

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_;
  Bytes pending_;
};

}  // namespace aval::ledger
