#include "tests/support/simulated_disk.h"

#include <algorithm>

namespace aval::support {
namespace {

using Kind = PendingOperation::Kind;

unexpected io_error(const std::string& what) {
  return unexpected(Error::Code::Io, "simulated disk: " + what);
}

void write_into(DiskImage& image, const PendingOperation& operation) {
  const auto known = image.contents.find(operation.file);
  Bytes bytes = known == image.contents.end() ? Bytes() : *known->second;
  const std::size_t end = operation.offset + operation.bytes.size();
  if (bytes.size() < end) bytes.resize(end, '\0');
  bytes.replace(operation.offset, operation.bytes.size(), operation.bytes);
  image.contents[operation.file] = std::make_shared<const Bytes>(std::move(bytes));
}

void resize_in(DiskImage& image, const PendingOperation& operation) {
  const auto known = image.contents.find(operation.file);
  Bytes bytes = known == image.contents.end() ? Bytes() : *known->second;
  if (bytes.size() < operation.offset) bytes.resize(operation.offset, '\0');
  image.contents[operation.file] = std::make_shared<const Bytes>(std::move(bytes));
}

/// A name that leads to a file of which nothing was synced leads to an empty one.
void name_in(DiskImage& image, const PendingOperation& operation) {
  image.names[operation.path] = operation.file;
  image.contents.try_emplace(operation.file, std::make_shared<const Bytes>());
}

class OpenFile final : public node::DiskFile {
 public:
  OpenFile(SimulatedDisk& disk, FileId file) : disk_(disk), file_(file) {}
  Result<Bytes> read_all() const override { return disk_.bytes_of(file_); }
  Result<void> write_at(std::uint64_t offset, ByteView bytes) const override {
    return disk_.write(file_, offset, bytes);
  }
  Result<void> reserve(std::uint64_t offset, std::uint64_t bytes) const override {
    return disk_.resize(file_, offset + bytes);
  }
  Result<void> sync_data() const override { return disk_.sync(file_); }
  Result<void> sync() const override { return disk_.sync(file_); }

 private:
  SimulatedDisk& disk_;
  FileId file_;
};

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

void apply(const PendingOperation& operation, DiskImage& image) {
  switch (operation.kind) {
    case Kind::Write:
      return write_into(image, operation);
    case Kind::Resize:
      return resize_in(image, operation);
    case Kind::Make:
      return name_in(image, operation);
    case Kind::Rename:
      if (const auto former = image.names.find(operation.former);
          former != image.names.end() && former->second == operation.file)
        image.names.erase(former);
      return name_in(image, operation);
    case Kind::Remove:
      image.names.erase(operation.path);
      return;
  }
}

SimulatedDisk::SimulatedDisk(DiskImage image) : live_(image), durable_(std::move(image)) {
  if (!durable_.contents.empty()) next_file_ = durable_.contents.rbegin()->first + 1;
}

Result<std::unique_ptr<node::DiskFile>> SimulatedDisk::open(const std::filesystem::path& path) {
  AVAL_ASSIGN(const FileId file, find(path.string()));
  return std::unique_ptr<node::DiskFile>(std::make_unique<OpenFile>(*this, file));
}

Result<std::unique_ptr<node::DiskFile>> SimulatedDisk::make(const std::filesystem::path& path) {
  AVAL_ASSIGN(const FileId file, make_file(path.string()));
  return std::unique_ptr<node::DiskFile>(std::make_unique<OpenFile>(*this, file));
}

Result<void> SimulatedDisk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  AVAL_ASSIGN(const FileId file, find(from.string()));
  AVAL_TRY(admit(DiskCall::Rename, "cannot rename " + from.string()));
  note({Kind::Rename, file, 0, {}, to.string(), from.string()});
  return {};
}

Result<void> SimulatedDisk::sync_directory(const std::filesystem::path& directory) {
  AVAL_TRY(admit(DiskCall::SyncDirectory, "cannot force " + directory.string()));
  const auto is_here = [&](const PendingOperation& each) {
    return each.is_name() && directory_of(each.path) == directory.string();
  };
  for (const PendingOperation& each : pending_)
    if (is_here(each)) apply(each, durable_);
  std::erase_if(pending_, is_here);
  observe();
  return {};
}

Result<FileId> SimulatedDisk::find(const std::string& path) const {
  const auto known = live_.names.find(path);
  if (known == live_.names.end()) return io_error("no such file: " + path);
  return known->second;
}

Result<FileId> SimulatedDisk::make_file(const std::string& path) {
  AVAL_TRY(admit(DiskCall::Make, "cannot make " + path));
  const FileId file = next_file_++;
  note({Kind::Make, file, 0, {}, path, {}});
  return file;
}

Result<void> SimulatedDisk::write(FileId file, std::uint64_t offset, ByteView bytes) {
  const auto planned = planned_.find(DiskCall::Write);
  const std::size_t arriving = planned == planned_.end() ? 0 : planned->second.short_write_bytes;
  if (const auto admitted = admit(DiskCall::Write, "no space left on device"); !admitted) {
    if (!is_off_ && arriving > 0) note({Kind::Write, file, offset, Bytes(bytes.substr(0, arriving)), {}, {}});
    return admitted;
  }
  note({Kind::Write, file, offset, Bytes(bytes), {}, {}});
  return {};
}

Result<void> SimulatedDisk::resize(FileId file, std::uint64_t bytes) {
  AVAL_TRY(admit(DiskCall::Write, "no space left on device"));
  note({Kind::Resize, file, bytes, {}, {}, {}});
  return {};
}

Result<void> SimulatedDisk::sync(FileId file) {
  AVAL_TRY(admit(DiskCall::Sync, "cannot force a file to disk"));
  const auto is_its = [&](const PendingOperation& each) { return !each.is_name() && each.file == file; };
  durable_.contents[file] = live_.contents.at(file);
  std::erase_if(pending_, is_its);
  observe();
  return {};
}

Result<void> SimulatedDisk::remove(const std::string& path) {
  if (is_off_) return io_error("is off");
  AVAL_ASSIGN(const FileId file, find(path));
  note({Kind::Remove, file, 0, {}, path, {}});
  return {};
}

std::vector<std::string> SimulatedDisk::names_in(const std::string& directory) const {
  std::vector<std::string> names;
  for (const auto& [path, file] : live_.names)
    if (directory_of(path) == directory) names.push_back(path.substr(directory.size() + 1));
  return names;
}

void SimulatedDisk::fail(DiskCall call, std::uint64_t nth, std::size_t short_write_bytes) {
  planned_[call] = {calls(call) + nth, short_write_bytes};
}

std::uint64_t SimulatedDisk::calls(DiskCall call) const {
  const auto known = calls_.find(call);
  return known == calls_.end() ? 0 : known->second;
}

void SimulatedDisk::overwrite(const std::string& path, Bytes bytes) {
  const FileBytes fresh = std::make_shared<const Bytes>(std::move(bytes));
  live_.contents[live_.names.at(path)] = fresh;
  durable_.contents[live_.names.at(path)] = fresh;
}

Result<void> SimulatedDisk::admit(DiskCall call, const std::string& what) {
  if (is_off_) return io_error("is off");
  const std::uint64_t number = ++calls_[call];
  const auto planned = planned_.find(call);
  const bool is_planned = planned != planned_.end() && planned->second.nth == number;
  const bool is_full = call == DiskCall::Write && capacity_bytes_ && used_bytes() >= *capacity_bytes_;
  if (!is_planned && !is_full) return {};
  if (is_planned) planned_.erase(planned);
  ++failures_;
  return io_error(what);
}

void SimulatedDisk::note(PendingOperation operation) {
  apply(operation, live_);
  pending_.push_back(std::move(operation));
  observe();
}

void SimulatedDisk::observe() const {
  if (observer_) observer_();
}

std::uint64_t SimulatedDisk::used_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [path, file] : live_.names) sum += live_.contents.at(file)->size();
  return sum;
}

}  // namespace aval::support
