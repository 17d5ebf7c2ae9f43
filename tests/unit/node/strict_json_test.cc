#include "node/strict_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace aval::node::strict_json_test {
namespace {

std::string refusal(ByteView text, const JsonLimits& limits = {}) {
  const auto parsed = parse_strict_json(text, limits);
  return parsed ? "accepted: " + parsed->dump() : parsed.error().message;
}

bool refused(ByteView text, const JsonLimits& limits = {}) {
  const auto parsed = parse_strict_json(text, limits);
  return !parsed && parsed.error().code == Error::Code::Malformed;
}

TEST_CASE("plain JSON is read as written", "[strict_json]") {
  const auto parsed = parse_strict_json(R"( {"a":[1,-5,true,null,"x\u00e9\n"],"b":{"c":{}}} )");
  REQUIRE(parsed);
  CHECK(parsed->dump() == R"({"a":[1,-5,true,null,"xé\n"],"b":{"c":{}}})");
}

TEST_CASE("a key may not stand twice at any level", "[strict_json][AP-06]") {
  CHECK(refusal(R"({"amount":1,"amount":1000})") == "JSON: a key stands twice in one object");
  CHECK(refused(R"({"a":{"b":1,"b":2}})"));
  CHECK(refused(R"([[{"x":[{"k":1,"k":1}]}]])"));
  CHECK(refused(R"({"a":1,"\u0061":2})"));  // the same key, written with an escape
  CHECK(refused(R"({"":1,"":2})"));
  CHECK_FALSE(refused(R"({"a":{"b":1},"b":{"a":1}})"));
  CHECK_FALSE(refused(R"([{"k":1},{"k":1}])"));
}

TEST_CASE("only integers of 64 bits are numbers", "[strict_json][AP-07]") {
  for (const char* text : {"1e2", "1.0", "1.9", "-0", "-0.0", "1E0", "18446744073709551616",
                           "-9223372036854775809", "99999999999999999999999999", "NaN", "Infinity",
                           "-Infinity", "01", "+1", ".5", "1.", "0x10", "1_000"}) {
    INFO(text);
    CHECK(refused(text));
    CHECK(refused("{\"n\":" + std::string(text) + "}"));
    CHECK(refused("[1," + std::string(text) + "]"));
  }
}

TEST_CASE("accepted numbers are exactly those written", "[strict_json][AP-07]") {
  for (const char* text : {"0", "9007199254740993", "9223372036854775807", "9223372036854775808",
                           "18446744073709551615", "-5", "-9223372036854775808"}) {
    const auto parsed = parse_strict_json(text);
    REQUIRE(parsed);
    CHECK(parsed->dump() == text);
  }
  CHECK(parse_strict_json("18446744073709551615")->is_number_unsigned());
  CHECK_FALSE(parse_strict_json("-5")->is_number_unsigned());
  CHECK(parse_strict_json(R"("1")")->is_string());
}

TEST_CASE("text is valid UTF-8 without NUL", "[strict_json][AP-08]") {
  using namespace std::string_view_literals;
  for (const ByteView text :
       {"\"\xff\""sv, "\"\xc0\xaf\""sv, "\"\xed\xa0\x80\""sv, "\"\xf4\x90\x80\x80\""sv, "\"\xe2\x82\""sv,
        "\"a\0b\""sv, "{}\0"sv, "{}\0{}"sv, R"("\u0000")"sv, R"({"\u0000":1})"sv, R"("\ud800")"sv,
        R"("\udc00\ud800")"sv, "\"\n\""sv, "\xEF\xBB\xBF{}"sv, "\xff"sv}) {
    CHECK(refused(text));
  }
  CHECK(parse_strict_json("\"\xf0\x9f\x92\xb6\"")->get<std::string>() == "\xf0\x9f\x92\xb6");
  CHECK(parse_strict_json(R"("\ud83d\udcb6")")->get<std::string>() == "\xf0\x9f\x92\xb6");
}

TEST_CASE("composed and decomposed text stay two texts", "[strict_json][AP-08]") {
  CHECK_FALSE(refused("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"));
}

TEST_CASE("depth is bounded", "[strict_json][AP-05]") {
  const std::string open32(32, '['), close32(32, ']');
  CHECK_FALSE(refused(open32 + close32));
  CHECK(refused("[" + open32 + close32 + "]"));
  CHECK(refusal(std::string(100'000, '[')) == "JSON: nesting is deeper than 32");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(refusal(objects) == "JSON: nesting is deeper than 32");
}

std::string object_of(std::size_t keys) {
  std::string text = "{";
  for (std::size_t i = 0; i < keys; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
  return text + "}";
}

TEST_CASE("width is bounded", "[strict_json][AP-05]") {
  CHECK_FALSE(refused(object_of(256)));
  CHECK(refusal(object_of(257)) == "JSON: an object has more than 256 keys");
  CHECK(refused(object_of(100'000)));
  JsonLimits limits;
  limits.values_max = 4;
  CHECK_FALSE(refused("[1,2,3]", limits));
  CHECK(refusal("[1,2,3,4]", limits) == "JSON: more than 4 values");
  limits.keys_per_object_max = 1;
  CHECK(refused(R"({"a":1,"b":2})", limits));
}

TEST_CASE("strings are bounded, keys among them", "[strict_json][AP-05]") {
  const std::string longest(16 * 1024, 'x');
  CHECK_FALSE(refused("\"" + longest + "\""));
  CHECK(refusal("\"" + longest + "x\"") == "JSON: a string is longer than 16384 bytes");
  CHECK(refused("{\"" + longest + "x\":1}"));
  CHECK(refused("\"" + std::string(1 << 20, 'x') + "\""));
}

TEST_CASE("nothing but one value is a JSON text", "[strict_json]") {
  for (const char* text : {"", " ", "{", "{}{}", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "// c\n1", "/*c*/1",
                           "tru", "nul", "[1 2]", "{\"a\" 1}", "\"abc", "\"\\x41\""}) {
    INFO(text);
    CHECK(refused(text));
  }
}

TEST_CASE("a refusal never repeats the input", "[strict_json][AP-16]") {
  CHECK(refusal(R"({"secret-word" "x"})").find("secret") == std::string::npos);
  CHECK(refusal("[1.25]").find("1.25") == std::string::npos);
}

}  // namespace
}  // namespace aval::node::strict_json_test
