#include "ledger/state_cache.h"

#include <catch2/catch.hpp>

namespace aval::ledger::state_cache_test {

TEST_CASE("the cache knows what it was told last, and that a key has no value", "[state_cache]") {
  StateCache cache(10'000);
  CHECK(cache.find("a") == nullptr);
  cache.remember("a", "1");
  cache.remember("b", std::nullopt);
  cache.remember("a", "2");
  REQUIRE(cache.find("a") != nullptr);
  CHECK(*cache.find("a") == Bytes("2"));
  REQUIRE(cache.find("b") != nullptr);
  CHECK(*cache.find("b") == std::nullopt);
}

TEST_CASE("the cache forgets what was used longest ago when it is full", "[state_cache]") {
  StateCache cache(4000);
  for (int i = 0; i < 10; ++i) cache.remember(std::to_string(i), Bytes(100, 'v'));
  REQUIRE(cache.find("0") != nullptr);
  for (int i = 10; i < 20; ++i) cache.remember(std::to_string(i), Bytes(100, 'v'));
  CHECK(cache.find("0") != nullptr);
  CHECK(cache.find("1") == nullptr);
  CHECK(cache.find("19") != nullptr);
}

TEST_CASE("a large cache keeps thousands of entries of the usual size", "[state_cache]") {
  StateCache cache(4U << 20U);
  for (int i = 0; i < 10'000; ++i) cache.remember("state/" + std::to_string(i), Bytes(60, 'v'));
  int found = 0;
  for (int i = 0; i < 10'000; ++i) found += cache.find("state/" + std::to_string(i)) != nullptr ? 1 : 0;
  CHECK(found > 9'900);
}

TEST_CASE("the cache does not keep what is larger than itself", "[state_cache]") {
  StateCache cache(1000);
  cache.remember("small", "v");
  cache.remember("large", "v");
  cache.remember("large", Bytes(2000, 'v'));
  CHECK(cache.find("large") == nullptr);
  CHECK(cache.find("small") != nullptr);
  StateCache none(0);
  none.remember("small", "v");
  CHECK(none.find("small") == nullptr);
}

}  // namespace aval::ledger::state_cache_test
