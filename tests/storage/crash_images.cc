#include "tests/storage/crash_images.h"

#include <set>

namespace aval::storage_test {
namespace {

using support::DiskImage;
using support::FileId;
using support::PendingOperation;

constexpr std::uint64_t sector_bytes = 512;

class Cut {
 public:
  using Keeps = std::function<bool(std::size_t index)>;

  Cut(const DiskImage& durable, const std::vector<PendingOperation>& pending,
      const std::function<void(const CrashImage&)>& visit)
      : durable_(durable), pending_(pending), visit_(visit) {}

  void all_variants() const {
    leave("everything", [](std::size_t) { return true; });
    if (pending_.empty()) return;
    leave(
        "nothing", [](std::size_t) { return false; }, !has_names());
    leave("only names", [&](std::size_t i) { return pending_[i].is_name(); });
    leave(
        "only bytes", [&](std::size_t i) { return !pending_[i].is_name(); }, !has_names());
    leave("the last write", [&](std::size_t i) { return pending_[i].is_name() || i + 1 == pending_.size(); });
    without_each_file();
    without_each_name();
    torn_last_write();
  }

 private:
  bool has_names() const {
    for (const PendingOperation& each : pending_)
      if (each.is_name()) return true;
    return false;
  }

  void leave(const std::string& variant, const Keeps& keeps, bool is_usual = true) const {
    CrashImage out{variant, durable_, is_usual};
    for (std::size_t i = 0; i < pending_.size(); ++i)
      if (keeps(i)) keep(pending_[i], out);
    visit_(out);
  }

  static void keep(const PendingOperation& operation, CrashImage& out) {
    const auto known = out.image.contents.find(operation.file);
    const std::size_t bytes = known == out.image.contents.end() ? 0 : known->second->size();
    if (operation.kind == PendingOperation::Kind::Write && operation.offset > bytes) out.is_usual = false;
    support::apply(operation, out.image);
  }

  void without_each_file() const {
    std::set<FileId> files;
    for (const PendingOperation& each : pending_)
      if (!each.is_name()) files.insert(each.file);
    for (const FileId file : files)
      leave("all but the bytes of file " + std::to_string(file),
            [&](std::size_t i) { return pending_[i].is_name() || pending_[i].file != file; });
  }

  void without_each_name() const {
    for (std::size_t name = 0; name < pending_.size(); ++name) {
      if (!pending_[name].is_name()) continue;
      leave(
          "all but the name " + pending_[name].path, [&](std::size_t i) { return i != name; }, false);
      leave(
          "no name from " + pending_[name].path + " on",
          [&](std::size_t i) { return i < name || !pending_[i].is_name(); }, false);
    }
  }

  void torn_last_write() const {
    const PendingOperation& last = pending_.back();
    if (last.kind != PendingOperation::Kind::Write) return;
    const std::uint64_t end = last.offset + last.bytes.size();
    for (std::uint64_t at = (last.offset / sector_bytes + 1) * sector_bytes; at < end; at += sector_bytes) {
      const std::size_t kept = at - last.offset;
      tear(at, "front", last.offset, last.bytes.substr(0, kept));
      tear(at, "back", at, last.bytes.substr(kept));
    }
  }

  void tear(std::uint64_t at, const std::string& part, std::uint64_t offset, Bytes bytes) const {
    CrashImage out{"the " + part + " of the last write, torn at " + std::to_string(at), durable_};
    for (std::size_t i = 0; i + 1 < pending_.size(); ++i) keep(pending_[i], out);
    PendingOperation torn = pending_.back();
    torn.offset = offset;
    torn.bytes = std::move(bytes);
    keep(torn, out);
    visit_(out);
  }

  const DiskImage& durable_;
  const std::vector<PendingOperation>& pending_;
  const std::function<void(const CrashImage&)>& visit_;
};

}  // namespace

void for_each_crash_image(const DiskImage& durable, const std::vector<PendingOperation>& pending,
                          const std::function<void(const CrashImage&)>& visit) {
  Cut(durable, pending, visit).all_variants();
}

std::uint64_t fingerprint(const DiskImage& image) {
  std::uint64_t sum = 0;
  for (const auto& [path, file] : image.names) {
    const std::uint64_t name = std::hash<std::string>()(path);
    const std::uint64_t bytes = std::hash<std::string>()(*image.contents.at(file));
    sum = (sum ^ name) * 0x9e3779b97f4a7c15ULL;
    sum = (sum ^ bytes) * 0xbf58476d1ce4e5b9ULL;
  }
  return sum;
}

}  // namespace aval::storage_test
