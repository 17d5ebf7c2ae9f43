#pragma once

// Internal to this room: the port to the database.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "crypto/base/bytes.h"
#include "ledger/store_disk.h"

namespace leveldb {
class WriteBatch;
}  // namespace leveldb

namespace aval::ledger {

/// One reading of the store, either of one instant or always of the latest. Usable from any thread and
/// for as long as it is held. A read that fails (checksums are verified) ends in on_fatal: no answer is
/// better than a wrong one.
class StoreView {
 public:
  virtual ~StoreView() = default;
  virtual std::optional<Bytes> get(ByteView key) const = 0;
  /// Calls visit(key, value) for the keys that start with `prefix`, ascending, until it returns false.
  virtual void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const = 0;
  /// Hands `what` to on_fatal: what was read cannot be right.
  [[noreturn]] void fatal(const std::string& what) const {
    report(what);
    check_failed("on_fatal is set and does not return", __FILE__, __LINE__);
  }

 private:
  virtual void report(const std::string& what) const = 0;
};

/// Puts and removals that happen together or not at all.
class StoreBatch {
 public:
  StoreBatch();
  ~StoreBatch();
  void put(ByteView key, ByteView value);
  void remove(ByteView key);

 private:
  friend class LevelDbStore;
  std::unique_ptr<leveldb::WriteBatch> batch_;
};

/// The database. LevelDB 1.23 goes on after a failed append and loses what it acknowledges later, so the
/// first failure calls on_fatal, and so does every later write, without trying. It also drops a full log
/// file without forcing it to disk, so that a later synced write could outlive an earlier one; here no
/// log file is closed before it is on disk.
class LevelDbStore {
 public:
  struct Options {
    std::size_t cache_bytes = 0;
    std::size_t write_buffer_bytes = 0;
    std::function<void(const std::string& what)> on_fatal;  // must not return
    StoreDisk* disk = nullptr;                              // nullptr: the machine's own
  };

  /// Opens the database in directory `path`, creating it when there is none. Conflict when another
  /// process has it, Corrupt when it cannot be read as it stands.
  static Result<std::unique_ptr<LevelDbStore>> open(const std::filesystem::path& path, Options options);
  /// Removes the database in directory `path`, whole or damaged, that nobody has open. Io when that fails.
  static Result<void> remove(const std::filesystem::path& path, StoreDisk* disk);
  ~LevelDbStore();

  /// With `sync`, this and every earlier write is on disk when it returns.
  void write(const StoreBatch& batch, bool sync);
  std::shared_ptr<const StoreView> latest() const;
  std::shared_ptr<const StoreView> snapshot() const;

 private:
  struct Database;
  class View;
  explicit LevelDbStore(std::shared_ptr<Database> database);

  std::shared_ptr<Database> database_;
  bool failed_ = false;
};

}  // namespace aval::ledger
