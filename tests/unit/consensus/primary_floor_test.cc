#include <catch2/catch.hpp>

#include "consensus/limits.h"
#include "consensus/primary_floor.h"
#include "tests/unit/consensus/toy_world.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

constexpr Work some_work{10, 10'000};

/// A floor, and a clock that the test moves.
struct FloorWorld {
  explicit FloorWorld(std::size_t n = 4) : config(config_of(n)) { floor.on_view(now, Height{0}); }
  static ReplicaConfig config_of(std::size_t n) {
    ReplicaConfig out;
    out.chain = toy_chain(n);
    out.self = ReplicaId{1};
    return out;
  }

  void pass(std::uint64_t ms) { now += milliseconds(ms); }
  /// A block is put forward now and is final after `took_ms`.
  void block(std::uint64_t took_ms, bool has_room, Work work = some_work) {
    height = next(height);
    floor.on_blocks(now, height, true);
    pass(took_ms);
    floor.on_final(now, height, work, has_room);
  }
  void blocks(int count, std::uint64_t took_ms, bool has_room = true) {
    for (int i = 0; i < count; ++i) block(took_ms, has_room);
  }
  /// Full blocks over `ms` with something waiting behind them all the time.
  void saturated(std::uint64_t ms, Work work) {
    for (std::uint64_t passed = 0; passed < ms; passed += 25) {
      floor.on_backlog(now, true);
      block(25, false, work);
    }
  }

  ReplicaConfig config;
  ToySigner signer{1};
  Self self{config, signer};
  PrimaryFloor floor{self};
  TimePoint now{};
  Height height{};
};

}  // namespace

TEST_CASE("patience is four times what a block takes, within a sixteenth and a quarter of the timeout",
          "[floor]") {
  FloorWorld world;
  CHECK(world.floor.patience() == milliseconds(250));  // nothing is known yet
  world.blocks(20, 40);
  CHECK(world.floor.patience() == milliseconds(160));
  world.blocks(40, 5);
  CHECK(world.floor.patience() == Duration{62'500});
  world.blocks(40, 900);
  CHECK(world.floor.patience() == milliseconds(250));
}

TEST_CASE("promptness is twice what a block takes, within a sixty-fourth and a sixteenth of the timeout", "[floor]") {
  FloorWorld world;
  CHECK(world.floor.promptness() == Duration{62'500});  // nothing is known yet
  world.blocks(20, 10);
  CHECK(world.floor.promptness() == milliseconds(20));
  world.blocks(40, 5);
  CHECK(world.floor.promptness() == Duration{15'625});
  world.blocks(40, 900);
  CHECK(world.floor.promptness() == Duration{62'500});
  world.floor.on_replaced(world.now);
  CHECK(world.floor.promptness() == milliseconds(125));
}

TEST_CASE("a primary that makes its blocks slow is measured by those of the primaries before it", "[floor]") {
  FloorWorld world;
  world.blocks(20, 20);
  world.floor.on_view(world.now, world.height);
  world.blocks(40, 240);
  CHECK(world.floor.patience() == milliseconds(80));
  // Views of long ago count no more: the network may have become slower.
  for (int view = 0; view < 4; ++view) {
    world.floor.on_view(world.now, world.height);
    world.blocks(40, 50);
  }
  CHECK(world.floor.patience() == milliseconds(200));
}

TEST_CASE("a batch is left out when a block that was put forward later had room for it", "[floor]") {
  FloorWorld world;
  const TimePoint since = world.now;
  world.floor.on_blocks(world.now, Height{0}, false);
  world.pass(300);
  CHECK_FALSE(world.floor.is_left_out(world.now, since, world.floor.patience(), 0));
  world.block(10, false);
  CHECK_FALSE(world.floor.is_left_out(world.now, since, world.floor.patience(), 0));
  world.block(10, true);
  CHECK(world.floor.is_left_out(world.now, since, world.floor.patience(), 0));
  CHECK_FALSE(world.floor.is_left_out(world.now, world.now - milliseconds(100), world.floor.patience(), 0));
}

TEST_CASE("a batch is left out when there is room in the window and no block comes", "[floor]") {
  FloorWorld world;
  world.floor.on_blocks(world.now, Height{0}, true);
  world.pass(2'000);  // an idle network
  const TimePoint since = world.now;
  world.pass(249);
  CHECK_FALSE(world.floor.is_left_out(world.now, since, world.floor.patience(), 0));
  world.pass(1);
  CHECK(world.floor.is_left_out(world.now, since, world.floor.patience(), 0));
}

TEST_CASE("while the window is full of blocks that lack votes nothing is left out", "[floor]") {
  FloorWorld world;
  world.floor.on_blocks(world.now, Height{4}, false);
  world.pass(10'000);
  CHECK_FALSE(world.floor.is_left_out(world.now, TimePoint{}, world.floor.patience(), 0));
  world.floor.on_blocks(world.now, Height{4}, true);
  world.pass(249);
  CHECK_FALSE(world.floor.is_left_out(world.now, TimePoint{}, world.floor.patience(), 0));
  world.pass(1);
  CHECK(world.floor.is_left_out(world.now, TimePoint{}, world.floor.patience(), 0));
}

TEST_CASE("full blocks excuse a primary for as long as its lanes take to be served in turn", "[floor]") {
  FloorWorld world;
  const TimePoint since = world.now;
  world.blocks(100, 10, false);
  const std::uint64_t round = world.floor.blocks_of_a_round();
  CHECK_FALSE(world.floor.is_left_out(world.now, since, world.floor.patience(), round - 1));
  CHECK(world.floor.is_left_out(world.now, since, world.floor.patience(), round));
  CHECK(round == 11);  // three turns of one block each, and two windows
  CHECK(FloorWorld(13).floor.blocks_of_a_round() == 44);
}

TEST_CASE("less than half of the work that was reached condemns a primary that lets batches wait",
          "[floor]") {
  FloorWorld world;
  world.saturated(5'000, {100, 100'000});
  CHECK_FALSE(world.floor.is_below_rate());
  world.floor.on_view(world.now, world.height);
  world.saturated(5'000, {55, 55'000});
  CHECK_FALSE(world.floor.is_below_rate());
  world.saturated(1'400, {40, 40'000});
  CHECK_FALSE(world.floor.is_below_rate());
  world.saturated(1'000, {40, 40'000});
  CHECK(world.floor.is_below_rate());
}

TEST_CASE("a load that falls, or that becomes one of few large envelopes, condemns nobody", "[floor]") {
  FloorWorld world;
  world.saturated(5'000, {100, 100'000});
  world.saturated(5'000, {5, 100'000});
  CHECK_FALSE(world.floor.is_below_rate());
  for (int i = 0; i < 100; ++i) {
    world.floor.on_backlog(world.now, false);
    world.block(50, true, {1, 1'000});
  }
  CHECK_FALSE(world.floor.is_below_rate());
  world.pass(60'000);
  world.floor.on_backlog(world.now, true);
  world.block(50, true, {1, 1'000});
  CHECK_FALSE(world.floor.is_below_rate());
}

TEST_CASE("patience doubles with each replacement up to eight times, and the demand for work halves",
          "[floor]") {
  FloorWorld world;
  world.saturated(5'000, {100, 100'000});
  const Duration patience = world.floor.patience();
  for (const int factor : {2, 4, 8, 8}) {
    world.floor.on_replaced(world.now);
    CHECK(world.floor.patience() == patience * factor);
  }
  world.saturated(5'000, {13, 13'000});
  CHECK_FALSE(world.floor.is_below_rate());
  world.saturated(5'000, {3, 3'000});
  CHECK(world.floor.is_below_rate());
}

TEST_CASE("the floor becomes tighter again only when the tighter one was kept all the time", "[floor]") {
  FloorWorld world;
  world.blocks(100, 100);
  world.floor.on_replaced(world.now);
  REQUIRE(world.floor.patience() == milliseconds(500));
  for (int i = 0; i < 10; ++i) {
    world.blocks(100, 100);
    world.floor.on_left_out(world.now, world.now - milliseconds(570));  // not kept
  }
  CHECK(world.floor.patience() == milliseconds(500));
  world.pass(600'000);  // an idle time proves nothing
  world.blocks(60, 100);
  CHECK(world.floor.patience() == milliseconds(500));
  for (int i = 0; i < 30; ++i) {
    world.blocks(10, 100);
    world.floor.on_left_out(world.now, world.now - milliseconds(560));
  }
  CHECK(world.floor.patience() == milliseconds(250));
}
