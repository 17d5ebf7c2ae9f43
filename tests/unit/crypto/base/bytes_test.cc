#include "crypto/base/bytes.h"

#include <algorithm>
#include <array>
#include <limits>

#include <catch2/catch.hpp>

namespace aval {
namespace {

Bytes all_octets() {
  Bytes bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(static_cast<unsigned char>(i)));
  return bytes;
}

}  // namespace

TEST_CASE("hexadecimal is written in lower case and read in either", "[bytes]") {
  REQUIRE(to_hex("") == "");
  REQUIRE(to_hex(Bytes("\x00\x7f\x80\xff", 4)) == "007f80ff");
  REQUIRE(from_hex("DEADbeef").value() == from_hex("deadbeef").value());
  REQUIRE(from_hex("").value().empty());
  REQUIRE(from_hex(to_hex(all_octets())).value() == all_octets());
}

TEST_CASE("hexadecimal with anything else in it is malformed", "[bytes]") {
  for (const char* text :
       {"0", "abc", "0g", "g0", "0x12", " 12 ", "1\n", "-1", "+1", "/0", ":0", "@0", "`0"}) {
    CAPTURE(text);
    REQUIRE(from_hex(text).error().code == Error::Code::Malformed);
  }
  REQUIRE(!from_hex(std::string_view("00\0\0", 4)));
  REQUIRE(!from_hex("\xc3\xa9"));
}

TEST_CASE("base64 follows the examples of RFC 4648 section 10", "[bytes]") {
  struct Example {
    const char* bytes;
    const char* text;
  };
  const auto example =
      GENERATE(Example{"", ""}, Example{"f", "Zg=="}, Example{"fo", "Zm8="}, Example{"foo", "Zm9v"},
               Example{"foob", "Zm9vYg=="}, Example{"fooba", "Zm9vYmE="}, Example{"foobar", "Zm9vYmFy"});
  REQUIRE(to_base64(example.bytes) == example.text);
  REQUIRE(from_base64(example.text).value() == example.bytes);
}

TEST_CASE("base64 reads back every length and every octet", "[bytes]") {
  const Bytes octets = all_octets();
  for (std::size_t size = 0; size <= octets.size(); ++size) {
    const ByteView bytes = ByteView(octets).substr(octets.size() - size);
    REQUIRE(from_base64(to_base64(bytes)).value() == bytes);
  }
}

TEST_CASE("base64 has one text for one value: every other text is malformed", "[bytes]") {
  const char* const texts[] = {
      "Z",        "Zg",      "Zg=",    "Zm9",           // padding missing
      "Zg===",    "====",    "=",      "Z===",          // too much padding
      "Zg==Zg==", "Z=g=",    "=Zg=",                    // padding inside
      "Zh==",     "Zn==",    "Zm9=",   "Zm+=",          // spare bits that are not zero
      "Zm 9",     "Zm9v\n",  "\nZm9v", "Zm9v\r\n\r\n",  // white space
      "Zm-v",     "Zm_v",                               // the alphabet for URLs
      "Zm9*",     "Zm9\x80",
  };
  for (const char* text : texts) {
    CAPTURE(text);
    REQUIRE(from_base64(text).error().code == Error::Code::Malformed);
  }
}

TEST_CASE("big-endian numbers sort as the numbers do", "[bytes]") {
  REQUIRE(to_hex(big_endian(0x0102030405060708)) == "0102030405060708");
  constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
  const std::array<std::uint64_t, 9> numbers = {0, 1, 127, 128, 255, 256, 1ull << 32, top / 2 + 1, top};
  for (const std::uint64_t number : numbers) REQUIRE(from_big_endian(big_endian(number)) == number);
  REQUIRE(std::ranges::is_sorted(numbers, {}, [](std::uint64_t number) { return big_endian(number); }));
}

}  // namespace aval
