#pragma once

#include <string_view>

#include "node/http_message.h"

namespace aval::node {

/// Every way the API says no. Codes, status numbers and what a client may do next are part of the
/// interface (node/API.md).
enum class Problem {
  Malformed,
  Refused,
  NotFound,
  NotFinal,
  MethodNotAllowed,
  Timeout,
  Conflict,
  Expired,
  TooLarge,
  UriTooLong,
  UnsupportedMediaType,
  ExpectationFailed,
  QuotaUsed,
  HeaderTooLarge,
  Unavailable,
  TooManyConnections,
};

/// A problem document (RFC 9457). `detail` is for people; it names what is wrong without repeating
/// what the client sent.
HttpResponse problem(Problem kind, std::string_view detail);

/// The problem that an error of the node is to a client.
HttpResponse problem_of(const Error& error);

}  // namespace aval::node
