#include "node/evidence_store.h"

#include <algorithm>

#include <fcntl.h>

#include "consensus/wire.h"
#include "crypto/hash.h"
#include "node/file.h"
#include "node/log.h"

namespace aval::node {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_digits = 16;
constexpr const char* new_view_ending = ".new-view";

unexpected not_ours(const std::string& why) { return unexpected(Error::Code::Malformed, why); }

std::string name_of(ByteView canonical) { return crypto::sha256(canonical).hex().substr(0, name_digits); }

Result<Bytes> content_of(const fs::path& path, std::size_t bytes_max) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return not_ours("it is no file");
  AVAL_ASSIGN(const File file, File::open(path, O_RDONLY));
  AVAL_ASSIGN(const std::uint64_t bytes, file.size());
  if (bytes > bytes_max) return not_ours("it is too long");
  return file.read_all();
}

/// The name comes to a file that is whole and on disk, so a crash leaves no half of one under it.
Result<void> write(const fs::path& directory, const std::string& name, ByteView bytes) {
  Disk& disk = machine_disk();
  const fs::path fresh = directory / (name + ".new");
  AVAL_ASSIGN(const auto file, disk.make(fresh));
  AVAL_TRY(file->write_at(0, bytes));
  AVAL_TRY(file->sync());
  AVAL_TRY(disk.rename(fresh, directory / name));
  return disk.sync_directory(directory);
}

}  // namespace

std::string evidence_file_name(ByteView canonical) { return name_of(canonical) + ".evidence"; }

std::optional<std::string> new_view_file_name(ByteView canonical) {
  const auto place = consensus::place_of_new_view(canonical);
  if (!place) return std::nullopt;
  return std::to_string(number(place->epoch)) + "-" + std::to_string(number(place->view)) + "-" + name_of(canonical) +
         new_view_ending;
}

EvidenceStore::EvidenceStore(fs::path directory) : directory_(std::move(directory)) {
  std::error_code error;
  fs::directory_iterator at(directory_, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const bool is_new_view = at->path().extension() == new_view_ending;
    const auto taken = is_new_view ? take_new_view(*at) : take(*at);
    if (!taken) log_warn(at->path().string() + " is left alone: " + taken.error().message);
  }
  if (error) log_warn("cannot read " + directory_.string() + ": " + error.message());
}

Result<void> EvidenceStore::take(const fs::directory_entry& entry) {
  AVAL_ASSIGN(const Bytes content, content_of(entry.path(), evidence_bytes_max));
  AVAL_ASSIGN(auto evidence, ledger::decode_evidence(content));
  const std::string name = entry.path().filename().string();
  if (name != evidence_file_name(content)) return not_ours("its name is of other bytes");
  if (kept_.size() < evidence_files_max) kept_.emplace(name, std::move(evidence));
  return {};
}

Result<void> EvidenceStore::take_new_view(const fs::directory_entry& entry) {
  AVAL_ASSIGN(const Bytes content, content_of(entry.path(), new_view_bytes_max));
  const std::string name = entry.path().filename().string();
  if (name != new_view_file_name(content)) return not_ours("it is no new view, or its name is of another");
  const auto place = *consensus::place_of_new_view(content);
  return remember({place.epoch, place.view, name});
}

Result<bool> EvidenceStore::keep(const ledger::Evidence& evidence) {
  const Bytes bytes = ledger::encode_evidence(evidence);
  const std::string name = evidence_file_name(bytes);
  if (kept_.contains(name)) return false;
  if (kept_.size() >= evidence_files_max)
    return unexpected(Error::Code::Unavailable, "as many pieces as may be are in " + directory_.string());
  AVAL_TRY(write(directory_, name, bytes));
  const std::lock_guard lock(mutex_);
  kept_.emplace(name, evidence);
  return true;
}

Result<void> EvidenceStore::keep(const consensus::NewView& message) {
  const Bytes bytes = consensus::encode(consensus::Message(message));
  const Place place{message.epoch, message.view, *new_view_file_name(bytes)};
  if (new_views_.contains(place)) return {};
  AVAL_TRY(write(directory_, std::get<std::string>(place), bytes));
  return remember(place);
}

Result<void> EvidenceStore::remember(Place place) {
  std::optional<Place> oldest;
  {
    const std::lock_guard lock(mutex_);
    new_views_.insert(std::move(place));
    if (new_views_.size() <= new_view_files_max) return {};
    oldest = std::move(new_views_.extract(new_views_.begin()).value());
  }
  std::error_code error;
  fs::remove(directory_ / std::get<std::string>(*oldest), error);
  if (!error) return {};
  return unexpected(Error::Code::Io, "cannot remove " + std::get<std::string>(*oldest) + ": " + error.message());
}

std::vector<ledger::Evidence> EvidenceStore::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ledger::Evidence> out;
  for (const auto& [name, evidence] : kept_) out.push_back(evidence);
  return out;
}

std::vector<Bytes> EvidenceStore::new_views() const {
  std::set<Place> places;
  {
    const std::lock_guard lock(mutex_);
    places = new_views_;
  }
  std::vector<Bytes> out;
  std::size_t bytes = 0;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    const std::string& name = std::get<std::string>(*place);
    auto content = content_of(directory_ / name, new_view_bytes_max);
    if (!content || new_view_file_name(*content) != name) continue;  // it went meanwhile, or somebody has changed it
    bytes += content->size();
    if (bytes > new_views_bytes_max) break;
    out.push_back(*std::move(content));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace aval::node
