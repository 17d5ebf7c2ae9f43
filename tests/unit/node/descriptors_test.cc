#include "node/descriptors.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>

namespace aval::node::descriptors_test {

TEST_CASE("ST-24 clients get what links and files leave of the descriptors", "[config]") {
  const std::size_t set_aside = 100'000 - clients_that_fit(100'000, 100'000);
  CHECK(set_aside >= 128 + 256);  // handshakes and seats
  CHECK(clients_that_fit(512, set_aside + 1000) == 512);
  CHECK(clients_that_fit(512, set_aside + 100) == 100);
  CHECK(clients_that_fit(512, set_aside) == 0);
  CHECK(clients_that_fit(512, 0) == 0);
}

TEST_CASE("ST-24 a process takes as many descriptors as the system lets it", "[config]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{64, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  const auto fitting = clients_that_fit(16);
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur > low.rlim_cur);
  CHECK(fitting.has_value());
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

}  // namespace aval::node::descriptors_test
