#include "tests/simulation/journal_file.h"

namespace aval::simulation {
namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::size_t check_bytes = 8;

Bytes check_of(ByteView record) { return Bytes(crypto::sha256(record).view().substr(0, check_bytes)); }

/// Takes the frame in front off `rest`; empty when it is torn. No record is empty.
ByteView take_whole(ByteView& rest) {
  if (rest.size() < length_bytes + check_bytes) return {};
  const std::uint64_t length = from_big_endian(rest.substr(0, length_bytes));
  if (length > rest.size() - length_bytes - check_bytes) return {};
  const ByteView check = rest.substr(length_bytes, check_bytes);
  const ByteView record = rest.substr(length_bytes + check_bytes, length);
  if (check != check_of(record)) return {};
  rest.remove_prefix(length_bytes + check_bytes + length);
  return record;
}

}  // namespace

void JournalFile::write(const std::vector<consensus::Record>& records) {
  for (const consensus::Record& record : records) {
    const Bytes content = consensus::encode(record);
    bytes_ += big_endian(content.size());
    bytes_ += check_of(content);
    bytes_ += content;
  }
}

void JournalFile::replace(const std::vector<consensus::Record>& records) {
  bytes_.clear();
  write(records);
  sync();
}

void JournalFile::begin(ledger::Epoch epoch) {
  epoch_ = epoch;
  replace({});
}

std::size_t JournalFile::lose_unsynced(Prng& prng) {
  const std::size_t written = bytes_.size();
  bytes_.resize(synced_bytes_ + prng.below(bytes_.size() - synced_bytes_ + 1));
  // The torn frame itself is cut off when the file is next opened, as a new writer must do before it
  // appends: what stands behind a torn frame is never read.
  ByteView rest(bytes_);
  while (!take_whole(rest).empty()) {
  }
  bytes_.resize(bytes_.size() - rest.size());
  sync();
  return written - bytes_.size();
}

std::vector<consensus::Record> JournalFile::read(const ledger::ChainConfig& config) const {
  std::vector<consensus::Record> records;
  ByteView rest(bytes_);
  for (ByteView content = take_whole(rest); !content.empty(); content = take_whole(rest))
    records.push_back(consensus::decode_record(content, config).value());
  return records;
}

}  // namespace aval::simulation
