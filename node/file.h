#pragma once

#include "node/disk.h"

namespace aval::node {

/// An open file descriptor of the machine, closed when it goes.
class File final : public DiskFile {
 public:
  static Result<File> open(const std::filesystem::path& path, int flags, unsigned mode = 0600);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File() override;

  Result<Bytes> read_all() const override;
  Result<void> write_at(std::uint64_t offset, ByteView bytes) const override;
  Result<void> reserve(std::uint64_t offset, std::uint64_t bytes) const override;
  Result<void> sync_data() const override;
  Result<void> sync() const override;
  Result<std::uint64_t> size() const;
  int descriptor() const { return descriptor_; }

 private:
  File(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  unexpected failed(const char* what) const;
  int descriptor_ = -1;
  std::filesystem::path path_;
};

/// Forces the names in a directory to disk.
Result<void> sync_directory(const std::filesystem::path& directory);

}  // namespace aval::node
