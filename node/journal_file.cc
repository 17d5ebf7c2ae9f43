#include "node/journal_file.h"

#include <random>

namespace aval::node {

namespace {

constexpr const char* readmit_advice =
    "; this node must not vote with this vote key again: readmit it under a new one";

std::uint64_t random_salt() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

unexpected corrupt(const std::filesystem::path& path, const std::string& what) {
  return unexpected(Error::Code::Corrupt, "vote journal " + path.string() + " " + what + readmit_advice);
}

Result<void> check_binding(const std::filesystem::path& path, const JournalHeader& header,
                           const JournalBinding& binding) {
  if (header.chain_id != binding.chain_id) {
    return unexpected(Error::Code::Refused, "vote journal " + path.string() + " belongs to chain " +
                                                header.chain_id.hex() + ", the genesis to " + binding.chain_id.hex());
  }
  if (header.epoch > binding.epoch) {
    return unexpected(Error::Code::Corrupt,
                      "vote journal " + path.string() + " is of epoch " + std::to_string(number(header.epoch)) +
                          ", the ledger only reaches epoch " + std::to_string(number(binding.epoch)) +
                          ": the database has lost its end; restore db/ from a copy that is not older");
  }
  const bool is_nobodys = header.vote_key_id == crypto::Digest{};
  if (header.epoch == binding.epoch && header.vote_key_id != binding.vote_key_id && !is_nobodys) {
    return unexpected(Error::Code::Refused, "vote journal " + path.string() + " was written by vote key " +
                                                header.vote_key_id.hex() + ", the configured one is " +
                                                binding.vote_key_id.hex());
  }
  return {};
}

JournalBinding journal_of(const JournalHeader& header) {
  return {header.chain_id, header.vote_key_id, header.epoch};
}

/// Is what the ledger saw of this journal part of it?
Result<void> check_mirror(const std::filesystem::path& path, const JournalHeader& header, const JournalScan& scan,
                          const JournalPosition& mirror) {
  if (mirror.counter > scan.position.counter) {
    return corrupt(path, "ends at record " + std::to_string(scan.position.counter) + ", but the ledger has seen " +
                             std::to_string(mirror.counter) + ": it was restored from an old copy or lost its end");
  }
  if (mirror.counter < header.base.counter) return {};  // seen before this file began
  const bool at_base = mirror.counter == header.base.counter;
  const auto index = static_cast<std::size_t>(mirror.counter - header.base.counter);
  const crypto::Digest& tip = at_base ? header.base.tip : scan.tips[index - 1];
  if (tip != mirror.tip) {
    return corrupt(path, "differs at record " + std::to_string(mirror.counter) + " from what the ledger has seen");
  }
  return {};
}

}  // namespace

JournalFile::JournalFile(JournalPlace place, std::unique_ptr<DiskFile> file, JournalHeader header)
    : place_(std::move(place)), file_(std::move(file)), header_(header), position_(header.base) {}

Result<JournalFile> JournalFile::create(const JournalPlace& place, const JournalBinding& binding) {
  if (exists(place)) return unexpected(Error::Code::Conflict, "vote journal " + place.file().string() + " exists");
  JournalHeader header;
  header.chain_id = binding.chain_id;
  header.vote_key_id = binding.vote_key_id;
  header.epoch = binding.epoch;
  header.salt = random_salt();
  return write_new(place, header, {});
}

Result<JournalFile> JournalFile::write_new(const JournalPlace& place, const JournalHeader& header,
                                           const std::vector<Bytes>& payloads) {
  AVAL_ASSIGN(auto file, place.disk->make(place.new_file()));
  JournalFile journal(place, std::move(file), header);
  AVAL_TRY(journal.make_room(journal_header_bytes));
  AVAL_TRY(journal.file_->write_at(0, encode_journal_header(header)));
  journal.durable_ = header.base.counter + payloads.size();  // true once the file has its name
  for (const Bytes& payload : payloads) journal.add(payload);
  AVAL_TRY(journal.commit());
  AVAL_TRY(journal.file_->sync());
  AVAL_TRY(place.disk->rename(place.new_file(), place.file()));
  AVAL_TRY(place.disk->sync_directory(place.directory));
  return journal;
}

Result<JournalFile::Opened> JournalFile::open(const JournalPlace& place, const JournalBinding& binding,
                                              const std::optional<JournalPosition>& mirror) {
  const auto path = place.file();
  if (!exists(place)) return corrupt(path, "is missing");
  AVAL_ASSIGN(auto file, place.disk->open(path));
  AVAL_ASSIGN(const Bytes content, file->read_all());
  const auto header = decode_journal_header(content);
  if (!header) return corrupt(path, header.error().message);
  AVAL_TRY(check_binding(path, *header, binding));
  const auto scan = scan_journal(content, *header);
  if (!scan) return corrupt(path, scan.error().message);
  if (mirror) AVAL_TRY(check_mirror(path, *header, *scan, *mirror));

  Opened opened{JournalFile(place, std::move(file), *header), {}, scan->torn_tail};
  if (journal_of(*header) == binding) opened.payloads.assign(scan->payloads.begin(), scan->payloads.end());
  JournalFile& journal = opened.journal;
  journal.position_ = scan->position;
  journal.durable_ = scan->position.counter;
  journal.end_ = scan->end;
  journal.reserved_ = content.size();
  if (scan->torn_tail) AVAL_TRY(journal.file_->write_at(scan->end, Bytes(content.size() - scan->end, '\0')));
  AVAL_TRY(journal.file_->sync());  // what was read back may have been in the page cache only
  return opened;
}

Result<void> JournalFile::make_room(std::uint64_t bytes) {
  if (end_ + bytes <= reserved_) return {};
  const std::uint64_t chunk = place_.chunk_bytes;
  const std::uint64_t wanted = (end_ + bytes + chunk - 1) / chunk * chunk;
  AVAL_TRY(file_->reserve(reserved_, wanted - reserved_));
  reserved_ = wanted;
  return file_->sync();  // the new size, once per chunk, so that fdatasync has no size to write
}

void JournalFile::add(ByteView payload) {
  position_ = append_frame(pending_, {position_, durable_, header_.salt}, payload);
}

Result<void> JournalFile::commit() {
  if (failed_) {
    return unexpected(Error::Code::Io, "writing the vote journal failed before; nothing is written after that");
  }
  const auto written = write_pending();
  failed_ = !written;
  return written;
}

Result<void> JournalFile::write_pending() {
  if (pending_.empty()) return {};
  AVAL_TRY(make_room(pending_.size()));
  AVAL_TRY(file_->write_at(end_, pending_));
  AVAL_TRY(file_->sync_data());
  ++syncs_;
  end_ += pending_.size();
  durable_ = position_.counter;
  pending_.clear();
  return {};
}

Result<void> JournalFile::restart(const JournalBinding& binding, const std::vector<Bytes>& payloads,
                                  std::uint64_t ledger_height) {
  AVAL_CHECK(pending_.empty());
  JournalHeader header = header_;
  header.vote_key_id = binding.vote_key_id;
  header.epoch = binding.epoch;
  header.base = position_;
  header.salt = random_salt();
  header.ledger_height = ledger_height;
  AVAL_ASSIGN(JournalFile fresh, write_new(place_, header, payloads));
  fresh.syncs_ += syncs_;
  *this = std::move(fresh);
  return {};
}

}  // namespace aval::node
