#include "node/http_query.h"

#include <catch2/catch.hpp>

namespace aval::node::http_query_test {
namespace {

using namespace std::chrono_literals;

std::size_t segments(std::string_view path) {
  const auto split = split_path(path);
  return split ? split->size() : 0;
}

TEST_CASE("a path is a few plain names", "[http]") {
  CHECK(segments("/v1/state/invoice/inv-1") == 4);
  CHECK(split_path("/livez")->front() == "livez");
  CHECK(segments("/a/b/c/d/e/f/g/h") == 8);
}

TEST_CASE("what is no plain name leads nowhere", "[http][AP-12]") {
  for (const char* path :
       {"", "/", "v1", "/v1/", "//v1", "/v1//tx", "/v1/../etc", "/v1/./tx", "/%2e%2e/etc", "/v1/a%00",
        "/v1/a\\b", "/v1/a b", "/v1/a;b", "/v1/\xc3\xa9", "/a/b/c/d/e/f/g/h/i"}) {
    INFO(path);
    CHECK_FALSE(split_path(path));
  }
  CHECK_FALSE(split_path("/" + std::string(201, 'a')));
}

Result<std::chrono::milliseconds> wait_in(std::string_view text) {
  auto query = Query::parse(text);
  if (!query) return unexpected(query.error());
  AVAL_ASSIGN(const auto wait, query->wait("wait"));
  AVAL_TRY(query->finish());
  return wait;
}

TEST_CASE("a wait is a whole number of seconds or milliseconds up to a minute", "[http]") {
  CHECK(*wait_in("") == 0ms);
  CHECK(*wait_in("wait=10s") == 10s);
  CHECK(*wait_in("wait=0s") == 0s);
  CHECK(*wait_in("wait=500ms") == 500ms);
  CHECK(*wait_in("wait=60s") == 60s);
  CHECK(*wait_in("wait=60000ms") == 60s);
  for (const char* text : {"wait=",
                           "wait=s",
                           "wait=ms",
                           "wait=10",
                           "wait=-1s",
                           "wait=1.5s",
                           "wait=1e3s",
                           "wait=010s",
                           "wait=61s",
                           "wait=60001ms",
                           "wait=4294967297s",
                           "wait=99999999999999999999s",
                           "wait=1m",
                           "wait=10S",
                           "wait= 10s",
                           "wait=10s%20",
                           "wait",
                           "wait=1s&wait=1s",
                           "wait=1s&x=1",
                           "Wait=1s",
                           "wait=1s&&",
                           "=1"}) {
    INFO(text);
    CHECK_FALSE(wait_in(text));
  }
}

TEST_CASE("flags and limits have their range", "[http]") {
  CHECK(*Query::parse("proof=1")->flag("proof"));
  CHECK_FALSE(*Query::parse("proof=0")->flag("proof"));
  CHECK_FALSE(*Query::parse("")->flag("proof"));
  CHECK_FALSE(Query::parse("proof=yes")->flag("proof"));
  CHECK_FALSE(Query::parse("proof=")->flag("proof"));
  CHECK(*Query::parse("limit=7")->limit("limit") == 7);
  CHECK(*Query::parse("")->limit("limit") == page_items_max);
  for (const char* text :
       {"limit=0", "limit=101", "limit=-1", "limit=07", "limit=1.0", "limit=1x", "limit="}) {
    INFO(text);
    CHECK_FALSE(Query::parse(text)->limit("limit"));
  }
}

}  // namespace
}  // namespace aval::node::http_query_test
