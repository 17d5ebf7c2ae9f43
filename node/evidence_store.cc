#include "node/evidence_store.h"

#include <fcntl.h>

#include "crypto/hash.h"
#include "node/file.h"
#include "node/log.h"

namespace aval::node {

namespace {

constexpr std::size_t name_digits = 16;

unexpected no_evidence(const std::string& why) { return unexpected(Error::Code::Malformed, why); }

Result<ledger::Evidence> evidence_in(const std::filesystem::directory_entry& entry) {
  std::error_code ignored;
  if (!entry.is_regular_file(ignored)) return no_evidence("it is no file");
  AVAL_ASSIGN(const File file, File::open(entry.path(), O_RDONLY));
  AVAL_ASSIGN(const std::uint64_t bytes, file.size());
  if (bytes > evidence_bytes_max) return no_evidence("it is too long");
  AVAL_ASSIGN(const Bytes content, file.read_all());
  AVAL_ASSIGN(auto evidence, ledger::decode_evidence(content));
  if (entry.path().filename() != evidence_file_name(content))
    return no_evidence("its name is of other bytes");
  return evidence;
}

}  // namespace

std::string evidence_file_name(ByteView canonical) {
  return crypto::sha256(canonical).hex().substr(0, name_digits) + ".evidence";
}

EvidenceStore::EvidenceStore(std::filesystem::path directory) : directory_(std::move(directory)) {
  std::error_code error;
  std::filesystem::directory_iterator at(directory_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) take(*at);
  if (error) log_warn("cannot read " + directory_.string() + ": " + error.message());
}

void EvidenceStore::take(const std::filesystem::directory_entry& entry) {
  auto evidence = evidence_in(entry);
  if (!evidence) return log_warn(entry.path().string() + " is left alone: " + evidence.error().message);
  if (kept_.size() < evidence_files_max)
    kept_.emplace(entry.path().filename().string(), *std::move(evidence));
}

Result<bool> EvidenceStore::keep(const ledger::Evidence& evidence) {
  const Bytes bytes = ledger::encode_evidence(evidence);
  const std::string name = evidence_file_name(bytes);
  if (kept_.contains(name)) return false;
  if (kept_.size() >= evidence_files_max)
    return unexpected(Error::Code::Unavailable, "as many pieces as may be are in " + directory_.string());
  AVAL_TRY(write(name, bytes));
  const std::lock_guard lock(mutex_);
  kept_.emplace(name, evidence);
  return true;
}

/// The name comes to a file that is whole and on disk, so a crash leaves no half of one under it.
Result<void> EvidenceStore::write(const std::string& name, ByteView bytes) const {
  Disk& disk = machine_disk();
  const std::filesystem::path fresh = directory_ / (name + ".new");
  AVAL_ASSIGN(const auto file, disk.make(fresh));
  AVAL_TRY(file->write_at(0, bytes));
  AVAL_TRY(file->sync());
  AVAL_TRY(disk.rename(fresh, directory_ / name));
  return disk.sync_directory(directory_);
}

std::vector<ledger::Evidence> EvidenceStore::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ledger::Evidence> out;
  for (const auto& [name, evidence] : kept_) out.push_back(evidence);
  return out;
}

}  // namespace aval::node
