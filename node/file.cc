#include "node/file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aval::node {

namespace {

unexpected io_error(const char* what, const std::filesystem::path& path, int error) {
  return unexpected(Error::Code::Io, "cannot " + std::string(what) + " " + path.string() + ": " + std::strerror(error));
}

}  // namespace

unexpected File::failed(const char* what) const { return io_error(what, path_, errno); }

Result<File> File::open(const std::filesystem::path& path, int flags, unsigned mode) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (descriptor < 0) return io_error("open", path, errno);
  return File(descriptor, path);
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::uint64_t> File::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return failed("read the size of");
  return static_cast<std::uint64_t>(status.st_size);
}

Result<Bytes> File::read_all() const {
  AVAL_ASSIGN(const std::uint64_t bytes, size());
  Bytes content(static_cast<std::size_t>(bytes), '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::pread(descriptor_, content.data() + done, content.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  content.resize(done);
  return content;
}

Result<void> File::write_at(std::uint64_t offset, ByteView bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<void> File::reserve(std::uint64_t offset, std::uint64_t bytes) const {
  const int error = ::posix_fallocate(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  if (error != 0) return io_error("reserve space for", path_, error);
  return {};
}

Result<void> File::sync_data() const {
  if (::fdatasync(descriptor_) != 0) return failed("force to disk");
  return {};
}

Result<void> File::sync() const {
  if (::fsync(descriptor_) != 0) return failed("force to disk");
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  AVAL_ASSIGN(const File file, File::open(directory, O_RDONLY | O_DIRECTORY));
  return file.sync();
}

namespace {

class MachineDisk final : public Disk {
 public:
  bool exists(const std::filesystem::path& path) override {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  }
  Result<std::unique_ptr<DiskFile>> open(const std::filesystem::path& path) override {
    return opened(File::open(path, O_RDWR));
  }
  Result<std::unique_ptr<DiskFile>> make(const std::filesystem::path& path) override {
    return opened(File::open(path, O_RDWR | O_CREAT | O_TRUNC));
  }
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    if (error) return unexpected(Error::Code::Io, "cannot rename " + from.string() + ": " + error.message());
    return {};
  }
  Result<void> sync_directory(const std::filesystem::path& directory) override {
    return node::sync_directory(directory);
  }

 private:
  static Result<std::unique_ptr<DiskFile>> opened(Result<File> file) {
    if (!file) return unexpected(file.error());
    return std::unique_ptr<DiskFile>(std::make_unique<File>(*std::move(file)));
  }
};

}  // namespace

Disk& machine_disk() {
  static MachineDisk disk;
  return disk;
}

}  // namespace aval::node
