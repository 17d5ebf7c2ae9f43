#include "node/problem.h"

#include <iterator>

#include <fmt/format.h>

#include "node/json_view.h"

namespace aval::node {
namespace {

constexpr unsigned retry_never = 0;
constexpr unsigned retry_after_s = 1;

struct Kind {
  unsigned status;
  std::string_view code;
  std::string_view title;
  unsigned retry_s;         // seconds after which the same may succeed, or retry_never
  bool same_bytes = false;  // the same bytes may be sent again at once
};

Kind kind_of(Problem problem) {
  switch (problem) {
    case Problem::Malformed:
      return {400, "malformed", "The request is not well-formed", retry_never};
    case Problem::Refused:
      return {403, "refused", "The request is refused", retry_never};
    case Problem::NotFound:
      return {404, "not_found", "There is nothing here", retry_never};
    case Problem::NotFinal:
      return {404, "not_final", "There is no final result yet", retry_after_s};
    case Problem::MethodNotAllowed:
      return {405, "method_not_allowed", "Another method is needed", retry_never};
    case Problem::Timeout:
      return {408, "timeout", "The request did not arrive in time", retry_never, true};
    case Problem::Conflict:
      return {409, "client_ref_reused", "The client reference names other bytes", retry_never};
    case Problem::Expired:
      return {410, "expired", "The transaction can no longer be included", retry_never};
    case Problem::TooLarge:
      return {413, "too_large", "The body is too large", retry_never};
    case Problem::UriTooLong:
      return {414, "uri_too_long", "The request target is too long", retry_never};
    case Problem::UnsupportedMediaType:
      return {415, "unsupported_media_type", "The body has another media type than this call takes",
              retry_never};
    case Problem::ExpectationFailed:
      return {417, "expectation_failed", "Only 100-continue can be expected", retry_never};
    case Problem::QuotaUsed:
      return {429, "quota", "The member has its share of this node in use", retry_after_s, true};
    case Problem::HeaderTooLarge:
      return {431, "header_too_large", "The header is too large", retry_never};
    case Problem::Unavailable:
      return {503, "unavailable", "The node cannot do this now", retry_after_s, true};
    case Problem::TooManyConnections:
      return {503, "too_many_connections", "The node has too many connections", retry_after_s, true};
  }
  AVAL_CHECK(false);
}

std::string retry_text(const Kind& kind) {
  if (kind.retry_s != retry_never) return std::to_string(kind.retry_s);
  return kind.same_bytes ? "\"same_bytes\"" : "\"never\"";
}

Problem kind_of(Error::Code code) {
  switch (code) {
    case Error::Code::Malformed:
      return Problem::Malformed;
    case Error::Code::NotFound:
      return Problem::NotFound;
    case Error::Code::Refused:
      return Problem::Refused;
    case Error::Code::Conflict:
      return Problem::Conflict;
    case Error::Code::Expired:
      return Problem::Expired;
    case Error::Code::Quota:
      return Problem::QuotaUsed;
    case Error::Code::Unavailable:
    case Error::Code::Io:
    case Error::Code::Corrupt:
      return Problem::Unavailable;
  }
  AVAL_CHECK(false);
}

}  // namespace

HttpResponse problem(Problem which, std::string_view detail) {
  const Kind kind = kind_of(which);
  HttpResponse response;
  response.status = kind.status;
  response.content_type = "application/problem+json";
  response.retry_after_s = kind.retry_s;
  fmt::format_to(std::back_inserter(response.body),
                 R"({{"type":"urn:aval:problem:{}","title":"{}","status":{},"detail":)", kind.code,
                 kind.title, kind.status);
  append_json_string(response.body, detail);
  fmt::format_to(std::back_inserter(response.body), R"(,"code":"{}","retry":{}}})", kind.code,
                 retry_text(kind));
  return response;
}

HttpResponse problem_of(const Error& error) {
  const bool internal = error.code == Error::Code::Io || error.code == Error::Code::Corrupt;
  // What failed inside may name files; that is for the log, not for clients.
  return problem(kind_of(error.code), internal ? "the node has an internal failure" : error.message);
}

}  // namespace aval::node
