#include "node/http_reader.h"

#include <algorithm>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "node/chunked_body.h"
#include "node/http_head.h"
#include "node/problem.h"

namespace aval::node {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;
using ErrorCode = boost::system::error_code;

constexpr std::size_t chunk_line_bytes_max = 1024;

std::string_view view(boost::string_view text) { return {text.data(), text.size()}; }

std::string_view field(const Parser& parser, http::field name) { return view(parser.get()[name]); }

bool takes_body(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

/// The parser also takes lists of one number repeated.
bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_origin_form(std::string_view target) {
  const auto is_graphic = [](char c) { return c > 0x20 && c < 0x7F && c != '#'; };
  return target.starts_with('/') && std::all_of(target.begin(), target.end(), is_graphic);
}

/// What is wrong with a head that the parser found well-formed; nothing when it can be served.
std::optional<HttpResponse> judge(const Parser& parser) {
  const auto& head = parser.get();
  const auto malformed = [](std::string_view why) { return problem(Problem::Malformed, why); };
  if (head.version() != 11) return malformed("only HTTP/1.1 is spoken here");
  if (view(head.target()).size() > target_bytes_max) {
    return problem(Problem::UriTooLong, "the request target is longer than 2048 bytes");
  }
  if (!is_origin_form(view(head.target()))) return malformed("the request target must be a path");
  if (head.count(http::field::host) != 1 || !is_sane_host(field(parser, http::field::host))) {
    return malformed("exactly one sound Host is needed");
  }
  const std::size_t lengths = head.count(http::field::content_length);
  const std::size_t codings = head.count(http::field::transfer_encoding);
  if (lengths > 1 || !is_number(field(parser, http::field::content_length))) {
    return malformed("Content-Length must be one number");
  }
  if (codings > 0 && lengths > 0) return malformed("Content-Length and Transfer-Encoding exclude each other");
  if (codings > 1 ||
      (codings == 1 && !boost::beast::iequals(head[http::field::transfer_encoding], "chunked"))) {
    return malformed("chunked is the only transfer coding");
  }
  const bool has_body = codings == 1 || parser.content_length().value_or(0) > 0;
  if (has_body && !takes_body(view(head.method_string()))) return malformed("this method takes no body");
  const auto expect = head[http::field::expect];
  if (!expect.empty() && !boost::beast::iequals(expect, "100-continue")) {
    return problem(Problem::ExpectationFailed, "only 100-continue can be expected");
  }
  return std::nullopt;
}

HttpRequest request_of(const Parser& parser) {
  const auto& head = parser.get();
  HttpRequest request;
  request.method = view(head.method_string());
  request.target = view(head.target());
  request.content_type = field(parser, http::field::content_type);
  request.accept = field(parser, http::field::accept);
  const std::string_view id = view(head["X-Request-Id"]);
  if (is_sane_request_id(id)) request.request_id = id;
  request.keep_alive = head.keep_alive();
  return request;
}

HttpResponse framing_refusal(const ErrorCode& error) {
  if (error == http::error::body_limit)
    return problem(Problem::TooLarge, "the body is longer than this node takes");
  if (error == http::error::header_limit) return problem(Problem::HeaderTooLarge, "the head is too long");
  return problem(Problem::Malformed, "the framing of the request is broken");
}

}  // namespace

struct RequestReader::Impl {
  explicit Impl(std::size_t limit) : body_bytes_max(limit) { next(); }

  void next() {
    state = State::Idle;
    scanner = HeadScanner();
    body_wire_bytes = 0;
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(head_bytes_max));
    parser->body_limit(body_bytes_max);
  }

  void refuse(HttpResponse response) {
    state = State::Refused;
    refusal = std::move(response);
    buffer.clear();
  }

  void advance() {
    if (state == State::Idle || state == State::Head) read_head();
    if (state == State::Body) read_body();
  }

  void read_head() {
    if (buffer.empty()) return;
    state = State::Head;
    if (!scanner.scan(buffer)) return;
    if (scanner.refusal()) return refuse(*scanner.refusal());
    ErrorCode error;
    parser->eager(false);
    const std::size_t used = parser->put(boost::asio::buffer(buffer.data(), scanner.size()), error);
    if (error) return refuse(framing_refusal(error));
    if (used != scanner.size() || !parser->is_header_done()) {
      return refuse(problem(Problem::Malformed, "the framing of the request is broken"));
    }
    buffer.erase(0, used);
    if (auto why = judge(*parser)) return refuse(std::move(*why));
    request = request_of(*parser);
    parser->eager(true);
    const bool waits = !parser->is_done() && buffer.empty() && !parser->get()[http::field::expect].empty();
    state = parser->is_done() ? State::Ready : waits ? State::Continue : State::Body;
  }

  void read_body() {
    if (needs_more_of_chunk(*parser, buffer)) return;
    ErrorCode error;
    const std::size_t used =
        buffer.empty() ? 0 : parser->put(boost::asio::buffer(buffer.data(), buffer.size()), error);
    if (error && error != http::error::need_more) return refuse(framing_refusal(error));
    buffer.erase(0, used);
    body_wire_bytes += used;
    if (parser->is_done()) {
      request.body = std::move(parser->get().body());
      state = State::Ready;
      return;
    }
    // Chunks may be split finely, but not to make a small body an endless stream.
    if (buffer.size() > chunk_line_bytes_max)
      return refuse(problem(Problem::Malformed, "a chunk line is too long"));
    if (body_wire_bytes > 8 * body_bytes_max + chunk_line_bytes_max) {
      refuse(problem(Problem::TooLarge, "the chunks carry too little for their number"));
    }
  }

  std::size_t body_bytes_max;
  State state = State::Idle;
  std::string buffer;  // received, not consumed
  HeadScanner scanner;
  std::optional<Parser> parser;
  std::size_t body_wire_bytes = 0;
  HttpRequest request;
  HttpResponse refusal;
};

RequestReader::RequestReader(std::size_t body_bytes_max) : impl_(std::make_unique<Impl>(body_bytes_max)) {}
RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::state() const { return impl_->state; }

void RequestReader::feed(ByteView bytes) {
  AVAL_CHECK(impl_->state != State::Ready);
  AVAL_CHECK(impl_->state != State::Refused);
  if (impl_->state == State::Continue) impl_->state = State::Body;  // it did not wait after all
  impl_->buffer.append(bytes);
  impl_->advance();
}

void RequestReader::continue_sent() {
  AVAL_CHECK(impl_->state == State::Continue);
  impl_->state = State::Body;
}

HttpRequest RequestReader::take() {
  AVAL_CHECK(impl_->state == State::Ready);
  HttpRequest request = std::move(impl_->request);
  impl_->next();
  impl_->advance();
  return request;
}

const HttpResponse& RequestReader::refusal() const {
  AVAL_CHECK(impl_->state == State::Refused);
  return impl_->refusal;
}

}  // namespace aval::node
