#include "ledger/leveldb_store.h"

#include <leveldb/env.h>

#include <catch2/catch.hpp>

#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::leveldb_store_test {
namespace {

struct Stopped {
  std::string what;
};

/// A disk that can be told to fail, and that counts log files let go with bytes not forced to disk.
class FaultyEnv final : public leveldb::EnvWrapper, public StoreDisk {
 public:
  FaultyEnv() : EnvWrapper(leveldb::Env::Default()) {}
  leveldb::Env& env() override { return *this; }
  void settle() override {}

  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    const leveldb::Status status = target()->NewWritableFile(name, file);
    if (status.ok() && name.ends_with(".log")) *file = new File(*file, *this);
    return status;
  }

  bool fail_next_append = false;
  bool fail_syncs = false;
  int appends = 0;
  int logs_let_go = 0;
  int logs_let_go_unforced = 0;

 private:
  class File final : public leveldb::WritableFile {
   public:
    File(leveldb::WritableFile* file, FaultyEnv& env) : file_(file), env_(env) {}
    ~File() override {
      ++env_.logs_let_go;
      if (unforced_) ++env_.logs_let_go_unforced;
    }
    leveldb::Status Append(const leveldb::Slice& data) override {
      ++env_.appends;
      unforced_ = true;
      if (!env_.fail_next_append) return file_->Append(data);
      env_.fail_next_append = false;
      return leveldb::Status::IOError("no space left on device");
    }
    leveldb::Status Close() override { return file_->Close(); }
    leveldb::Status Flush() override { return file_->Flush(); }
    leveldb::Status Sync() override {
      if (env_.fail_syncs) return leveldb::Status::IOError("input/output error");
      unforced_ = false;
      return file_->Sync();
    }

   private:
    std::unique_ptr<leveldb::WritableFile> file_;
    FaultyEnv& env_;
    bool unforced_ = false;
  };
};

LevelDbStore::Options options(StoreDisk* disk = nullptr) {
  return {1U << 20U, 64U << 10U, [](const std::string& what) { throw Stopped{what}; }, disk};
}

std::unique_ptr<LevelDbStore> open(const TemporaryDirectory& directory, StoreDisk* disk = nullptr) {
  return LevelDbStore::open(directory / "db", options(disk)).value();
}

void put(LevelDbStore& store, ByteView key, ByteView value, bool sync = false) {
  StoreBatch batch;
  batch.put(key, value);
  store.write(batch, sync);
}

Bytes keys_under(const StoreView& view, ByteView prefix) {
  Bytes out;
  view.scan(prefix, [&](ByteView key, ByteView) {
    out += Bytes(key) + " ";
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("the store holds what was written, also after it was closed", "[leveldb_store]") {
  const TemporaryDirectory directory;
  {
    const auto store = open(directory);
    StoreBatch batch;
    batch.put("b", "1");
    batch.put("a", "2");
    batch.put("gone", "3");
    store->write(batch, false);
    StoreBatch removal;
    removal.remove("gone");
    store->write(removal, true);
  }
  const auto view = open(directory)->latest();
  CHECK(view->get("b") == Bytes("1"));
  CHECK(view->get("gone") == std::nullopt);
  CHECK(keys_under(*view, {}) == "a b ");
}

TEST_CASE("a scan gives the keys under a prefix, ascending by bytes", "[leveldb_store]") {
  const TemporaryDirectory directory;
  const auto store = open(directory);
  for (const char* key : {"p\xff", "p", "p1", "o9", "q", "p\x7f"}) put(*store, key, "v");
  CHECK(keys_under(*store->latest(), "p") == "p p1 p\x7f p\xff ");
}

TEST_CASE("a snapshot does not see later writes and outlives the store", "[leveldb_store]") {
  const TemporaryDirectory directory;
  auto store = open(directory);
  put(*store, "key", "early");
  const auto snapshot = store->snapshot();
  put(*store, "key", "late");
  CHECK(snapshot->get("key") == Bytes("early"));
  CHECK(store->latest()->get("key") == Bytes("late"));
  store.reset();
  CHECK(snapshot->get("key") == Bytes("early"));
}

TEST_CASE("ST-25 a store in use is refused, naming its lock file", "[leveldb_store]") {
  const TemporaryDirectory directory;
  const auto store = open(directory);
  const auto second = LevelDbStore::open(directory / "db", options());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Error::Code::Conflict);
  CHECK(second.error().message.find((directory / "db").string() + "/LOCK") != std::string::npos);
  put(*store, "still", "writable", true);
}

TEST_CASE("ST-12 tables without their CURRENT file are refused and not written over", "[leveldb_store]") {
  const TemporaryDirectory directory;
  put(*open(directory), "key", "value", true);
  std::filesystem::rename(directory / "db/CURRENT", directory / "CURRENT");
  const auto refused = LevelDbStore::open(directory / "db", options());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Corrupt);
  std::filesystem::rename(directory / "CURRENT", directory / "db/CURRENT");
  CHECK(open(directory)->latest()->get("key") == Bytes("value"));
}

TEST_CASE("ST-12 a damaged CURRENT or MANIFEST is refused", "[leveldb_store]") {
  const TemporaryDirectory directory;
  put(*open(directory), "key", "value", true);
  for (const auto& entry : std::filesystem::directory_iterator(directory / "db"))
    if (entry.path().filename().string().starts_with("MANIFEST"))
      write_file(entry.path(), "garbage, and much of it");
  CHECK_FALSE(LevelDbStore::open(directory / "db", options()));
  write_file(directory / "db/CURRENT", "garbage");
  CHECK_FALSE(LevelDbStore::open(directory / "db", options()));
}

TEST_CASE("ST-03 the first failed write is fatal and nothing is written after it", "[leveldb_store]") {
  const TemporaryDirectory directory;
  FaultyEnv env;
  const auto store = open(directory, &env);
  put(*store, "before", "1", true);
  env.fail_next_append = true;
  CHECK_THROWS_AS(put(*store, "failing", "2"), Stopped);
  const int appends = env.appends;
  for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(put(*store, "after", "3", true), Stopped);
  CHECK(env.appends == appends);
  CHECK(store->latest()->get("after") == std::nullopt);
}

TEST_CASE("ST-05 a failed sync is fatal", "[leveldb_store]") {
  const TemporaryDirectory directory;
  FaultyEnv env;
  const auto store = open(directory, &env);
  put(*store, "unsynced", "1");
  env.fail_syncs = true;
  CHECK_THROWS_AS(put(*store, "synced", "2", true), Stopped);
  CHECK_THROWS_AS(put(*store, "after", "3"), Stopped);
}

TEST_CASE("a full log file is on disk before the next one is begun", "[leveldb_store]") {
  const TemporaryDirectory directory;
  FaultyEnv env;
  auto store = open(directory, &env);
  for (int i = 0; i < 40; ++i) put(*store, "key " + std::to_string(i), Bytes(10'000, 'v'));
  CHECK(env.logs_let_go >= 3);
  CHECK(env.logs_let_go_unforced == 0);
}

TEST_CASE("a full log file that cannot be forced to disk is fatal", "[leveldb_store]") {
  const TemporaryDirectory directory;
  FaultyEnv env;
  const auto store = open(directory, &env);
  env.fail_syncs = true;
  const auto write_many = [&] {
    for (int i = 0; i < 40; ++i) put(*store, "key " + std::to_string(i), Bytes(10'000, 'v'));
  };
  CHECK_THROWS_AS(write_many(), Stopped);
}

TEST_CASE("ST-13 a flipped bit in a table is fatal when it is read", "[leveldb_store]") {
  const TemporaryDirectory directory;
  put(*open(directory), "key", Bytes(5000, 'v'), true);
  open(directory);  // replays the log into a table
  std::size_t damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "db")) {
    if (entry.path().extension() != ".ldb") continue;
    Bytes bytes = read_file(entry.path());
    bytes[bytes.size() / 8] = static_cast<char>(bytes[bytes.size() / 8] ^ 4);
    write_file(entry.path(), bytes);
    ++damaged;
  }
  REQUIRE(damaged > 0);
  const auto opened = LevelDbStore::open(directory / "db", options());
  if (!opened) return;
  CHECK_THROWS_AS((*opened)->latest()->get("key"), Stopped);
}

}  // namespace aval::ledger::leveldb_store_test
