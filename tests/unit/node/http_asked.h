#pragma once

#include <optional>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "node/http_routes.h"
#include "node/strict_json.h"
#include "tests/unit/node/http_fake_backend.h"

namespace aval::node {

using nlohmann::json;

/// The calls of the API on a backend of the test, without a connection.
struct Api {
  FakeBackend backend;
  Routes routes{backend};
  std::optional<Result<TxState>> outcome;

  /// The answer to a request; a submit is answered with its outcome, which is here already.
  HttpResponse call(HttpRequest request) {
    outcome.reset();
    auto handled =
        routes.handle(std::move(request), [&](Result<TxState> result) { outcome = std::move(result); });
    if (auto* response = std::get_if<HttpResponse>(&handled)) return *response;
    REQUIRE(outcome);
    return routes.answer(std::get<Routes::Waiting>(handled), *outcome);
  }
  HttpResponse get(const std::string& target, const std::string& accept = "") {
    HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.accept = accept;
    return call(request);
  }
  HttpResponse post(const std::string& target, const std::string& type, const Bytes& body) {
    HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.content_type = type;
    request.body = body;
    return call(request);
  }
  HttpResponse submit(const Bytes& envelope, const std::string& query = "") {
    return post("/v1/tx" + query, "application/x-protobuf", envelope);
  }
};

inline json body_of(const HttpResponse& response) {
  JsonLimits limits;
  limits.string_bytes_max = 1U << 20U;
  const auto parsed = parse_strict_json(response.body, limits);
  REQUIRE(parsed);
  return *parsed;
}

/// A problem document, whole and consistent.
inline bool is_problem(const HttpResponse& response, unsigned status, const std::string& code) {
  const json body = body_of(response);
  return response.content_type == "application/problem+json" && response.status == status &&
         body["status"] == status && body["code"] == code && body["type"] == "urn:aval:problem:" + code &&
         body["title"].is_string() && body["detail"].is_string() && body.contains("retry");
}

}  // namespace aval::node
