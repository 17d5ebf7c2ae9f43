#pragma once

#include <chrono>

#include "node/http_api.h"

namespace aval::node {

/// How long each part of an exchange may take.
struct HttpDeadlines {
  using Span = std::chrono::milliseconds;
  Span head = std::chrono::seconds(5);  // from its first byte; on a new connection, from the start
  Span body = std::chrono::seconds(10);
  Span idle = std::chrono::seconds(60);   // between two requests
  Span write = std::chrono::seconds(10);  // of an answer, to a client that does not read
  Span drain = std::chrono::seconds(1);   // reading on after the last answer, so that it is not lost
};

/// HttpApi::start() with other deadlines, for tests.
Result<std::unique_ptr<HttpApi>> start_http_api(ApiBackend& backend, const HttpApi::Options& options,
                                                const HttpDeadlines& deadlines);

}  // namespace aval::node
