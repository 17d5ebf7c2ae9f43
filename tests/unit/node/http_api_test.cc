#include "node/http_api.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>

#include "node/client.h"
#include "node/http_connection.h"
#include "node/http_deadlines.h"
#include "tests/unit/node/http_fake_backend.h"
#include "tests/unit/node/http_test_socket.h"

namespace aval::node::http_api_test {
namespace {

using namespace std::chrono_literals;

const std::string get_livez = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(const std::string& target, const Bytes& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Serving {
  explicit Serving(const HttpApi::Options& options = {}, const HttpDeadlines& deadlines = {}) {
    auto started = start_http_api(backend, options, deadlines);
    REQUIRE(started);
    api = std::move(*started);
  }
  TestSocket connect() const { return TestSocket(api->port()); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(api->port()); }

  FakeBackend backend;
  std::unique_ptr<HttpApi> api;
};

/// Keeps the answers that submits wait for, until the test gives them.
class Held {
 public:
  void keep(ApiBackend::Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    changed_.notify_all();
  }
  std::vector<ApiBackend::Answer> take(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [&] { return answers_.size() >= count; });
    return std::exchange(answers_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ApiBackend::Answer> answers_;
};

TEST_CASE("an address that is taken is named", "[http]") {
  const Serving serving;
  FakeBackend other;
  const auto second = HttpApi::start(other, {"127.0.0.1", serving.api->port(), 1, 1});
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("127.0.0.1:" + std::to_string(serving.api->port())) != std::string::npos);
}

TEST_CASE("one connection carries many requests, also sent ahead", "[http]") {
  const Serving serving;
  TestSocket client = serving.connect();
  std::string ahead;
  for (int i = 0; i < 50; ++i) ahead += get_livez;
  REQUIRE(client.send(ahead));
  for (int i = 0; i < 50; ++i) {
    const std::string answer = client.answer();
    REQUIRE(status_of(answer) == 200);
    CHECK(answer.ends_with("\r\n\r\n{\"ok\":true}"));
  }
}

TEST_CASE("answers carry their framing and nothing that was not asked for", "[http]") {
  const Serving serving;
  TestSocket client = serving.connect();
  REQUIRE(client.send("GET /livez HTTP/1.1\r\nHost: a\r\nOrigin: http://evil\r\nX-Request-Id: r-7\r\n\r\n"));
  const std::string answer = client.answer();
  CHECK(answer.find("\r\nContent-Length: 11\r\n") != std::string::npos);
  CHECK(answer.find("\r\nDate: ") != std::string::npos);
  CHECK(answer.find("\r\nX-Request-Id: r-7\r\n") != std::string::npos);
  CHECK(answer.find("Access-Control") == std::string::npos);
  CHECK(answer.find("Server:") == std::string::npos);
}

TEST_CASE("who was refused last waits apart from the others, until something of it is taken", "[http][CL-05]") {
  Serving serving;
  serving.backend.on_submit = [](Bytes envelope, std::chrono::milliseconds, const ApiBackend::Answer& answer) {
    if (envelope == "bad") return answer(unexpected(Error::Code::Refused, "bad"));
    if (envelope == "full") return answer(unexpected(Error::Code::Unavailable, "full"));
    answer(TxState{TxState::Kind::Pending, {}, {}});
  };
  TestSocket client = serving.connect();
  const auto queue_for = [&](TestSocket& from, const Bytes& envelope) {
    REQUIRE(from.send(post("/v1/tx", envelope)));
    REQUIRE(!from.answer().empty());
    return serving.backend.last_queue.load();
  };
  CHECK(queue_for(client, "full") == ApiBackend::ClientQueue::Ordinary);
  CHECK(queue_for(client, "bad") == ApiBackend::ClientQueue::Ordinary);
  CHECK(queue_for(client, "bad") == ApiBackend::ClientQueue::Refused);
  TestSocket other = serving.connect();
  CHECK(queue_for(other, "good") == ApiBackend::ClientQueue::Ordinary);
  CHECK(queue_for(client, "good") == ApiBackend::ClientQueue::Refused);
  CHECK(queue_for(client, "good") == ApiBackend::ClientQueue::Ordinary);
}

TEST_CASE("HEAD has the length but not the body", "[http]") {
  const Serving serving;
  TestSocket client = serving.connect();
  REQUIRE(client.send("HEAD /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const std::string answer = client.answer();
  CHECK(answer.find("\r\nContent-Length: 11\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
  CHECK(client.is_closed());
}

TEST_CASE("oversize is answered and the connection closed before it is read", "[http][AP-03]") {
  const Serving serving;
  const auto expect = [&](const std::string& bytes, unsigned status) {
    TestSocket client = serving.connect();
    client.send(bytes);
    CHECK(status_of(client.answer()) == status);
    CHECK(client.is_closed());
  };
  expect("GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": a\r\n";
  expect(many + "\r\n", 431);
  expect(post("/v1/tx", Bytes(1 << 20, 'a')), 413);
  expect("POST /v1/tx HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", 413);
  CHECK(serving.backend.submits == 0);
}

TEST_CASE("ambiguous framing is answered with 400 and the connection closed", "[http][AP-04]") {
  const Serving serving;
  for (const char* bytes : {
           "POST /v1/tx HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
           "chunked\r\n\r\n0\r\n\r\n",
           "POST /v1/tx HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
           "POST /v1/tx HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
           "GET /livez HTTP/1.1\nHost: a\n\n",
           "GET /livez HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
           "GET /livez HTTP/1.1\r\n\r\n",
       }) {
    INFO(bytes);
    TestSocket client = serving.connect();
    // What follows the broken request must not be taken for another one.
    client.send(bytes + get_livez);
    CHECK(status_of(client.answer()) == 400);
    CHECK(client.is_closed());
  }
  CHECK(serving.backend.submits == 0);
}

TEST_CASE("a head or a body that trickles in meets its deadline", "[http]") {
  HttpDeadlines deadlines;
  deadlines.head = deadlines.body = deadlines.idle = 500ms;
  const Serving serving({}, deadlines);
  TestSocket idle = serving.connect();
  idle.send(get_livez);
  CHECK(status_of(idle.answer()) == 200);
  TestSocket silent = serving.connect();
  TestSocket slow_head = serving.connect();
  TestSocket slow_body = serving.connect();
  slow_head.send("GET /livez HT");
  slow_body.send("POST /v1/tx HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  CHECK(status_of(slow_head.answer()) == 408);
  CHECK(slow_head.is_closed());
  CHECK(status_of(slow_body.answer()) == 408);
  CHECK(slow_body.is_closed());
  CHECK(silent.answer().empty());
  CHECK(silent.is_closed());
  CHECK(idle.answer().empty());
  CHECK(idle.is_closed());
}

TEST_CASE("beyond the cap a client is told to come back", "[http]") {
  HttpApi::Options options;
  options.connections_max = 2;
  const Serving serving(options);
  TestSocket first = serving.connect();
  TestSocket second = serving.connect();
  first.send(get_livez);
  CHECK(status_of(first.answer()) == 200);
  second.send(get_livez);
  CHECK(status_of(second.answer()) == 200);
  TestSocket third = serving.connect();
  third.send(get_livez);
  const std::string answer = third.answer();
  CHECK(status_of(answer) == 503);
  CHECK(answer.find("\r\nRetry-After: 1\r\n") != std::string::npos);
  CHECK(answer.find("too_many_connections") != std::string::npos);
  CHECK(third.is_closed());
  first.send(get_livez);
  CHECK(status_of(first.answer()) == 200);
}

TEST_CASE("CL-05 a client that asks faster than it may is answered, but later, over all its connections", "[http]") {
  HttpApi::Options options;
  options.requests_per_second = 20;
  const Serving serving(options);
  const auto begun = std::chrono::steady_clock::now();
  std::vector<TestSocket> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(serving.connect());
  for (int i = 0; i < 8; ++i) {
    for (TestSocket& client : clients) client.send(get_livez);
    for (TestSocket& client : clients) CHECK(status_of(client.answer()) == 200);
  }
  // Forty requests, twenty of them at once.
  CHECK(std::chrono::steady_clock::now() - begun >= 900ms);
}

TEST_CASE("CL-05 a client is an IPv4 address, or all addresses of an IPv6 site", "[http]") {
  const auto client = [](const char* address) { return client_at(boost::asio::ip::make_address(address)); };
  CHECK(client("192.0.2.1") != client("192.0.2.2"));
  CHECK(client("::ffff:192.0.2.1") == client("192.0.2.1"));
  CHECK(client("2001:db8:1:2::1") == client("2001:db8:1:2:ffff::9"));
  CHECK(client("2001:db8:1:2::1") != client("2001:db8:1:3::1"));
}

TEST_CASE("CL-05 requests sent ahead are counted like others", "[http]") {
  HttpApi::Options options;
  options.requests_per_second = 20;
  const Serving serving(options);
  TestSocket client = serving.connect();
  const auto begun = std::chrono::steady_clock::now();
  Bytes ahead;
  for (int i = 0; i < 40; ++i) ahead += get_livez;
  client.send(ahead);
  for (int i = 0; i < 40; ++i) CHECK(status_of(client.answer()) == 200);
  CHECK(std::chrono::steady_clock::now() - begun >= 900ms);
}

TEST_CASE("CL-05 beyond the cap a client that has asked too fast is hung up on without a word", "[http]") {
  HttpApi::Options options;
  options.connections_max = 1;
  options.requests_per_second = 1;
  const Serving serving(options);
  TestSocket first = serving.connect();
  for (int i = 0; i < 2; ++i) first.send(get_livez);
  for (int i = 0; i < 2; ++i) CHECK(status_of(first.answer()) == 200);
  TestSocket second = serving.connect();
  second.send(get_livez);
  CHECK(second.answer().empty());
  CHECK(second.is_closed());
}

TEST_CASE("a client that is held back is let go when the node stops", "[http]") {
  HttpApi::Options options;
  options.requests_per_second = 1;
  Serving serving(options);
  TestSocket client = serving.connect();
  for (int i = 0; i < 3; ++i) client.send(get_livez);
  for (int i = 0; i < 2; ++i) CHECK(status_of(client.answer()) == 200);
  serving.api->stop();
  CHECK(client.answer().empty());
  CHECK(client.is_closed());
}

TEST_CASE("many waiting submits hold no thread, and each gets its own answer", "[http]") {
  Serving serving;
  Held held;
  std::atomic<int> waits{0};
  serving.backend.on_submit = [&](const Bytes& bytes, std::chrono::milliseconds wait,
                                  ApiBackend::Answer answer) {
    if (wait == 10s) ++waits;
    held.keep([answer = std::move(answer), bytes](Result<TxState> state) {
      state->receipt.tx_id = crypto::sha256(bytes);
      answer(std::move(state));
    });
  };
  constexpr std::size_t count = 100;
  std::vector<TestSocket> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(serving.connect());
    REQUIRE(clients.back().send(post("/v1/tx?wait=10s", "envelope " + std::to_string(i))));
  }
  auto answers = held.take(count);
  REQUIRE(answers.size() == count);
  CHECK(waits == count);
  TestSocket bystander = serving.connect();
  bystander.send(get_livez);
  CHECK(status_of(bystander.answer()) == 200);
  std::thread node([&] {  // any thread may answer
    for (const auto& answer : answers) answer(TxState{TxState::Kind::Committed, ledger::Height{3}, {}});
  });
  for (std::size_t i = 0; i < count; ++i) {
    const std::string answer = clients[i].answer();
    CHECK(status_of(answer) == 200);
    CHECK(answer.find(crypto::sha256("envelope " + std::to_string(i)).hex()) != std::string::npos);
  }
  node.join();
}

TEST_CASE("the same bytes sent a hundred times get one answer", "[http][AP-09]") {
  Serving serving;
  const ledger::Envelope envelope = serving.backend.envelope("once");
  serving.backend.on_submit = [&](const Bytes& bytes, std::chrono::milliseconds,
                                  const ApiBackend::Answer& answer) {
    if (bytes == envelope.bytes) return answer(FakeBackend::committed(envelope));
    answer(unexpected(Error::Code::Conflict, "client reference: names other bytes"));
  };
  std::vector<TestSocket> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(serving.connect());
    REQUIRE(clients.back().send(post("/v1/tx?wait=10s", envelope.bytes)));
  }
  const auto without_date = [](std::string answer) {
    const std::size_t at = answer.find("Date: ");
    return answer.erase(at, answer.find("\r\n", at) - at);
  };
  const std::string first = without_date(clients.front().answer());
  CHECK(status_of(first) == 200);
  for (std::size_t i = 1; i < clients.size(); ++i) CHECK(without_date(clients[i].answer()) == first);
  TestSocket other = serving.connect();
  other.send(post("/v1/tx", "other bytes"));
  CHECK(status_of(other.answer()) == 409);
}

TEST_CASE("stopping answers the waiting with pending and outlives late outcomes", "[http]") {
  Serving serving;
  Held held;
  serving.backend.on_submit = [&](const Bytes&, std::chrono::milliseconds, ApiBackend::Answer answer) {
    held.keep(std::move(answer));
  };
  TestSocket waiting = serving.connect();
  TestSocket idle = serving.connect();
  waiting.send(post("/v1/tx?wait=60s", serving.backend.envelope("x").bytes));
  idle.send(get_livez);
  CHECK(status_of(idle.answer()) == 200);
  auto answers = held.take(1);
  REQUIRE(answers.size() == 1);
  std::thread stopping([&] { serving.api->stop(); });
  const std::string answer = waiting.answer();
  CHECK(status_of(answer) == 202);
  CHECK(answer.find("\"state\":\"pending\"") != std::string::npos);
  CHECK(waiting.is_closed());
  CHECK(idle.is_closed());
  stopping.join();
  answers.front()(TxState{TxState::Kind::Committed, ledger::Height{1}, {}});
  serving.api.reset();
  answers.front()(TxState{TxState::Kind::Committed, ledger::Height{1}, {}});
}

TEST_CASE("a client that goes away while it waits harms nobody", "[http][AP-10]") {
  Serving serving;
  Held held;
  serving.backend.on_submit = [&](const Bytes&, std::chrono::milliseconds, ApiBackend::Answer answer) {
    held.keep(std::move(answer));
  };
  const Bytes request = post("/v1/tx?wait=10s", serving.backend.envelope("x").bytes);
  for (std::size_t cut = 0; cut <= request.size(); cut += 7) serving.connect().send(request.substr(0, cut));
  serving.connect().send(request);
  for (const auto& answer : held.take(1)) answer(TxState{TxState::Kind::Committed, ledger::Height{1}, {}});
  CHECK(serving.backend.submits == 1);
  TestSocket next = serving.connect();
  next.send(get_livez);
  CHECK(status_of(next.answer()) == 200);
}

TEST_CASE("several threads serve one port", "[http]") {
  HttpApi::Options options;
  options.threads = 3;
  const Serving serving(options);
  std::vector<TestSocket> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(serving.connect());
    REQUIRE(clients.back().send(get_livez));
  }
  for (TestSocket& client : clients) CHECK(status_of(client.answer()) == 200);
}

TEST_CASE("a client that asks before it sends is told to go on", "[http]") {
  const Serving serving;
  TestSocket client = serving.connect();
  client.send(
      "POST /v1/tx HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n");
  CHECK(client.answer() == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ab");
  CHECK(status_of(client.answer()) == 202);
}

}  // namespace
}  // namespace aval::node::http_api_test
