#include "node/journal_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <unistd.h>

namespace aval::node::journal_test {
namespace {

using Catch::Matchers::Contains;

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("aval-journal-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

  Bytes read() const {
    std::ifstream file(path_ / "journal", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const Bytes& bytes) const { std::ofstream(path_ / "journal", std::ios::binary) << bytes; }

 private:
  std::filesystem::path path_;
};

JournalBinding binding() { return {crypto::sha256("chain"), crypto::sha256("key")}; }

std::vector<Bytes> records(std::size_t from, std::size_t to) {
  std::vector<Bytes> result;
  for (std::size_t i = from; i <= to; ++i) result.push_back("record " + std::to_string(i));
  return result;
}

void write_group(JournalFile& journal, const std::vector<Bytes>& group) {
  for (const Bytes& each : group) journal.add(each);
  REQUIRE(journal.commit());
}

/// Three groups of two records; returns where each record ends in the file.
std::vector<std::size_t> write_three_groups(const Folder& folder) {
  auto journal = JournalFile::create({folder.path()}, binding());
  REQUIRE(journal);
  write_group(*journal, records(1, 2));
  write_group(*journal, records(3, 4));
  write_group(*journal, records(5, 6));
  std::vector<std::size_t> ends;
  const std::size_t frame = 4 + 4 + 8 + 8 + 32 + 8;
  for (std::size_t i = 1; i <= 6; ++i) ends.push_back(journal_header_bytes + i * frame);
  REQUIRE(journal->bytes() == ends.back());
  return ends;
}

Result<JournalFile::Opened> reopen(const Folder& folder, const std::optional<JournalPosition>& mirror = {}) {
  return JournalFile::open({folder.path()}, binding(), mirror);
}

}  // namespace

TEST_CASE("a journal gives back its records in order", "[journal]") {
  const Folder folder;
  write_three_groups(folder);
  const auto opened = reopen(folder);
  REQUIRE(opened);
  REQUIRE(opened->payloads == records(1, 6));
  REQUIRE(opened->journal.position().counter == 6);
  REQUIRE_FALSE(opened->torn_tail_cut);
}

TEST_CASE("what is written after opening follows what was there", "[journal]") {
  const Folder folder;
  write_three_groups(folder);
  {
    auto opened = reopen(folder);
    write_group(opened->journal, records(7, 7));
  }
  REQUIRE(reopen(folder)->payloads == records(1, 7));
}

TEST_CASE("a file is preallocated and grows by chunks", "[journal][ST-21]") {
  const Folder folder;
  auto journal = JournalFile::create({folder.path()}, binding());
  REQUIRE(std::filesystem::file_size(folder.path() / "journal") == 4U << 20U);
  write_group(*journal, {Bytes(5U << 20U, 'x')});
  REQUIRE(std::filesystem::file_size(folder.path() / "journal") == 8U << 20U);
  REQUIRE(reopen(folder)->payloads.front().size() == 5U << 20U);
}

TEST_CASE("torn_vote_log_tail_ok: the last group torn at any byte is cut off", "[journal][ST-02]") {
  const Folder folder;
  const auto ends = write_three_groups(folder);
  const Bytes whole = folder.read();
  for (std::size_t cut = ends[3]; cut < ends[5]; ++cut) {
    Bytes torn = whole;
    for (std::size_t i = cut; i < ends[5]; ++i) torn[i] = '\0';
    folder.write(torn);
    const auto opened = reopen(folder);
    REQUIRE(opened);
    const std::size_t kept = cut < ends[4] ? 4 : 5;
    REQUIRE(opened->payloads == records(1, kept));
    // Zeros beyond the last whole record are what an unwritten file holds: nothing of a record stands there.
    const ByteView remains = ByteView(whole).substr(ends[kept - 1], cut - ends[kept - 1]);
    REQUIRE(opened->torn_tail_cut == (remains.find_first_not_of('\0') != ByteView::npos));
  }
}

TEST_CASE("a torn first record of the last group takes the rest of the group with it", "[journal][ST-02]") {
  const Folder folder;
  const auto ends = write_three_groups(folder);
  Bytes torn = folder.read();
  std::fill_n(torn.begin() + static_cast<std::ptrdiff_t>(ends[3]), ends[4] - ends[3], '\0');
  // Record 6 behind it is sound, but was written in the same group.
  folder.write(torn);
  {
    auto opened = reopen(folder);
    REQUIRE(opened);
    REQUIRE(opened->torn_tail_cut);
    REQUIRE(opened->payloads == records(1, 4));
    write_group(opened->journal, {"another 5"});
  }
  const auto again = reopen(folder);
  REQUIRE(again->payloads.back() == "another 5");
  REQUIRE(again->payloads.size() == 5);
  REQUIRE_FALSE(again->torn_tail_cut);
}

TEST_CASE("middle_fatal: any changed byte before the last group is damage", "[journal][ST-07]") {
  const Folder folder;
  const auto ends = write_three_groups(folder);
  const Bytes whole = folder.read();
  for (std::size_t at = journal_header_bytes; at < ends[3]; ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    folder.write(damaged);
    const auto opened = reopen(folder);
    REQUIRE_FALSE(opened);
    REQUIRE(opened.error().code == Error::Code::Corrupt);
    REQUIRE_THAT(opened.error().message, Contains("damaged in the middle"));
  }
}

TEST_CASE("any changed byte of the last group is damage, for nothing of it is missing", "[journal][ST-07]") {
  const Folder folder;
  const auto ends = write_three_groups(folder);
  const Bytes whole = folder.read();
  for (std::size_t at = ends[3]; at < ends[5]; ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    folder.write(damaged);
    const auto opened = reopen(folder);
    INFO("byte " << at - ends[3]);
    REQUIRE_FALSE(opened);
    REQUIRE_THAT(opened.error().message, Contains("damaged at its end"));
  }
}

TEST_CASE("any changed byte behind the last record is cut off", "[journal][ST-07]") {
  const Folder folder;
  const auto ends = write_three_groups(folder);
  const Bytes whole = folder.read();
  for (std::size_t at = ends[5]; at < ends[5] + 80; ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    folder.write(damaged);
    const auto opened = reopen(folder);
    REQUIRE(opened);
    REQUIRE(opened->torn_tail_cut);
    REQUIRE(opened->payloads == records(1, 6));
  }
}

TEST_CASE("any changed byte of the header is damage", "[journal][ST-07]") {
  const Folder folder;
  write_three_groups(folder);
  const Bytes whole = folder.read();
  for (std::size_t at = 0; at < journal_header_bytes; ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x01;
    folder.write(damaged);
    const auto opened = reopen(folder);
    REQUIRE_FALSE(opened);
    REQUIRE(opened.error().code == Error::Code::Corrupt);
  }
}

TEST_CASE("a journal behind its mirror is refused, one at or before its mirror is not", "[journal][ST-18]") {
  const Folder folder;
  auto journal = JournalFile::create({folder.path()}, binding());
  write_group(*journal, records(1, 2));
  const Bytes old_copy = folder.read();
  const JournalPosition early = journal->position();
  write_group(*journal, records(3, 4));
  const JournalPosition late = journal->position();
  REQUIRE(reopen(folder, early));
  REQUIRE(reopen(folder, late));
  folder.write(old_copy);
  REQUIRE(reopen(folder, early));
  const auto behind = reopen(folder, late);
  REQUIRE_FALSE(behind);
  REQUIRE(behind.error().code == Error::Code::Corrupt);
  REQUIRE_THAT(behind.error().message, Contains("old copy"));
}

TEST_CASE("a journal beside its mirror is refused", "[journal]") {
  const Folder folder;
  write_three_groups(folder);
  JournalPosition other = reopen(folder)->journal.position();
  other.tip = crypto::sha256("another history");
  REQUIRE_FALSE(reopen(folder, other));
}

TEST_CASE("a missing journal is not an empty one", "[journal]") {
  const Folder folder;
  const auto opened = reopen(folder);
  REQUIRE_FALSE(opened);
  REQUIRE(opened.error().code == Error::Code::Corrupt);
}

TEST_CASE("a journal of another chain or key is refused as such", "[journal][ST-32]") {
  const Folder folder;
  write_three_groups(folder);
  const auto chain = JournalFile::open({folder.path()}, {crypto::sha256("other"), binding().vote_key_id}, {});
  REQUIRE(chain.error().code == Error::Code::Refused);
  const auto key = JournalFile::open({folder.path()}, {binding().chain_id, crypto::sha256("other")}, {});
  REQUIRE(key.error().code == Error::Code::Refused);
}

TEST_CASE("a journal of an earlier epoch binds nobody, and goes on counting under another key", "[journal]") {
  const Folder folder;
  write_three_groups(folder);
  JournalBinding later{binding().chain_id, crypto::sha256("next key"), ledger::Epoch{1}};
  JournalPosition before;
  {
    auto opened = JournalFile::open({folder.path()}, later, {});
    REQUIRE(opened);
    CHECK(opened->payloads.empty());
    before = opened->journal.position();
    REQUIRE(before.counter == 6);
    REQUIRE(opened->journal.restart(later, {}, 9));
    write_group(opened->journal, records(7, 7));
  }
  const auto again = JournalFile::open({folder.path()}, later, before);
  REQUIRE(again);
  CHECK(again->payloads == records(7, 7));
  CHECK(again->journal.position().counter == 7);
  later.vote_key_id = binding().vote_key_id;
  CHECK(JournalFile::open({folder.path()}, later, before).error().code == Error::Code::Refused);
}

TEST_CASE("a journal of an epoch in which the node could not vote gives way to that of its new key", "[journal]") {
  const Folder folder;
  const JournalBinding nobodys{binding().chain_id, {}, binding().epoch};
  {
    auto journal = JournalFile::create({folder.path()}, nobodys);
    write_group(*journal, records(1, 2));
  }
  const auto opened = reopen(folder);
  REQUIRE(opened);
  CHECK(opened->payloads.empty());
  CHECK(opened->journal.binding() == nobodys);
}

TEST_CASE("a journal of a later epoch than the ledger's shows that the ledger lost its end", "[journal]") {
  const Folder folder;
  JournalBinding later = binding();
  later.epoch = ledger::Epoch{2};
  REQUIRE(JournalFile::create({folder.path()}, later));
  CHECK(reopen(folder).error().code == Error::Code::Corrupt);
}

TEST_CASE("a restarted journal holds the new records and goes on counting", "[journal]") {
  const Folder folder;
  JournalPosition before;
  {
    auto journal = JournalFile::create({folder.path()}, binding());
    write_group(*journal, records(1, 6));
    before = journal->position();
    REQUIRE(journal->restart(binding(), records(5, 6), 42));
    write_group(*journal, records(7, 7));
  }
  const auto opened = reopen(folder, before);
  REQUIRE(opened);
  REQUIRE(opened->payloads == records(5, 7));
  REQUIRE(opened->journal.position().counter == 9);
  REQUIRE(opened->journal.ledger_height() == 42);
  JournalPosition beside = before;
  beside.tip = crypto::sha256("x");
  REQUIRE_FALSE(reopen(folder, beside));
}

TEST_CASE("any changed byte of what a restart wrote is damage once more was written", "[journal]") {
  const Folder folder;
  std::size_t end = 0;
  {
    auto journal = JournalFile::create({folder.path()}, binding());
    write_group(*journal, records(1, 2));
    REQUIRE(journal->restart(binding(), records(1, 2), 1));
    end = journal->bytes();
    write_group(*journal, records(3, 3));
  }
  const Bytes whole = folder.read();
  for (std::size_t at = journal_header_bytes; at < end; ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x04;
    folder.write(damaged);
    REQUIRE_FALSE(reopen(folder));
  }
}

TEST_CASE("a client cannot smuggle a frame into a torn tail", "[journal]") {
  const Folder first;
  std::size_t begin = 0;
  std::size_t end = 0;
  Bytes forged;
  {
    auto journal = JournalFile::create({first.path()}, binding());
    write_group(*journal, records(1, 1));
    begin = journal->bytes();
    // A frame that would prove record 2 durable, made with a salt that is not this file's.
    append_frame(forged, {{9, crypto::sha256("x")}, 5, 12345}, "proof");
    write_group(*journal, {forged});
    end = journal->bytes();
  }
  Bytes torn = first.read();
  torn[begin + 20] ^= 1;
  torn[end - 1] = '\0';
  first.write(torn);
  const auto opened = reopen(first);
  REQUIRE(opened);
  REQUIRE(opened->torn_tail_cut);
}

}  // namespace aval::node::journal_test
