#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/storage/scripted_node.h"

namespace aval::storage_test {
namespace {

using support::DiskImage;
using support::SimulatedDisk;
using End = Judgement::End;

constexpr std::size_t blocks = 20;
constexpr std::uint64_t log_block_bytes = 32'768;  // of LevelDB
constexpr std::uint64_t log_header_bytes = 7;

const Script& script() {
  static const Script made(blocks);
  return made;
}

/// A node that was stopped: what is on its disk, and what it had promised.
struct Stand {
  DiskImage image;
  Promises promises;
};

enum class LastDeed { NewJournal, Block, Killed, LongLife };

/// Stopped in order after nine blocks: a new journal was the last it did, or two blocks behind that, or it
/// was killed there. Or after all of them, with tables and several logs behind it.
Stand stopped_after(LastDeed deed) {
  SimulatedDisk disk;
  ScriptedNode node(script(), disk);
  REQUIRE(node.start());
  while (node.height() < 7) REQUIRE(node.add_block());
  if (deed == LastDeed::LongLife) {
    while (node.height() < blocks) REQUIRE(node.live_through_a_block());
    node.force();
  } else if (deed == LastDeed::NewJournal) {
    while (node.height() < 9) REQUIRE(node.add_block());
    REQUIRE(node.restart_journal());
  } else {
    REQUIRE(node.restart_journal());
    while (node.height() < 9) REQUIRE(node.add_block());
    if (deed != LastDeed::Killed) node.force();
  }
  return {disk.live(), node.promises()};
}

std::string name_with(const DiskImage& image, std::string_view part) {
  std::string last;
  for (const auto& [path, file] : image.names)
    if (path.find(part) != std::string::npos) last = path;
  REQUIRE_FALSE(last.empty());
  return last;
}

Bytes bytes_of(const DiskImage& image, const std::string& path) {
  return *image.contents.at(image.names.at(path));
}

void put(DiskImage& image, const std::string& path, Bytes bytes) {
  image.contents[image.names.at(path)] = std::make_shared<const Bytes>(std::move(bytes));
}

/// How starts ended, none of them wrongly.
struct Ends {
  std::map<End, std::size_t> counts;
  std::set<std::string> reasons;

  void add(const Judgement& judgement) {
    INFO(judgement.why << judgement.wrong.value_or(""));
    REQUIRE_FALSE(judgement.wrong);
    ++counts[judgement.end];
    reasons.insert(judgement.why);
  }
  void add_start(const DiskImage& image, const Promises& promises) {
    add(start_and_read_all(script(), image, promises));
  }
  bool named(std::string_view part) const {
    return std::any_of(reasons.begin(), reasons.end(),
                       [&](const std::string& reason) { return reason.find(part) != std::string::npos; });
  }
};

/// Where the records of a LevelDB log begin.
std::vector<std::size_t> records_of(const Bytes& log) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at + log_header_bytes <= log.size();) {
    if (log_block_bytes - at % log_block_bytes < log_header_bytes) {
      at += log_block_bytes - at % log_block_bytes;
      continue;
    }
    starts.push_back(at);
    at += log_header_bytes + static_cast<unsigned char>(log[at + 4]) +
          256U * static_cast<unsigned char>(log[at + 5]);
  }
  return starts;
}

}  // namespace

TEST_CASE("ST-07 any flipped bit of any file ends in the right answer, in recovery or in a stop",
          "[storage]") {
  ledger::Numbers numbers(7);
  for (const LastDeed deed : {LastDeed::NewJournal, LastDeed::Block, LastDeed::Killed, LastDeed::LongLife}) {
    const Stand stand = stopped_after(deed);
    Ends ends;
    for (const auto& [path, file] : stand.image.names) {
      const Bytes whole = bytes_of(stand.image, path);
      if (whole.empty()) continue;
      for (int i = 0; i < 120; ++i) {
        DiskImage image = stand.image;
        Bytes flipped = whole;
        const std::size_t at = numbers.below(flipped.size());
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << numbers.below(8)));
        put(image, path, flipped);
        INFO("byte " << at << " of " << path);
        ends.add_start(image, stand.promises);
      }
    }
    CHECK(ends.counts[End::Recovering] + ends.counts[End::Stopped] > 100);
  }
}

TEST_CASE("ST-08 a flipped length bit at the tail of the ledger's log does not go unnoticed", "[storage]") {
  const Stand stand = stopped_after(LastDeed::NewJournal);
  const std::string log = name_with(stand.image, ".log");
  const Bytes whole = bytes_of(stand.image, log);
  const auto records = records_of(whole);
  REQUIRE(records.size() > 3);
  Ends ends;
  for (std::size_t back = 1; back <= 3; ++back) {
    DiskImage image = stand.image;
    Bytes flipped = whole;
    const std::size_t at = records[records.size() - back] + 5;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x80);
    put(image, log, flipped);
    ends.add_start(image, stand.promises);
  }
  CHECK(ends.counts[End::Recovering] + ends.counts[End::Normal] == 3);
}

TEST_CASE("ST-09 a ledger without its newest log is noticed where the journal left its blocks out",
          "[storage]") {
  Stand stand = stopped_after(LastDeed::NewJournal);
  stand.image.names.erase(name_with(stand.image, ".log"));
  const Judgement judgement = start_and_judge(script(), stand.image, stand.promises);
  REQUIRE_FALSE(judgement.wrong);
  CHECK(judgement.end == End::Recovering);
  CHECK(judgement.why.find("the database has lost its end") != std::string::npos);
}

TEST_CASE("ST-10 a log that was cut costs nothing that the journal does not give back, or is noticed",
          "[storage]") {
  for (const LastDeed deed : {LastDeed::NewJournal, LastDeed::Block}) {
    const Stand stand = stopped_after(deed);
    const std::string log = name_with(stand.image, ".log");
    const Bytes whole = bytes_of(stand.image, log);
    Ends ends;
    for (std::size_t i = 0; i < 100; ++i) {
      DiskImage image = stand.image;
      put(image, log, whole.substr(0, whole.size() - std::min(whole.size(), 1 + i * 41)));
      ends.add_start(image, stand.promises);
    }
    if (deed == LastDeed::NewJournal) CHECK(ends.named("the database has lost its end"));
    CHECK(ends.counts[End::Normal] > 0);
  }
}

TEST_CASE("ST-11 a log of which the end or all is zeros is noticed, or costs nothing", "[storage]") {
  for (const LastDeed deed : {LastDeed::NewJournal, LastDeed::Block}) {
    const Stand stand = stopped_after(deed);
    const std::string log = name_with(stand.image, ".log");
    const Bytes whole = bytes_of(stand.image, log);
    Ends ends;
    for (std::size_t zeros = 1; zeros < whole.size(); zeros = zeros * 3 / 2 + 1) {
      DiskImage image = stand.image;
      put(image, log, whole.substr(0, whole.size() - zeros) + Bytes(zeros, '\0'));
      ends.add_start(image, stand.promises);
    }
    DiskImage image = stand.image;
    put(image, log, Bytes(whole.size(), '\0'));
    ends.add_start(image, stand.promises);
    CHECK(ends.counts[End::Recovering] > 0);
  }
}

TEST_CASE("ST-12 a missing, cut or senseless MANIFEST or CURRENT is refused by name", "[storage]") {
  const Stand stand = stopped_after(LastDeed::Block);
  for (const std::string part : {"MANIFEST", "CURRENT"}) {
    const std::string path = name_with(stand.image, part);
    const Bytes whole = bytes_of(stand.image, path);
    Ends ends;
    DiskImage without = stand.image;
    without.names.erase(path);
    ends.add_start(without, stand.promises);
    for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
      DiskImage cut = stand.image;
      put(cut, path, whole.substr(0, kept));
      ends.add_start(cut, stand.promises);
    }
    DiskImage senseless = stand.image;
    put(senseless, path, "garbage\n");
    ends.add_start(senseless, stand.promises);
    CHECK(ends.counts[End::Recovering] >= 5);
    CHECK(ends.named("damaged"));
  }
}

TEST_CASE("ST-13 a table that rots under a running node is not served", "[storage]") {
  SimulatedDisk disk;
  ScriptedNode node(script(), disk);
  REQUIRE(node.start());
  while (node.height() < blocks) REQUIRE(node.live_through_a_block());
  std::size_t tables = 0;
  for (const std::string& name : disk.names_in("/data/db")) {
    if (!name.ends_with(".ldb")) continue;
    ++tables;
    Bytes rotten = disk.bytes_of(disk.find("/data/db/" + name).value());
    for (std::size_t at = 100; at < rotten.size(); at += 1000) rotten[at] = static_cast<char>(rotten[at] ^ 2);
    disk.overwrite("/data/db/" + name, rotten);
  }
  REQUIRE(tables > 0);
  std::size_t stops = 0;
  for (std::uint64_t height = 1; height <= blocks; ++height) {
    try {
      const auto block = node.recovery().ledger->snapshot()->block(ledger::Height{height});
      REQUIRE(block);
      CHECK(block->block == script().entry(height).block.block);
    } catch (const Stopped&) {
      ++stops;
    }
  }
  CHECK(stops > 0);
}

TEST_CASE("ST-14 what was written to another place is never taken for what belongs there", "[storage]") {
  constexpr std::size_t sector_bytes = 512;
  ledger::Numbers numbers(14);
  const Stand stand = stopped_after(LastDeed::LongLife);
  std::vector<std::string> paths;
  for (const auto& [path, file] : stand.image.names)
    if (bytes_of(stand.image, path).size() > 2 * sector_bytes) paths.push_back(path);
  REQUIRE(paths.size() >= 3);
  Ends ends;
  for (int i = 0; i < 600; ++i) {
    const Bytes from = bytes_of(stand.image, paths[numbers.below(paths.size())]);
    const std::string& path = paths[numbers.below(paths.size())];
    Bytes to = bytes_of(stand.image, path);
    const std::size_t length = sector_bytes << numbers.below(4);
    if (length >= from.size() || length >= to.size()) continue;
    const Bytes stray =
        from.substr(numbers.below((from.size() - length) / sector_bytes + 1) * sector_bytes, length);
    to.replace(numbers.below((to.size() - length) / sector_bytes + 1) * sector_bytes, length, stray);
    DiskImage image = stand.image;
    put(image, path, to);
    INFO("into " << path);
    ends.add_start(image, stand.promises);
  }
  CHECK(ends.counts[End::Recovering] > 50);
}

TEST_CASE("ST-06 a journal whose rename was lost is behind what the ledger has seen", "[storage]") {
  SimulatedDisk disk;
  ScriptedNode node(script(), disk);
  REQUIRE(node.start());
  while (node.height() < 5) REQUIRE(node.add_block());
  const support::FileId former = disk.find("/data/votes/journal").value();
  REQUIRE(node.restart_journal());
  DiskImage image = disk.live();
  image.names["/data/votes/journal"] = former;
  const Judgement judgement = start_and_judge(script(), image, node.promises());
  REQUIRE_FALSE(judgement.wrong);
  CHECK(judgement.end == End::Recovering);
  CHECK(judgement.why.find("but the ledger has seen") != std::string::npos);
}

}  // namespace aval::storage_test
