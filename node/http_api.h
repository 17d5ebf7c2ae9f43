#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "node/api_backend.h"

namespace aval::node {

/// The HTTP API (node/API.md): a Beast server with its own threads. Limits: header 8 KiB, body from the
/// parameters, deadlines for header, body and idle, a cap on connections.
class HttpApi {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::size_t connections_max = 512;
    unsigned threads = 1;
    std::uint64_t requests_per_second = 2'000;  // of one client; faster ones are read later
  };
  /// Binds and starts serving. Refused when the address cannot be had, naming it.
  static Result<std::unique_ptr<HttpApi>> start(ApiBackend& backend, Options options);
  virtual ~HttpApi() = default;
  virtual std::uint16_t port() const = 0;
  /// Stops accepting, answers what is under way (waiting submits with Pending), and joins its threads.
  virtual void stop() = 0;
};

}  // namespace aval::node
