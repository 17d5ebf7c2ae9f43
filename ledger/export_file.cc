#include "ledger/export_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace aval::ledger {
namespace {

constexpr std::size_t pending_bytes_max = 1U << 20U;

unexpected io_error(const std::string& doing, const std::filesystem::path& path) {
  return unexpected(Error::Code::Io,
                    doing + " " + path.string() + ": " + std::generic_category().message(errno));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

Result<void> force_directory(const std::filesystem::path& path) {
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) return io_error("cannot force to disk", directory);
  return {};
}

}  // namespace

Result<std::unique_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  using Pointer = std::unique_ptr<const MappedFile>;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return io_error("cannot open", path);
  if (!S_ISREG(status.st_mode)) return unexpected(Error::Code::Io, path.string() + " is not a regular file");
  if (status.st_size == 0) return Pointer(new MappedFile({}));
  const auto size = static_cast<std::size_t>(status.st_size);
  const void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return io_error("cannot read", path);
  return Pointer(new MappedFile({static_cast<const char*>(data), size}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

Result<std::unique_ptr<NewFile>> NewFile::create(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored))
    return unexpected(Error::Code::Conflict,
                      path.string() + " exists and is not overwritten: name another file");
  std::filesystem::path partial = path;
  partial += ".partial";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (descriptor < 0) return io_error("cannot create", partial);
  return std::unique_ptr<NewFile>(new NewFile(path, descriptor));
}

NewFile::NewFile(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), partial_(path_), descriptor_(descriptor) {
  partial_ += ".partial";
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(partial_.c_str());
}

Result<void> NewFile::append(ByteView bytes) {
  pending_ += bytes;
  return pending_.size() < pending_bytes_max ? Result<void>() : flush();
}

Result<std::unique_ptr<const MappedFile>> NewFile::contents() {
  AVAL_TRY(flush());
  return MappedFile::open(partial_);
}

Result<void> NewFile::flush() {
  ByteView rest = pending_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("cannot write", partial_);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  pending_.clear();
  return {};
}

Result<void> NewFile::publish() {
  AVAL_TRY(flush());
  if (::fsync(descriptor_) != 0) return io_error("cannot force to disk", partial_);
  if (::rename(partial_.c_str(), path_.c_str()) != 0) return io_error("cannot name", path_);
  ::close(descriptor_);
  descriptor_ = -1;
  return force_directory(path_);
}

}  // namespace aval::ledger
