#include "node/client.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "node/chunked_body.h"
#include "node/client_socket.h"

namespace aval::node {
namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using Parser = http::response_parser<http::string_body>;
using Outcome = ClientSocket::Moved::Outcome;

constexpr std::uint64_t answer_bytes_max = 64U << 20U;
constexpr std::size_t answer_head_bytes_max = 32 * 1024;

/// Anything else would let an id that somebody typed start a second request.
Result<void> check_target(std::string_view target) {
  const bool is_sound = target.starts_with('/') && std::all_of(target.begin(), target.end(),
                                                               [](char c) { return c > 0x20 && c < 0x7F; });
  if (is_sound) return {};
  return unexpected(Error::Code::Malformed,
                    "request: a target is a path of printable characters without spaces");
}

}  // namespace

struct HttpClient::Impl {
  Impl(HttpUrl where, std::chrono::milliseconds limit) : url(std::move(where)), timeout(limit) {}

  unexpected failed(const std::string& cause) {
    socket.close();
    return unexpected(Error::Code::Unavailable, url.text + ": " + cause);
  }
  unexpected too_slow() { return failed(fmt::format("no answer within {} ms", timeout.count())); }
  unexpected broken(int error) { return failed(std::generic_category().message(error)); }
  /// The peer no longer reads; it may still have said why, so the socket stays open.
  unexpected refused_to_read(int error) const {
    return unexpected(Error::Code::Unavailable, url.text + ": " + std::generic_category().message(error));
  }

  /// False when the deadline came first.
  bool wait_for(short events) const {
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      pollfd entry{socket.fd(), events, 0};
      const int ready = ::poll(&entry, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready == 0) return false;
    }
  }

  Result<void> connect() {
    AVAL_ASSIGN(const auto addresses, resolve(url));
    std::string cause;
    for (const SocketAddress& address : addresses) {
      auto begun = ClientSocket::begin(address);
      if (!begun) {
        cause = begun.error().message;
        continue;
      }
      socket = std::move(*begun);
      if (!wait_for(POLLOUT)) return too_slow();
      cause = socket.connect_error();
      if (cause.empty()) return {};
    }
    return failed(cause);
  }

  Result<void> send(ByteView bytes) {
    while (!bytes.empty()) {
      const auto moved = socket.send(bytes);
      if (moved.outcome == Outcome::Failed) return refused_to_read(moved.error);
      if (moved.outcome == Outcome::WouldBlock && !wait_for(POLLOUT)) return too_slow();
      bytes.remove_prefix(moved.bytes);
    }
    return {};
  }

  /// Reads one answer. `silent` tells whether the peer closed before it said anything.
  Result<HttpAnswer> receive(bool& silent) {
    Parser parser;
    parser.header_limit(answer_head_bytes_max);
    parser.body_limit(answer_bytes_max);
    parser.eager(true);
    std::string buffer;
    std::array<char, 16384> chunk;
    while (!parser.is_done()) {
      const auto moved = socket.receive(chunk.data(), chunk.size());
      if (moved.outcome == Outcome::WouldBlock) {
        if (!wait_for(POLLIN)) return too_slow();
        continue;
      }
      const bool closed = moved.outcome == Outcome::Failed || moved.bytes == 0;
      if (closed) {
        silent = buffer.empty() && !parser.got_some();
        return moved.outcome == Outcome::Failed ? broken(moved.error)
                                                : failed("closed the connection mid-answer");
      }
      buffer.append(chunk.data(), moved.bytes);
      if (needs_more_of_chunk(parser, buffer)) continue;
      boost::system::error_code error;
      buffer.erase(0, parser.put(boost::asio::buffer(buffer.data(), buffer.size()), error));
      if (error && error != http::error::need_more) return failed("answered something that is not HTTP");
    }
    return taken(parser);
  }

  HttpAnswer taken(Parser& parser) {
    auto& message = parser.get();
    if (!message.keep_alive()) socket.close();
    const auto type = message[http::field::content_type];
    return {message.result_int(), std::string(type.data(), type.size()), std::move(message.body())};
  }

  Result<HttpAnswer> attempt(ByteView request, bool& silent) {
    silent = false;
    if (!socket.is_open()) AVAL_TRY(connect());
    const auto sent = send(request);
    if (!sent && !socket.is_open()) return unexpected(sent.error());
    auto answer = receive(silent);
    if (answer || sent) return answer;
    silent = true;
    return unexpected(sent.error());
  }

  Result<HttpAnswer> exchange(ByteView request) {
    deadline = Clock::now() + timeout;
    const bool reused = socket.is_open();
    bool silent = false;
    auto answer = attempt(request, silent);
    // A kept connection may have been closed meanwhile. Asking again is safe: every call of the API may
    // be repeated with the same bytes.
    if (!answer && silent && reused && Clock::now() < deadline) return attempt(request, silent);
    return answer;
  }

  HttpUrl url;
  std::chrono::milliseconds timeout;
  Clock::time_point deadline;
  ClientSocket socket;
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::open(const std::string& url, std::chrono::milliseconds timeout) {
  AVAL_ASSIGN(HttpUrl parsed, parse_http_url(url));
  return HttpClient(std::make_unique<Impl>(std::move(parsed), timeout));
}

Result<HttpAnswer> HttpClient::get(const std::string& target, const std::string& accept) {
  AVAL_TRY(check_target(target));
  return impl_->exchange(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: {}\r\n\r\n", target,
                                     host_field(impl_->url), accept));
}

Result<HttpAnswer> HttpClient::post(const std::string& target, ByteView body,
                                    const std::string& content_type) {
  AVAL_TRY(check_target(target));
  std::string request = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nContent-Type: {}\r\nContent-Length: "
      "{}\r\n\r\n",
      target, host_field(impl_->url), content_type, body.size());
  request.append(body);
  return impl_->exchange(request);
}

const std::string& HttpClient::url() const { return impl_->url.text; }

}  // namespace aval::node
