#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/disk.h"

/// A disk in memory that knows what a power cut would leave of it. Bytes of a file are safe once the
/// file was synced, names once their directory was; everything else is pending, and a crash may keep
/// any part of it (crash_images.h).
namespace aval::support {

using FileId = std::uint64_t;
using FileBytes = std::shared_ptr<const Bytes>;

/// Names and contents: all that is left when the power is off.
struct DiskImage {
  std::map<std::string, FileId> names;
  std::map<FileId, FileBytes> contents;
};

/// Something done to the disk that no sync covers yet.
struct PendingOperation {
  enum class Kind { Write, Resize, Make, Rename, Remove };
  Kind kind = Kind::Write;
  FileId file = 0;
  std::uint64_t offset = 0;  // of Write; the new size of Resize
  Bytes bytes;               // of Write
  std::string path;          // of the others: the name that is made, taken or removed
  std::string former;        // of Rename: the name given up

  bool is_name() const { return kind == Kind::Make || kind == Kind::Rename || kind == Kind::Remove; }
};

/// `image` with `operation` done to it.
void apply(const PendingOperation& operation, DiskImage& image);

/// What a disk may refuse. Each class of call is counted on its own, from 1.
enum class DiskCall { Write, Sync, Rename, Make, SyncDirectory };

class SimulatedDisk final : public node::Disk {
 public:
  SimulatedDisk() = default;
  /// A disk that was switched off with this on it.
  explicit SimulatedDisk(DiskImage image);

  // node::Disk.
  bool exists(const std::filesystem::path& path) override { return live_.names.contains(path.string()); }
  Result<std::unique_ptr<node::DiskFile>> open(const std::filesystem::path& path) override;
  Result<std::unique_ptr<node::DiskFile>> make(const std::filesystem::path& path) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> sync_directory(const std::filesystem::path& directory) override;

  // What the file objects above it and the database's own calls come down to.
  Result<FileId> find(const std::string& path) const;
  Result<FileId> make_file(const std::string& path);
  Result<void> write(FileId file, std::uint64_t offset, ByteView bytes);
  Result<void> resize(FileId file, std::uint64_t bytes);
  Result<void> sync(FileId file);
  Result<void> remove(const std::string& path);
  const Bytes& bytes_of(FileId file) const { return *live_.contents.at(file); }
  std::vector<std::string> names_in(const std::string& directory) const;

  // The power.
  const DiskImage& durable() const { return durable_; }
  const DiskImage& live() const { return live_; }
  const std::vector<PendingOperation>& pending() const { return pending_; }
  /// Called after every operation that a power cut could come behind.
  void watch(std::function<void()> observer) { observer_ = std::move(observer); }
  /// Nothing reaches the disk any more, and every call fails: the process that used it is gone.
  void cut_power() { is_off_ = true; }

  // Faults.
  /// The `nth` call of this class from now on fails, once; `short_write_bytes` of a failed write arrive.
  void fail(DiskCall call, std::uint64_t nth, std::size_t short_write_bytes = 0);
  /// Writes that would take the disk beyond so many bytes fail.
  void set_capacity(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  /// Calls of this class so far.
  std::uint64_t calls(DiskCall call) const;
  /// Failed calls so far.
  std::uint64_t failures() const { return failures_; }
  /// Changes what is on the platter behind everybody's back.
  void overwrite(const std::string& path, Bytes bytes);

 private:
  struct Planned {
    std::uint64_t nth = 0;
    std::size_t short_write_bytes = 0;
  };
  Result<void> admit(DiskCall call, const std::string& what);
  void note(PendingOperation operation);
  void observe() const;
  std::uint64_t used_bytes() const;

  DiskImage live_;
  DiskImage durable_;
  std::vector<PendingOperation> pending_;
  FileId next_file_ = 1;
  std::function<void()> observer_;
  bool is_off_ = false;
  std::map<DiskCall, std::uint64_t> calls_;
  std::map<DiskCall, Planned> planned_;
  std::optional<std::uint64_t> capacity_bytes_;
  std::uint64_t failures_ = 0;
};

}  // namespace aval::support
