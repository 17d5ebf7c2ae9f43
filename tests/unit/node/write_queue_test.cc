#include <catch2/catch.hpp>

#include "node/peer_session.h"

namespace aval::node::write_queue_test {
namespace {

std::shared_ptr<const Bytes> frame(std::size_t bytes, char letter) {
  return std::make_shared<const Bytes>(Bytes(bytes, letter));
}

LinkLimits limits() {
  LinkLimits small;
  small.protocol_queue_bytes_max = 100;
  small.bulk_queue_bytes_max = 100;
  return small;
}

}  // namespace

TEST_CASE("protocol frames leave before bulk ones, each kind in order", "[link]") {
  WriteQueue queue(limits());
  REQUIRE(queue.push(FrameKind::Bulk, frame(1, 'b')));
  REQUIRE(queue.push(FrameKind::Protocol, frame(1, 'p')));
  REQUIRE(queue.push(FrameKind::Bulk, frame(1, 'c')));
  REQUIRE(queue.push(FrameKind::Protocol, frame(1, 'q')));
  REQUIRE(queue.take(100) == "pqbc");
  REQUIRE(queue.empty());
}

TEST_CASE("over its limit the bulk queue drops its oldest frames", "[link][NW-07]") {
  WriteQueue queue(limits());
  for (const char letter : {'a', 'b', 'c'}) REQUIRE(queue.push(FrameKind::Bulk, frame(40, letter)));
  REQUIRE(queue.dropped() == 1);
  REQUIRE(queue.take(1000) == Bytes(40, 'b') + Bytes(40, 'c'));
}

TEST_CASE("over its limit the protocol queue gives up the link", "[link][NW-07]") {
  WriteQueue queue(limits());
  REQUIRE(queue.push(FrameKind::Protocol, frame(100, 'a')));
  REQUIRE_FALSE(queue.push(FrameKind::Protocol, frame(1, 'b')));
}

TEST_CASE("a write takes whole frames, and at least one", "[link]") {
  WriteQueue queue(limits());
  REQUIRE(queue.push(FrameKind::Protocol, frame(60, 'a')));
  REQUIRE(queue.push(FrameKind::Protocol, frame(30, 'b')));
  REQUIRE(queue.take(10) == Bytes(60, 'a'));
  REQUIRE(queue.bytes() == 30);
  REQUIRE(queue.take(10) == Bytes(30, 'b'));
}

}  // namespace aval::node::write_queue_test
