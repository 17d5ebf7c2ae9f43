#include "crypto/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace aval::crypto {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024;

/// A file descriptor, closed when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

unexpected io_error(const std::string& path, const char* what, int error) {
  return unexpected(Error::Code::Io, path + ": " + what + ": " + std::generic_category().message(error));
}

unexpected bad_file(const std::string& path, const std::string& why) {
  return unexpected(Error::Code::Refused, path + ": " + why);
}

unexpected open_error(const std::string& path, int error) {
  if (error == ELOOP) return bad_file(path, "is a symbolic link; name the file itself");
  if (error == ENOENT) return unexpected(Error::Code::NotFound, path + ": no such file");
  return io_error(path, "cannot open", error);
}

Result<void> check_file(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return io_error(path, "cannot stat", errno);
  if (!S_ISREG(status.st_mode)) return bad_file(path, "is not a regular file");
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return bad_file(path, "belongs to user " + std::to_string(status.st_uid) + "; run: chown " +
                             std::to_string(::geteuid()) + " " + path);
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return bad_file(path, "is open to group or others; run: chmod 600 " + path);
  }
  return {};
}

/// In a directory everyone may write to, anyone can put another file in the place of this one.
/// A sticky directory such as /tmp is free of that.
Result<void> check_directory(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return io_error(path, "cannot stat", errno);
  if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0) return {};
  return bad_file(path, "is a directory everyone may write to; run: chmod o-w " + path);
}

Result<Bytes> read_all(int descriptor, const std::string& path) {
  Bytes bytes(file_bytes_max + 1, '\0');  // in full from the start: growing would leave copies behind
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(descriptor, bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path, "cannot read", errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > file_bytes_max) {
    return unexpected(Error::Code::Malformed, path + ": is larger than 64 KiB; it cannot be the right file");
  }
  bytes.resize(size);
  return bytes;
}

Result<void> write_all(int descriptor, const std::string& path, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return io_error(path, "cannot write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor) != 0) return io_error(path, "cannot sync", errno);
  return {};
}

Result<void> sync_directory(const std::filesystem::path& path) {
  const std::string name = path.empty() ? "." : path.string();
  const Descriptor directory(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return io_error(name, "cannot open", errno);
  if (::fsync(directory.get()) != 0) return io_error(name, "cannot sync", errno);
  return {};
}

Result<void> publish(const std::string& temporary, const std::string& path) {
  if (::link(temporary.c_str(), path.c_str()) == 0) return {};
  if (errno == EEXIST) {
    return unexpected(Error::Code::Conflict,
                      path + ": exists and is never overwritten; move it away or choose another name");
  }
  return io_error(path, "cannot create", errno);
}

}  // namespace

Result<Bytes> read_private_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  const std::string parent = path.has_parent_path() ? path.parent_path().string() : ".";
  const Descriptor directory(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return open_error(parent, errno);
  AVAL_TRY(check_directory(directory.get(), parent));

  // Non-blocking, so that a pipe in place of the file is refused instead of waited for.
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const Descriptor file(::openat(directory.get(), path.filename().c_str(), flags));
  if (!file.is_open()) return open_error(name, errno);
  AVAL_TRY(check_file(file.get(), name));
  return read_all(file.get(), name);
}

Result<void> write_private_file(const std::filesystem::path& path, ByteView bytes) {
  const std::string name = path.string();
  std::string temporary = name + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // creates with mode 0600
  if (!file.is_open()) return io_error(name, "cannot create", errno);
  Result<void> outcome = write_all(file.get(), temporary, bytes);
  if (outcome) outcome = publish(temporary, name);
  ::unlink(temporary.c_str());
  if (!outcome) return outcome;
  return sync_directory(path.parent_path());
}

}  // namespace aval::crypto
