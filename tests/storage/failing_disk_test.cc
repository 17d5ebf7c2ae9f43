#include <catch2/catch.hpp>

#include "tests/storage/crash_images.h"
#include "tests/storage/scripted_node.h"

namespace aval::storage_test {
namespace {

using support::DiskCall;
using support::SimulatedDisk;

constexpr std::size_t blocks = 16;

const Script& script() {
  static const Script made(blocks);
  return made;
}

/// Lives until the script ends or the disk fails; true when it failed and the process would have ended.
bool ends_early(ScriptedNode& node) {
  try {
    if (!node.start()) return true;
    while (node.height() < script().blocks())
      if (!node.live_through_a_block()) return true;
  } catch (const Stopped&) {
    return true;
  }
  return false;
}

/// A process that ended finds everything it wrote when it starts again. When the power goes as well, a
/// log that could not be forced to disk may be gone, which must be noticed.
void require_all_promises_kept(const SimulatedDisk& disk, const Promises& promises) {
  for_each_crash_image(disk.durable(), disk.pending(), [&](const CrashImage& each) {
    const Judgement judgement = start_and_judge(script(), each.image, promises);
    INFO(each.variant << ": " << judgement.why << judgement.wrong.value_or(""));
    REQUIRE_FALSE(judgement.wrong);
    if (each.variant == "everything" && promises.has_begun) REQUIRE(judgement.end == Judgement::End::Normal);
  });
}

/// Fails the nth call of a class, for each n (or each one of `step`), and returns how many runs ended early.
std::size_t fail_each(DiskCall call, std::size_t short_write_bytes, std::uint64_t step) {
  std::size_t ended = 0;
  for (std::uint64_t nth = 1;; nth += step) {
    SimulatedDisk disk;
    disk.fail(call, nth, short_write_bytes);
    ScriptedNode node(script(), disk);
    const bool has_ended = ends_early(node);
    if (disk.failures() == 0) return ended;
    INFO("call " << nth);
    REQUIRE(has_ended);
    ++ended;
    require_all_promises_kept(disk, node.promises());
  }
}

}  // namespace

TEST_CASE("ST-03 the first failed append of any file is fatal, and nothing promised is missing after it",
          "[storage]") {
  CHECK(fail_each(DiskCall::Write, 0, 5) > 25);
  CHECK(fail_each(DiskCall::Write, 7, 11) > 10);
}

TEST_CASE("ST-05 the first failed sync of any file is fatal, and nothing promised is missing after it",
          "[storage]") {
  CHECK(fail_each(DiskCall::Sync, 0, 1) > 40);
}

TEST_CASE("ST-06 a failed rename, new file or sync of a directory is fatal", "[storage]") {
  CHECK(fail_each(DiskCall::Rename, 0, 1) >= 3);
  CHECK(fail_each(DiskCall::Make, 0, 1) >= 6);
  CHECK(fail_each(DiskCall::SyncDirectory, 0, 1) >= 3);
}

TEST_CASE("ST-03 a journal that failed once writes nothing more", "[storage]") {
  SimulatedDisk disk;
  ScriptedNode node(script(), disk);
  REQUIRE(node.start());
  disk.fail(DiskCall::Write, 1);
  REQUIRE_FALSE(node.add_block());
  const std::uint64_t writes = disk.calls(DiskCall::Write);
  const auto again = node.add_block();
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Error::Code::Io);
  CHECK(again.error().message.find("failed before") != std::string::npos);
  CHECK(disk.calls(DiskCall::Write) == writes);
}

TEST_CASE("ST-04 a full disk is fatal at any size, and a start with space again has all that was promised",
          "[storage]") {
  std::size_t ended = 0;
  for (std::uint64_t kilobytes = 1; kilobytes < 400; kilobytes += 7) {
    SimulatedDisk disk;
    disk.set_capacity(kilobytes << 10U);
    ScriptedNode node(script(), disk);
    if (!ends_early(node)) break;
    ++ended;
    INFO("full at " << kilobytes << " KiB");
    require_all_promises_kept(disk, node.promises());
  }
  CHECK(ended > 20);
}

TEST_CASE("ST-21 the journal can be written to while the disk is full, in the space it has reserved",
          "[storage]") {
  SimulatedDisk disk;
  ScriptedNode node(script(), disk);
  REQUIRE(node.start());
  const std::uint64_t reserved = disk.bytes_of(disk.find("/data/votes/journal").value()).size();
  CHECK(reserved == 64U << 10U);
  for (const Bytes& payload : script().before_prepare(1)) node.recovery().journal.add(payload);
  REQUIRE(node.recovery().journal.commit());
  CHECK(disk.bytes_of(disk.find("/data/votes/journal").value()).size() == reserved);
}

TEST_CASE("ST-02 a vote record torn at any byte is as if it had never been", "[storage]") {
  SimulatedDisk disk;
  ScriptedNode node(script(), disk);
  REQUIRE(node.start());
  for (int i = 0; i < 2; ++i) REQUIRE(node.live_through_a_block());
  support::DiskImage before;
  support::PendingOperation written;
  Promises promises;
  disk.watch([&] {
    if (disk.pending().empty() || disk.pending().back().file != disk.find("/data/votes/journal").value())
      return;
    before = disk.durable();
    written = disk.pending().back();
    promises = node.promises();
  });
  REQUIRE(node.add_block());  // the last record of the journal is the end of the block; before it, its votes
  REQUIRE(written.bytes.size() > 100);
  for (std::size_t kept = 0; kept < written.bytes.size(); ++kept) {
    support::DiskImage torn = before;
    support::PendingOperation part = written;
    part.bytes = written.bytes.substr(0, kept);
    support::apply(part, torn);
    const Judgement judgement = start_and_judge(script(), torn, promises);
    INFO("kept " << kept << " bytes: " << judgement.why << judgement.wrong.value_or(""));
    REQUIRE_FALSE(judgement.wrong);
    REQUIRE(judgement.end == Judgement::End::Normal);
  }
}

TEST_CASE("ST-31 a cut anywhere between the stores of a new journal leaves one that can be started from",
          "[storage]") {
  std::size_t states = 0;
  SimulatedDisk disk;
  ScriptedNode node(script(), disk);
  REQUIRE(node.start());
  while (node.height() < 10) {
    REQUIRE(node.add_block());
    disk.watch([&] {
      for_each_crash_image(disk.durable(), disk.pending(), [&](const CrashImage& each) {
        if (!each.is_usual) return;
        ++states;
        const Judgement judgement = start_and_judge(script(), each.image, node.promises());
        INFO(each.variant << ": " << judgement.why << judgement.wrong.value_or(""));
        REQUIRE_FALSE(judgement.wrong);
        REQUIRE(judgement.end == Judgement::End::Normal);
      });
    });
    REQUIRE(node.restart_journal());
    disk.watch({});
  }
  CHECK(states > 300);
}

}  // namespace aval::storage_test
