#include "node/frame.h"

#include <catch2/catch.hpp>

namespace aval::node::frame_test {
namespace {

constexpr std::size_t limit = 1000;

Bytes stream_of(const std::vector<Frame>& frames) {
  Bytes bytes;
  for (const Frame& frame : frames) bytes += encode_frame(frame.kind, frame.payload);
  return bytes;
}

std::vector<Frame> sample() {
  return {{FrameKind::Hello, "hello"}, {FrameKind::Ping, ""}, {FrameKind::Protocol, Bytes(300, 'v')},
          {FrameKind::Bulk, Bytes("a\0b", 3)}};
}

Bytes length_field(std::uint32_t length) { return big_endian(length).substr(4); }

}  // namespace

TEST_CASE("frames come out as they went in, however the stream is cut in two", "[frame][NW-09]") {
  const auto frames = sample();
  const Bytes stream = stream_of(frames);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameDecoder decoder(limit);
    std::vector<Frame> read;
    REQUIRE(decoder.feed(ByteView(stream).substr(0, cut), read));
    REQUIRE(decoder.feed(ByteView(stream).substr(cut), read));
    REQUIRE(read == frames);
    REQUIRE_FALSE(decoder.inside_frame());
  }
}

TEST_CASE("frames come out as they went in, byte by byte", "[frame]") {
  const auto frames = sample();
  FrameDecoder decoder(limit);
  std::vector<Frame> read;
  for (const char byte : stream_of(frames)) REQUIRE(decoder.feed({&byte, 1}, read));
  REQUIRE(read == frames);
}

TEST_CASE("a stream cut inside a frame gives none of that frame", "[frame][NW-09]") {
  const Bytes whole = encode_frame(FrameKind::Protocol, "payload");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    FrameDecoder decoder(limit);
    std::vector<Frame> read;
    REQUIRE(decoder.feed(ByteView(whole).substr(0, cut), read));
    REQUIRE(read.empty());
    REQUIRE(decoder.inside_frame() == (cut > 0));
  }
}

TEST_CASE("a frame length of zero or above the limit is refused with its four bytes", "[frame][NW-08]") {
  for (const std::uint32_t length : {0U, static_cast<std::uint32_t>(limit) + 1, 1U << 31U, 0xffffffffU}) {
    FrameDecoder decoder(limit);
    std::vector<Frame> read;
    const auto fed = decoder.feed(length_field(length), read);
    REQUIRE_FALSE(fed);
    REQUIRE(fed.error().code == Error::Code::Malformed);
    REQUIRE(read.empty());
  }
}

TEST_CASE("after a refused length nothing more is taken from the stream", "[frame][NW-08]") {
  FrameDecoder decoder(limit);
  std::vector<Frame> read;
  REQUIRE_FALSE(decoder.feed(length_field(0), read));
  REQUIRE_FALSE(decoder.feed(encode_frame(FrameKind::Ping, {}), read));
  REQUIRE(read.empty());
}

TEST_CASE("frames before a lie are given, the lie is not", "[frame][NW-08]") {
  FrameDecoder decoder(limit);
  std::vector<Frame> read;
  REQUIRE_FALSE(decoder.feed(encode_frame(FrameKind::Ping, "x") + length_field(0xffffffffU), read));
  REQUIRE(read == std::vector<Frame>{{FrameKind::Ping, "x"}});
}

TEST_CASE("the longest frame allowed passes, one byte more does not", "[frame]") {
  FrameDecoder exact(limit);
  std::vector<Frame> read;
  REQUIRE(exact.feed(encode_frame(FrameKind::Bulk, Bytes(limit - 1, 'x')), read));
  REQUIRE(read.size() == 1);
  FrameDecoder over(limit);
  REQUIRE_FALSE(over.feed(encode_frame(FrameKind::Bulk, Bytes(limit, 'x')), read));
}

TEST_CASE("a frame of an unknown kind is passed on for the reader to ignore", "[frame][OP-02]") {
  FrameDecoder decoder(limit);
  std::vector<Frame> read;
  REQUIRE(decoder.feed(encode_frame(static_cast<FrameKind>(200), "later"), read));
  REQUIRE(read.front().kind == static_cast<FrameKind>(200));
}

TEST_CASE("the worked example of the frame format holds", "[frame]") {
  REQUIRE(to_hex(encode_frame(FrameKind::Protocol, "abc")) == "0000000402616263");
}

}  // namespace aval::node::frame_test
