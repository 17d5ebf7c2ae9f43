#include "node/verify_pool.h"

#include <algorithm>
#include <atomic>
#include <future>

#include <catch2/catch.hpp>

#include "crypto/base/bytes.h"

namespace aval::node::verify_pool_test {
namespace {

/// A worker that waits at a gate, so that a test can fill the lanes behind it. Must outlive the pool.
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

Duration no_time() { return {}; }

/// A clock that pieces of work put forward.
std::atomic<std::int64_t> spent{0};
Duration time_spent() { return Duration(spent.load()); }

VerifyPool::Limits small() {
  VerifyPool::Limits limits;
  limits.lane_items_max = 4;
  return limits;
}

}  // namespace

TEST_CASE("lanes are served in turn and urgent work first", "[verify_pool]") {
  CoreLoop loop;
  Gate gate;
  VerifyPool pool(loop, 1, 2, {}, [](std::size_t) {}, &no_time);
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

TEST_CASE("costly work in one lane takes no more CPU than cheap work in another", "[verify_pool][NW-12]") {
  CoreLoop loop;
  Gate gate;
  VerifyPool pool(loop, 1, 3, {}, [](std::size_t) {}, &time_spent);
  pool.submit(0, VerifyPool::Urgency::Bulk, 0, gate.work());
  gate.await();
  Bytes order;
  const auto note = [&order](char letter, std::int64_t cost) {
    return [&order, letter, cost]() -> VerifyPool::Continuation {
      order += letter;
      spent += cost;
      return {};
    };
  };
  for (int i = 0; i < 3; ++i) pool.submit(0, VerifyPool::Urgency::Bulk, 0, note('L', 40));
  for (int i = 0; i < 8; ++i) pool.submit(1, VerifyPool::Urgency::Bulk, 0, note('s', 10));
  std::promise<void> late;
  pool.submit(1, VerifyPool::Urgency::Bulk, 0, [&]() -> VerifyPool::Continuation {
    // A lane that was idle saves nothing up: it takes turns from now on.
    for (int i = 0; i < 2; ++i) pool.submit(2, VerifyPool::Urgency::Bulk, 0, note('n', 40));
    pool.submit(2, VerifyPool::Urgency::Bulk, 0, [&]() -> VerifyPool::Continuation {
      late.set_value();
      return {};
    });
    return {};
  });
  gate.open();
  late.get_future().wait();
  pool.stop();
  CHECK(order.substr(0, 11) == "sLsssLssssL");
  CHECK(order.substr(11, 2) == "nn");
}

TEST_CASE("a flood in one lane is refused there and starves no other", "[verify_pool][NW-12]") {
  CoreLoop loop;
  Gate gate;
  VerifyPool pool(loop, 1, 2, small(), [](std::size_t) {});
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
  Gate gate;
  VerifyPool pool(loop, 1, 2, small(), [&](std::size_t lane) {
    told = lane;
    loop.stop();
  });
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

}  // namespace aval::node::verify_pool_test
