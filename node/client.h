#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/bytes.h"

namespace aval::node {

struct HttpAnswer {
  unsigned status = 0;
  std::string content_type;
  Bytes body;
};

/// The calling end of the API: one blocking keep-alive connection. Not thread-safe.
class HttpClient {
 public:
  /// `url` such as "http://127.0.0.1:7410". Connects lazily; reconnects once when the peer closed.
  static Result<HttpClient> open(const std::string& url,
                                 std::chrono::milliseconds timeout = std::chrono::seconds(30));
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();
  /// Unavailable when the node cannot be reached or does not answer in time, naming url and cause.
  Result<HttpAnswer> get(const std::string& target, const std::string& accept = "application/json");
  Result<HttpAnswer> post(const std::string& target, ByteView body, const std::string& content_type);
  const std::string& url() const;

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// One request of an open-loop load: when it was due, sent and answered (microseconds from start).
struct LoadSample {
  std::uint64_t due_us = 0;
  std::uint64_t done_us = 0;
  unsigned http_status = 0;   // 0: no answer
  std::uint32_t tx_status = 0;  // status in the answer when final
  bool final = false;
};

struct LoadPlan {
  std::vector<std::string> urls;   // envelopes go round robin
  std::vector<Bytes> envelopes;    // pre-signed
  double rate_per_second = 100;    // open loop: sent when due, whatever came back before; 0: closed loop, as fast as answered
  std::size_t connections = 64;    // per url
  std::chrono::milliseconds wait{10000};
};

/// Sends every envelope with ?wait and measures from the moment it was due, not sent (no coordinated
/// omission). Runs on the calling thread; samples in the order of plan.envelopes.
Result<std::vector<LoadSample>> run_load(const LoadPlan& plan);

}  // namespace aval::node
