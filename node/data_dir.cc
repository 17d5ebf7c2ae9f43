#include "node/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace aval::node {

namespace {

constexpr ByteView format_name = "aval-data/1";

unexpected refused(const std::filesystem::path& path, const std::string& what) {
  return unexpected(Error::Code::Refused, "data directory " + path.string() + " " + what);
}

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return refused(path, "cannot be made: " + error.message());
  if (made) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  return {};
}

Result<void> check_format(const std::filesystem::path& path, const crypto::Digest& chain_id) {
  const auto name = path / "FORMAT";
  const Bytes wanted = Bytes(format_name) + "\n" + chain_id.hex() + "\n";
  std::error_code absent;  // an empty file is what a crash while making it leaves behind
  if (const auto bytes = std::filesystem::file_size(name, absent); absent || bytes == 0) {
    AVAL_ASSIGN(const File file, File::open(name, O_RDWR | O_CREAT));
    AVAL_TRY(file.write_at(0, wanted));
    AVAL_TRY(file.sync());
    return sync_directory(path);
  }
  AVAL_ASSIGN(const File file, File::open(name, O_RDONLY));
  AVAL_ASSIGN(const Bytes found, file.read_all());
  if (found == wanted) return {};
  if (!found.starts_with(Bytes(format_name) + "\n")) return refused(path, "has an unknown format");
  return refused(path, "belongs to chain " + found.substr(format_name.size() + 1, 64) + ", the genesis to " +
                           chain_id.hex() + ": name another data_dir or another genesis");
}

}  // namespace

Result<DataDir> DataDir::open(const std::filesystem::path& path, const crypto::Digest& chain_id) {
  AVAL_TRY(make_directory(path));
  AVAL_ASSIGN(File lock, File::open(path / "LOCK", O_RDWR | O_CREAT));
  if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    return refused(path, "is in use by another process, which holds " + (path / "LOCK").string());
  }
  AVAL_TRY(check_format(path, chain_id));
  AVAL_TRY(make_directory(path / "votes"));
  AVAL_TRY(make_directory(path / "evidence"));
  AVAL_TRY(sync_directory(path));
  return DataDir(path, std::move(lock));
}

}  // namespace aval::node
