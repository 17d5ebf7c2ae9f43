#include "node/client.h"

#include <catch2/catch.hpp>

#include "node/client_socket.h"
#include "node/http_deadlines.h"
#include "tests/unit/node/http_fake_backend.h"

namespace aval::node::client_test {
namespace {

using namespace std::chrono_literals;

struct Serving {
  explicit Serving(std::uint16_t port = 0, const HttpDeadlines& deadlines = {}) {
    HttpApi::Options options;
    options.port = port;
    auto started = start_http_api(backend, options, deadlines);
    REQUIRE(started);
    api = std::move(*started);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(api->port()); }
  FakeBackend backend;
  std::unique_ptr<HttpApi> api;
};

TEST_CASE("a url is http, a host and a port", "[client]") {
  CHECK(parse_http_url("http://127.0.0.1:7410")->host == "127.0.0.1");
  CHECK(parse_http_url("http://bank-a.example:80/")->port == "80");
  CHECK(parse_http_url("http://[::1]:7410")->host == "::1");
  CHECK(host_field(*parse_http_url("http://[::1]:7410")) == "[::1]:7410");
  for (const char* url :
       {"", "127.0.0.1:7410", "https://a:1", "http://a", "http://a:", "http://:1", "http://a:0",
        "http://a:65536", "http://a:1/x", "http://a:1x", "http://u@a:1", "http://a b:1", "http://a\r\n:1"}) {
    INFO(url);
    CHECK_FALSE(parse_http_url(url));
    CHECK_FALSE(HttpClient::open(url));
  }
}

TEST_CASE("the client asks, submits and reads problems", "[client]") {
  Serving serving;
  auto client = HttpClient::open(serving.url());
  REQUIRE(client);
  const auto alive = client->get("/livez");
  REQUIRE(alive);
  CHECK(alive->status == 200);
  CHECK(alive->content_type == "application/json");
  CHECK(alive->body == R"({"ok":true})");
  const auto submitted =
      client->post("/v1/tx", serving.backend.envelope("a").bytes, "application/x-protobuf");
  REQUIRE(submitted);
  CHECK(submitted->status == 202);
  const auto block = client->get("/v1/blocks/1", "application/x-protobuf");
  REQUIRE(block);
  CHECK(ledger::decode_certified_block(block->body));
  CHECK(client->get("/nowhere")->content_type == "application/problem+json");
  CHECK(client->url() == serving.url());
}

TEST_CASE("the reason of an early refusal arrives although the body was not read", "[client]") {
  Serving serving;
  auto client = HttpClient::open(serving.url());
  const auto refused = client->post("/v1/tx", Bytes(8U << 20U, 'x'), "application/x-protobuf");
  REQUIRE(refused);
  CHECK(refused->status == 413);
  CHECK(client->get("/livez")->status == 200);
}

TEST_CASE("a request cannot be split by what somebody typed", "[client]") {
  Serving serving;
  auto client = HttpClient::open(serving.url());
  for (const char* target : {"", "livez", "/livez HTTP/1.1\r\nX: y", "/a b", "/\n"}) {
    CHECK(client->get(target).error().code == Error::Code::Malformed);
    CHECK(client->post(target, "", "a/b").error().code == Error::Code::Malformed);
  }
}

TEST_CASE("a kept connection that was closed is opened again, once", "[client]") {
  HttpDeadlines deadlines;
  deadlines.idle = 100ms;
  auto serving = std::make_unique<Serving>(std::uint16_t{0}, deadlines);
  const std::uint16_t port = serving->api->port();
  auto client = HttpClient::open(serving->url(), 5s);
  CHECK(client->get("/livez"));
  serving.reset();
  serving = std::make_unique<Serving>(port);
  CHECK(client->get("/livez"));
}

TEST_CASE("a node that is not there is named with the cause", "[client]") {
  std::string url;
  {
    const Serving serving;
    url = serving.url();
  }
  auto client = HttpClient::open(url);
  const auto answer = client->get("/livez");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Error::Code::Unavailable);
  CHECK(answer.error().message == url + ": Connection refused");
}

TEST_CASE("a node that does not answer in time is left", "[client]") {
  Serving serving;
  serving.backend.on_submit = [](const Bytes&, std::chrono::milliseconds, const ApiBackend::Answer&) {};
  auto client = HttpClient::open(serving.url(), 200ms);
  const auto answer =
      client->post("/v1/tx?wait=10s", serving.backend.envelope("a").bytes, "application/x-protobuf");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Error::Code::Unavailable);
  CHECK(answer.error().message == serving.url() + ": no answer within 200 ms");
}

TEST_CASE("an open loop sends when due and measures from then", "[client]") {
  Serving one;
  Serving two;
  const ledger::Envelope envelope = one.backend.envelope("a");
  std::atomic<int> waits{0};
  for (Serving* serving : {&one, &two}) {
    serving->backend.on_submit = [&](const Bytes&, std::chrono::milliseconds wait,
                                     const ApiBackend::Answer& answer) {
      if (wait == 2s) ++waits;
      answer(FakeBackend::committed(envelope));
    };
  }
  LoadPlan plan;
  plan.urls = {one.url(), two.url()};
  plan.envelopes.assign(200, envelope.bytes);
  plan.rate_per_second = 2000;
  plan.connections = 4;
  plan.wait = 2s;
  const auto samples = run_load(plan);
  REQUIRE(samples);
  REQUIRE(samples->size() == 200);
  for (std::size_t i = 0; i < samples->size(); ++i) {
    const LoadSample& sample = (*samples)[i];
    CHECK(sample.due_us == i * 500);
    CHECK(sample.done_us > sample.due_us);
    CHECK(sample.http_status == 200);
    CHECK(sample.final);
    CHECK(sample.tx_status == 0);
  }
  CHECK(waits == 200);
  CHECK(one.backend.submits == 100);
  CHECK(two.backend.submits == 100);
}

TEST_CASE("a closed loop keeps every connection busy and no more", "[client]") {
  Serving serving;
  LoadPlan plan;
  plan.urls = {serving.url()};
  plan.envelopes.assign(100, "x");
  plan.rate_per_second = 0;
  plan.connections = 3;
  const auto samples = run_load(plan);
  REQUIRE(samples);
  for (const LoadSample& sample : *samples) {
    CHECK(sample.http_status == 202);
    CHECK_FALSE(sample.final);
  }
  CHECK(serving.backend.submits == 100);
}

TEST_CASE("a node that stalls is seen in what was due meanwhile", "[client]") {
  Serving serving;
  std::vector<ApiBackend::Answer> stalled;
  serving.backend.on_submit = [&](const Bytes&, std::chrono::milliseconds, ApiBackend::Answer answer) {
    stalled.push_back(std::move(answer));
    if (stalled.size() < 2) return;
    for (const auto& each : stalled) each(TxState{TxState::Kind::Pending, {}, {}});
    stalled.clear();
  };
  LoadPlan plan;  // two connections: the third request is due while both are taken
  plan.urls = {serving.url()};
  plan.envelopes.assign(6, "x");
  plan.rate_per_second = 20;
  plan.connections = 2;
  const auto samples = run_load(plan);
  REQUIRE(samples);
  for (std::size_t i = 0; i < 6; i += 2) {
    const LoadSample& first = (*samples)[i];  // waits for the second, which comes 50 ms later
    CHECK(first.done_us - first.due_us >= 49'000);
  }
}

TEST_CASE("a load without a node says which and why", "[client]") {
  LoadPlan plan;
  CHECK_FALSE(run_load(plan));
  plan.urls = {"http://127.0.0.1:1"};
  const auto samples = run_load(plan);
  REQUIRE_FALSE(samples);
  CHECK(samples.error().message.find("http://127.0.0.1:1") != std::string::npos);
}

TEST_CASE("requests that the node drops are counted as unanswered", "[client]") {
  auto serving = std::make_unique<Serving>();
  serving->backend.on_submit = [](const Bytes&, std::chrono::milliseconds, const ApiBackend::Answer& answer) {
    answer(TxState{TxState::Kind::Pending, {}, {}});
  };
  LoadPlan plan;
  plan.urls = {serving->url()};
  plan.envelopes.assign(30, Bytes(1U << 20U, 'x'));  // refused and closed each time
  plan.rate_per_second = 1000;
  plan.connections = 2;
  const auto samples = run_load(plan);
  REQUIRE(samples);
  for (const LoadSample& sample : *samples) CHECK((sample.http_status == 413 || sample.http_status == 0));
}

}  // namespace
}  // namespace aval::node::client_test
