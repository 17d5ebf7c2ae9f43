#include "node/verify_pool.h"

#include <algorithm>
#include <future>

#include <catch2/catch.hpp>

#include "crypto/base/bytes.h"

namespace aval::node {
namespace {

/// A worker that waits at a gate, so that a test can fill the lanes behind it.
class Gate {
 public:
  VerifyPool::Work work() {
    return [this]() -> VerifyPool::Continuation {
      reached_.set_value();
      opened_.get_future().wait();
      return {};
    };
  }
  void await() { reached_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> reached_;
  std::promise<void> opened_;
};

VerifyPool::Limits small() {
  VerifyPool::Limits limits;
  limits.lane_items_max = 4;
  return limits;
}

}  // namespace

TEST_CASE("lanes are served in turn and urgent work first", "[verify_pool]") {
  CoreLoop loop;
  VerifyPool pool(loop, 1, 2, {}, [](std::size_t) {});
  Gate gate;
  pool.submit(0, VerifyPool::Urgency::Bulk, 0, gate.work());
  gate.await();
  Bytes order;
  std::promise<void> done;
  const auto note = [&](char letter) {
    return [&order, letter]() -> VerifyPool::Continuation {
      order += letter;
      return {};
    };
  };
  for (const char letter : {'a', 'b', 'c'}) pool.submit(0, VerifyPool::Urgency::Bulk, 0, note(letter));
  for (const char letter : {'x', 'y'}) pool.submit(1, VerifyPool::Urgency::Bulk, 0, note(letter));
  pool.submit(0, VerifyPool::Urgency::Protocol, 0, note('!'));
  pool.submit(1, VerifyPool::Urgency::Bulk, 0, [&]() -> VerifyPool::Continuation {
    done.set_value();
    return {};
  });
  gate.open();
  done.get_future().wait();
  pool.stop();
  REQUIRE(order.substr(0, 5) == "!xayb");
}

TEST_CASE("a flood in one lane is refused there and starves no other", "[verify_pool][NW-12]") {
  CoreLoop loop;
  VerifyPool pool(loop, 1, 2, small(), [](std::size_t) {});
  Gate gate;
  pool.submit(0, VerifyPool::Urgency::Bulk, 0, gate.work());
  gate.await();
  const auto nothing = []() -> VerifyPool::Continuation { return {}; };
  std::vector<VerifyPool::Taken> taken;
  for (int i = 0; i < 10; ++i) taken.push_back(pool.submit(0, VerifyPool::Urgency::Protocol, 1, nothing));
  REQUIRE(taken[2] == VerifyPool::Taken::Room);
  REQUIRE(taken[3] == VerifyPool::Taken::Full);
  REQUIRE(taken[8] == VerifyPool::Taken::Refused);
  REQUIRE(pool.submit(1, VerifyPool::Urgency::Protocol, 1, nothing) == VerifyPool::Taken::Room);
  gate.open();
}

TEST_CASE("a lane that was full tells the core thread when it has room", "[verify_pool]") {
  CoreLoop loop;
  std::size_t told = 99;
  VerifyPool pool(loop, 1, 2, small(), [&](std::size_t lane) {
    told = lane;
    loop.stop();
  });
  Gate gate;
  pool.submit(0, VerifyPool::Urgency::Bulk, 0, gate.work());
  gate.await();
  const auto nothing = []() -> VerifyPool::Continuation { return {}; };
  for (int i = 0; i < 4; ++i) pool.submit(1, VerifyPool::Urgency::Bulk, 0, nothing);
  gate.open();
  loop.run();
  REQUIRE(told == 1);
}

TEST_CASE("what work leaves to do runs on the core thread in the order of the work", "[verify_pool]") {
  CoreLoop loop;
  VerifyPool pool(loop, 1, 1, {}, [](std::size_t) {});
  std::vector<int> order;
  for (int i = 0; i < 200; ++i) {
    pool.submit(0, VerifyPool::Urgency::Bulk, 0, [&, i]() -> VerifyPool::Continuation {
      return [&, i] {
        order.push_back(i);
        if (i == 199) loop.stop();
      };
    });
  }
  loop.run();
  REQUIRE(order.size() == 200);
  REQUIRE(std::is_sorted(order.begin(), order.end()));
}

}  // namespace aval::node
