#include "ledger/state_cache.h"

#include <catch2/catch.hpp>

namespace aval::ledger {

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
  StateCache cache(10'000);
  for (int i = 0; i < 30; ++i) cache.remember(std::to_string(i), Bytes(100, 'v'));
  REQUIRE(cache.find("0") != nullptr);
  for (int i = 30; i < 60; ++i) cache.remember(std::to_string(i), Bytes(100, 'v'));
  CHECK(cache.find("0") != nullptr);
  CHECK(cache.find("1") == nullptr);
  CHECK(cache.find("59") != nullptr);
}

TEST_CASE("the cache does not keep what is larger than itself", "[state_cache]") {
  StateCache cache(1000);
  cache.remember("large", Bytes(2000, 'v'));
  CHECK(cache.find("large") == nullptr);
  cache.remember("small", "v");
  CHECK(cache.find("small") != nullptr);
  StateCache none(0);
  none.remember("small", "v");
  CHECK(none.find("small") == nullptr);
}

}  // namespace aval::ledger
