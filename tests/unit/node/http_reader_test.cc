#include "node/http_reader.h"

#include <catch2/catch.hpp>

#include "node/http_head.h"

namespace aval::node::http_reader_test {
namespace {

using State = RequestReader::State;

constexpr std::size_t body_max = 100;

struct Read {
  State state = State::Idle;
  unsigned refused = 0;  // status of the refusal
  std::vector<HttpRequest> requests;
};

/// Feeds `bytes` in pieces of `step` and takes every request.
Read read(ByteView bytes, std::size_t step = 1'000'000) {
  RequestReader reader(body_max);
  Read out;
  for (std::size_t at = 0; at < bytes.size() && reader.state() != State::Refused; at += step) {
    reader.feed(bytes.substr(at, step));
    while (reader.state() == State::Ready) out.requests.push_back(reader.take());
  }
  out.state = reader.state();
  if (out.state == State::Refused) out.refused = reader.refusal().status;
  return out;
}

/// The status of the refusal, fed at once and byte by byte; both must agree.
unsigned refusal(ByteView bytes) {
  const unsigned at_once = read(bytes).refused;
  const unsigned bytewise = read(bytes, 1).refused;
  CHECK(at_once == bytewise);
  return at_once;
}

const std::string host = "Host: localhost\r\n";
std::string get(const std::string& fields) { return "GET /x HTTP/1.1\r\n" + fields + "\r\n"; }
std::string post(const std::string& fields, const std::string& body) {
  return "POST /x HTTP/1.1\r\n" + host + fields + "\r\n" + body;
}

TEST_CASE("a request comes out as it was sent, however it was cut", "[http]") {
  const std::string bytes =
      post("Content-Type: application/json\r\nAccept: a/b\r\nX-Request-Id: r-1.a_B\r\nContent-Length: 5\r\n",
           "hello");
  for (const std::size_t step : {1U, 2U, 3U, 7U, 50U, 1000U}) {
    const Read got = read(bytes, step);
    REQUIRE(got.requests.size() == 1);
    const HttpRequest& request = got.requests.front();
    CHECK(request.method == "POST");
    CHECK(request.target == "/x");
    CHECK(request.content_type == "application/json");
    CHECK(request.accept == "a/b");
    CHECK(request.request_id == "r-1.a_B");
    CHECK(request.body == "hello");
    CHECK(request.keep_alive);
    CHECK(got.state == State::Idle);
  }
}

TEST_CASE("requests may follow one another at once", "[http]") {
  const std::string bytes =
      post("Content-Length: 2\r\n", "ab") + get(host) + post("Content-Length: 1\r\n", "c") + "GE";
  for (const std::size_t step : {1U, 5U, 1000U}) {
    const Read got = read(bytes, step);
    REQUIRE(got.requests.size() == 3);
    CHECK(got.requests[0].body == "ab");
    CHECK(got.requests[1].method == "GET");
    CHECK(got.requests[2].body == "c");
    CHECK(got.state == State::Head);
  }
}

TEST_CASE("chunks are put together", "[http]") {
  const std::string bytes =
      post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n") + get(host);
  for (const std::size_t step : {1U, 2U, 1000U}) {
    const Read got = read(bytes, step);
    REQUIRE(got.requests.size() == 2);
    CHECK(got.requests[0].body == "abcde");
  }
}

TEST_CASE("an empty chunked body may come in any pieces, with fields behind it or without", "[http]") {
  for (const std::string end : {"0\r\n\r\n", "0\r\nDigest: x\r\n\r\n", "0;x=y\r\n\r\n"}) {
    const std::string bytes = post("Transfer-Encoding: chunked\r\n", end) + get(host);
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      const Read got = read(bytes, step);
      REQUIRE(got.requests.size() == 2);
      CHECK(got.requests[0].body.empty());
      CHECK(got.requests[1].method == "GET");
    }
  }
}

TEST_CASE("a client that wants to close says so", "[http]") {
  CHECK_FALSE(read(get(host + "Connection: close\r\n")).requests.at(0).keep_alive);
}

TEST_CASE("a request id is echoed only when it is harmless", "[http][AP-17]") {
  CHECK(read(get(host + "X-Request-Id: a b\r\n")).requests.at(0).request_id.empty());
  CHECK(read(get(host + "X-Request-Id: <script>\r\n")).requests.at(0).request_id.empty());
  CHECK(read(get(host + "X-Request-Id: " + std::string(65, 'a') + "\r\n")).requests.at(0).request_id.empty());
}

TEST_CASE("framing that two readers could read in two ways is refused", "[http][AP-04]") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<std::string> vectors = {
      // two lengths, or a length and a coding
      post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"),
      post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"),
      post("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"),
      post("Content-Length: 2\r\nContent-Length: 3\r\n", "abc"),
      post("Content-Length: 2, 2\r\n", "ab"),
      // lengths that are no numbers
      post("Content-Length: +2\r\n", "ab"),
      post("Content-Length: -1\r\n", ""),
      post("Content-Length: 0x2\r\n", "ab"),
      post("Content-Length: 2 2\r\n", "ab"),
      post("Content-Length: \r\n", ""),
      post("Content-Length: 99999999999999999999\r\n", ""),
      // codings
      post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: identity\r\n", ""),
      post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
      post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
      post(chunked + chunked, "0\r\n\r\n"),
      // line ends
      "GET /x HTTP/1.1\nHost: localhost\n\n",
      "GET /x HTTP/1.1\r\nHost: localhost\n\r\n",
      "GET /x HTTP/1.1\r\nHost: localhost\r\rX: y\r\n\r\n",
      "GET /x HTTP/1.1\rHost: localhost\r\n\r\n",
      "\r\nGET /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      // folded and misplaced white space
      get(host + "X-A: b\r\n c\r\n"),
      get(host + "X-A: b\r\n\tc\r\n"),
      get(" " + host),
      get("Host : localhost\r\n"),
      " GET /x HTTP/1.1\r\n" + host + "\r\n",
      "GET  /x HTTP/1.1\r\n" + host + "\r\n",
      "GET /x  HTTP/1.1\r\n" + host + "\r\n",
      // chunks
      post(chunked, "FFFFFFFFFFFFFFFFF\r\n"),
      post(chunked, "g\r\n"),
      post(chunked, "-1\r\n"),
      post(chunked, "3\r\nabcd\r\n0\r\n\r\n"),
      post(chunked, "\r\n"),
      post(chunked, "1;" + std::string(2000, 'x')),
      // hosts
      get(""),
      get("Host: \r\n"),
      get("Host: a\r\nHost: a\r\n"),
      get("Host: a/b\r\n"),
      get("Host: a b\r\n"),
      get("Host: user@a\r\n"),
      get("Host: " + std::string(300, 'a') + "\r\n"),
      // request lines and versions
      "GET /x HTTP/1.0\r\n" + host + "\r\n",
      "GET /x HTTP/2.0\r\n" + host + "\r\n",
      "GET /x\r\n" + host + "\r\n",
      "GET http://localhost/x HTTP/1.1\r\n" + host + "\r\n",
      "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
      "CONNECT localhost:1 HTTP/1.1\r\n" + host + "\r\n",
      "GET /x#y HTTP/1.1\r\n" + host + "\r\n",
      "GET /\xc3\xa9 HTTP/1.1\r\n" + host + "\r\n",
      "G@T /x HTTP/1.1\r\n" + host + "\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      // control characters
      get(host + "X-A: a\x01"
                 "b\r\n"),
      get(host + std::string("X-A: a\0b\r\n", 10)),
      get(host + "X-A: a\x7f\r\n"),
      // bodies where none belongs
      "GET /x HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\na",
      "DELETE /x HTTP/1.1\r\n" + host + chunked + "\r\n0\r\n\r\n",
  };
  for (const std::string& bytes : vectors) {
    INFO(bytes.substr(0, 200));
    CHECK(refusal(bytes) == 400);
  }
}

TEST_CASE("what is too long is refused before it is held", "[http][AP-03]") {
  CHECK(refusal("GET /" + std::string(target_bytes_max, 'a') + " HTTP/1.1\r\n" + host + "\r\n") == 414);
  CHECK(refusal("GET /" + std::string(1 << 14, 'a')) == 414);
  CHECK(read("GET /" + std::string(target_bytes_max - 1, 'a') + " HTTP/1.1\r\n" + host + "\r\n")
            .requests.size() == 1);
  CHECK(refusal(get(host + "X-A: " + std::string(head_bytes_max, 'a') + "\r\n")) == 431);
  std::string many = host;
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": a\r\n";
  CHECK(refusal(get(many)) == 431);
  CHECK(refusal(post("Content-Length: 101\r\n", "")) == 413);
  CHECK(refusal(post("Content-Length: 18446744073709551615\r\n", "")) == 413);
  CHECK(refusal(post("Transfer-Encoding: chunked\r\n", "65\r\n")) == 413);
  CHECK(read(post("Content-Length: 100\r\n", std::string(100, 'a'))).requests.size() == 1);
}

TEST_CASE("many tiny chunks with long extensions come to an end", "[http][AP-03]") {
  std::string body;
  for (int i = 0; i < 90; ++i) body += "1;x=" + std::string(200, 'y') + "\r\na\r\n";
  CHECK(refusal(post("Transfer-Encoding: chunked\r\n", body)) == 413);
}

TEST_CASE("a client that asks first is told to go on", "[http]") {
  RequestReader reader(body_max);
  reader.feed(post("Expect: 100-continue\r\nContent-Length: 2\r\n", ""));
  REQUIRE(reader.state() == State::Continue);
  reader.continue_sent();
  CHECK(reader.state() == State::Body);
  reader.feed("ab");
  REQUIRE(reader.state() == State::Ready);
  CHECK(reader.take().body == "ab");
  // One that does not wait, or sends too much, is treated like any other.
  CHECK(read(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab")).requests.size() == 1);
  CHECK(read(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab"), 1).requests.size() == 1);
  CHECK(refusal(post("Expect: 100-continue\r\nContent-Length: 200\r\n", "")) == 413);
  CHECK(refusal(post("Expect: 200-ok\r\nContent-Length: 2\r\n", "ab")) == 417);
}

}  // namespace
}  // namespace aval::node::http_reader_test
