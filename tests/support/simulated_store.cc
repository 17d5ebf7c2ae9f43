#include "tests/support/simulated_store.h"

#include <leveldb/env.h>

#include <cstring>
#include <utility>

namespace aval::support {
namespace {

leveldb::Status status_of(const Result<void>& result) {
  return result ? leveldb::Status::OK() : leveldb::Status::IOError(result.error().message);
}

leveldb::Slice copied(ByteView bytes, char* scratch) {
  if (!bytes.empty()) std::memcpy(scratch, bytes.data(), bytes.size());
  return {scratch, bytes.size()};
}

class ReadingFile final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  ReadingFile(const SimulatedDisk& disk, FileId file) : disk_(disk), file_(file) {}

  leveldb::Status Read(std::size_t n, leveldb::Slice* result, char* scratch) override {
    const leveldb::Status status = std::as_const(*this).Read(at_, n, result, scratch);
    at_ += result->size();
    return status;
  }
  leveldb::Status Skip(std::uint64_t n) override {
    at_ += n;
    return leveldb::Status::OK();
  }
  leveldb::Status Read(std::uint64_t offset, std::size_t n, leveldb::Slice* result,
                       char* scratch) const override {
    const ByteView bytes = disk_.bytes_of(file_);
    *result = copied(bytes.substr(std::min<std::size_t>(offset, bytes.size()), n), scratch);
    return leveldb::Status::OK();
  }

 private:
  const SimulatedDisk& disk_;
  FileId file_;
  std::uint64_t at_ = 0;
};

/// The database syncs the directory with its manifest, which names the files that count.
class WritingFile final : public leveldb::WritableFile {
 public:
  WritingFile(SimulatedDisk& disk, FileId file, std::string manifest_directory)
      : disk_(disk), file_(file), manifest_directory_(std::move(manifest_directory)) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    return status_of(disk_.write(file_, disk_.bytes_of(file_).size(), {data.data(), data.size()}));
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override {
    if (!manifest_directory_.empty())
      if (const auto synced = disk_.sync_directory(manifest_directory_); !synced) return status_of(synced);
    return status_of(disk_.sync(file_));
  }

 private:
  SimulatedDisk& disk_;
  FileId file_;
  std::string manifest_directory_;
};

class NoLock final : public leveldb::FileLock {};

class NoLog final : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

template <class File, class Made>
leveldb::Status open_for_reading(const SimulatedDisk& disk, const std::string& name, Made** result) {
  const auto file = disk.find(name);
  if (!file) return leveldb::Status::NotFound(name);
  *result = new File(disk, *file);
  return leveldb::Status::OK();
}

}  // namespace

class SimulatedStore::Env final : public leveldb::Env {
 public:
  explicit Env(SimulatedDisk& disk) : disk_(disk) {}

  leveldb::Status NewSequentialFile(const std::string& name, leveldb::SequentialFile** result) override {
    return open_for_reading<ReadingFile>(disk_, name, result);
  }
  leveldb::Status NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** result) override {
    return open_for_reading<ReadingFile>(disk_, name, result);
  }
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** result) override {
    const auto file = disk_.make_file(name);
    if (!file) return leveldb::Status::IOError(file.error().message);
    const std::filesystem::path path(name);
    const bool is_manifest = path.filename().string().starts_with("MANIFEST");
    *result = new WritingFile(disk_, *file, is_manifest ? path.parent_path().string() : std::string());
    return leveldb::Status::OK();
  }
  bool FileExists(const std::string& name) override { return disk_.exists(name); }
  leveldb::Status GetChildren(const std::string& directory, std::vector<std::string>* result) override {
    *result = disk_.names_in(directory);
    return leveldb::Status::OK();
  }
  leveldb::Status RemoveFile(const std::string& name) override { return status_of(disk_.remove(name)); }
  leveldb::Status CreateDir(const std::string&) override { return leveldb::Status::OK(); }
  leveldb::Status RemoveDir(const std::string&) override { return leveldb::Status::OK(); }
  leveldb::Status GetFileSize(const std::string& name, std::uint64_t* bytes) override {
    const auto file = disk_.find(name);
    if (!file) return leveldb::Status::NotFound(name);
    *bytes = disk_.bytes_of(*file).size();
    return leveldb::Status::OK();
  }
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override {
    return status_of(disk_.rename(from, to));
  }
  leveldb::Status LockFile(const std::string&, leveldb::FileLock** lock) override {
    *lock = new NoLock();
    return leveldb::Status::OK();
  }
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override {
    delete lock;
    return leveldb::Status::OK();
  }
  void Schedule(void (*function)(void*), void* argument) override {
    waiting_.emplace_back(function, argument);
  }
  void StartThread(void (*function)(void*), void* argument) override { Schedule(function, argument); }
  leveldb::Status GetTestDirectory(std::string*) override {
    return leveldb::Status::NotSupported("no such place");
  }
  leveldb::Status NewLogger(const std::string&, leveldb::Logger** result) override {
    *result = new NoLog();
    return leveldb::Status::OK();
  }
  std::uint64_t NowMicros() override { return ++micros_; }
  void SleepForMicroseconds(int) override {}

  /// Work done may leave more to do, one piece at a time.
  void settle() {
    while (!waiting_.empty()) {
      const auto [function, argument] = waiting_.front();
      waiting_.pop_front();
      function(argument);
    }
  }

 private:
  SimulatedDisk& disk_;
  std::deque<std::pair<void (*)(void*), void*>> waiting_;
  std::uint64_t micros_ = 0;
};

SimulatedStore::SimulatedStore(SimulatedDisk& disk) : env_(std::make_unique<Env>(disk)) {}
SimulatedStore::~SimulatedStore() = default;
leveldb::Env& SimulatedStore::env() { return *env_; }
void SimulatedStore::settle() { env_->settle(); }

}  // namespace aval::support
