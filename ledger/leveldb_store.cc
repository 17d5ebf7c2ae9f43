#include "ledger/leveldb_store.h"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/iterator.h>
#include <leveldb/write_batch.h>

#include <atomic>

#include "crypto/base/mutant.h"

namespace aval::ledger {
namespace {

constexpr int bloom_bits_per_key = 10;
constexpr int open_files_max = 500;

/// LevelDB hands a slice's pointer to memcmp, which must not see the null of an empty view.
leveldb::Slice slice(ByteView bytes) {
  return bytes.empty() ? leveldb::Slice() : leveldb::Slice(bytes.data(), bytes.size());
}
ByteView view(const leveldb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

bool is_log_file(const std::filesystem::path& path) { return path.extension() == ".log"; }

/// A log file that is forced to disk before it is let go. A failure to do so has no way out of a
/// destructor; it raises `failed`, which the next write looks at.
class LogFile final : public leveldb::WritableFile {
 public:
  LogFile(leveldb::WritableFile* file, std::atomic<bool>& failed) : file_(file), failed_(failed) {}
  ~LogFile() override { force(); }

  leveldb::Status Append(const leveldb::Slice& data) override {
    unforced_ = true;
    return file_->Append(data);
  }
  leveldb::Status Flush() override { return file_->Flush(); }
  leveldb::Status Sync() override {
    const leveldb::Status status = file_->Sync();
    if (status.ok()) unforced_ = false;
    return status;
  }
  leveldb::Status Close() override {
    force();
    return file_->Close();
  }

 private:
  void force() {
    if (unforced_ && !Sync().ok()) failed_ = true;
    unforced_ = false;
  }

  std::unique_ptr<leveldb::WritableFile> file_;
  std::atomic<bool>& failed_;
  bool unforced_ = false;
};

class LogForcingEnv final : public leveldb::EnvWrapper {
 public:
  explicit LogForcingEnv(leveldb::Env* base) : EnvWrapper(base) {}

  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    const leveldb::Status status = target()->NewWritableFile(name, file);
    if (status.ok() && is_log_file(name)) *file = new LogFile(*file, failed_);
    return status;
  }
  bool failed() const { return failed_; }

 private:
  std::atomic<bool> failed_ = false;
};

leveldb::Options leveldb_options(const LevelDbStore::Options& options, leveldb::Env* env,
                                 leveldb::Cache* cache, const leveldb::FilterPolicy* filter) {
  leveldb::Options out;
  out.env = env;
  out.block_cache = cache;
  out.filter_policy = filter;
  out.paranoid_checks = true;
  out.write_buffer_size = options.write_buffer_bytes;
  out.max_open_files = open_files_max;
  return out;
}

/// LevelDB would create an empty database over the tables of one whose CURRENT file is missing.
bool has_files_without_current(leveldb::Env& env, const std::string& path) {
  if (env.FileExists(path + "/CURRENT")) return false;
  std::vector<std::string> names;
  env.GetChildren(path, &names);
  for (const std::filesystem::path name : names)
    if (is_log_file(name) || name.extension() == ".ldb" || name.extension() == ".sst") return true;
  return false;
}

unexpected open_failure(const std::string& path, const leveldb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && text.find("lock") != std::string::npos)
    return unexpected(Error::Code::Conflict, "the ledger in " + path + " is in use by another process (" +
                                                 path + "/LOCK): stop that one, or name another directory");
  if (status.IsCorruption())
    return unexpected(Error::Code::Corrupt, "the ledger in " + path + " is damaged: " + text);
  return unexpected(Error::Code::Io, "the ledger in " + path + " cannot be opened: " + text);
}

Result<void> prepare_directory(const std::filesystem::path& path, const LevelDbStore::Options& options) {
  std::error_code failure;
  if (options.disk == nullptr && path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failure);
  if (!failure) return {};
  return unexpected(Error::Code::Io,
                    "cannot create " + path.parent_path().string() + ": " + failure.message());
}

}  // namespace

/// The open database and what must outlive it; members are destroyed from the last to the first.
struct LevelDbStore::Database {
  explicit Database(Options opened)
      : options(std::move(opened)),
        env(options.disk != nullptr ? &options.disk->env() : leveldb::Env::Default()),
        cache(leveldb::NewLRUCache(options.cache_bytes)),
        filter(leveldb::NewBloomFilterPolicy(bloom_bits_per_key)) {}

  ~Database() { settle(); }

  void settle() const {
    if (options.disk != nullptr) options.disk->settle();
  }
  [[noreturn]] void fatal(const std::string& what) const {
    if (options.on_fatal) options.on_fatal(what);
    check_failed("on_fatal is set and does not return", __FILE__, __LINE__);
  }

  Options options;
  LogForcingEnv env;
  std::unique_ptr<leveldb::Cache> cache;
  std::unique_ptr<const leveldb::FilterPolicy> filter;
  std::unique_ptr<leveldb::DB> db;
};

class LevelDbStore::View final : public StoreView {
 public:
  View(std::shared_ptr<const Database> database, const leveldb::Snapshot* snapshot)
      : database_(std::move(database)), snapshot_(snapshot) {}
  ~View() override {
    if (snapshot_ != nullptr) database_->db->ReleaseSnapshot(snapshot_);
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  std::optional<Bytes> get(ByteView key) const override {
    Bytes value;
    const leveldb::Status status = database_->db->Get(read_options(), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) fatal("reading the ledger failed: " + status.ToString());
    return value;
  }

  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override {
    const std::unique_ptr<leveldb::Iterator> at(database_->db->NewIterator(read_options()));
    for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next())
      if (!visit(view(at->key()), view(at->value()))) return;
    if (!at->status().ok()) fatal("reading the ledger failed: " + at->status().ToString());
  }

 private:
  void report(const std::string& what) const override { database_->fatal(what); }

  leveldb::ReadOptions read_options() const {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    options.snapshot = snapshot_;
    return options;
  }

  std::shared_ptr<const Database> database_;
  const leveldb::Snapshot* snapshot_;
};

StoreBatch::StoreBatch() : batch_(std::make_unique<leveldb::WriteBatch>()) {}
StoreBatch::~StoreBatch() = default;
void StoreBatch::put(ByteView key, ByteView value) { batch_->Put(slice(key), slice(value)); }
void StoreBatch::remove(ByteView key) { batch_->Delete(slice(key)); }

Result<std::unique_ptr<LevelDbStore>> LevelDbStore::open(const std::filesystem::path& path, Options options) {
  AVAL_TRY(prepare_directory(path, options));
  auto database = std::make_shared<Database>(std::move(options));
  if (has_files_without_current(database->env, path.string()))
    return unexpected(Error::Code::Corrupt,
                      "the ledger in " + path.string() +
                          " is damaged: it has tables but no CURRENT file; restore the file"
                          " or start over in an empty directory");
  auto opening =
      leveldb_options(database->options, &database->env, database->cache.get(), database->filter.get());
  opening.create_if_missing = true;
  leveldb::DB* db = nullptr;
  const leveldb::Status status = leveldb::DB::Open(opening, path.string(), &db);
  if (!status.ok()) return open_failure(path.string(), status);
  database->db.reset(db);
  return std::unique_ptr<LevelDbStore>(new LevelDbStore(std::move(database)));
}

Result<void> LevelDbStore::remove(const std::filesystem::path& path, StoreDisk* disk) {
  leveldb::Options options;
  if (disk != nullptr) options.env = &disk->env();
  const leveldb::Status status = leveldb::DestroyDB(path.string(), options);
  if (status.ok()) return {};
  return unexpected(Error::Code::Io, "cannot remove " + path.string() + ": " + status.ToString());
}

LevelDbStore::LevelDbStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

LevelDbStore::~LevelDbStore() = default;

void LevelDbStore::write(const StoreBatch& batch, bool sync) {
  if (failed_ && !mutated("failed-append-retried"))
    database_->fatal("writing the ledger failed before; nothing is written after that");
  database_->settle();
  leveldb::WriteOptions options;
  options.sync = sync && !mutated("append-not-forced");
  const leveldb::Status status = database_->db->Write(options, batch.batch_.get());
  failed_ = !status.ok() || database_->env.failed();
  if (failed_) database_->fatal("writing the ledger failed: " + status.ToString());
}

std::shared_ptr<const StoreView> LevelDbStore::latest() const {
  return std::make_shared<View>(database_, nullptr);
}

std::shared_ptr<const StoreView> LevelDbStore::snapshot() const {
  return std::make_shared<View>(database_, database_->db->GetSnapshot());
}

}  // namespace aval::ledger
