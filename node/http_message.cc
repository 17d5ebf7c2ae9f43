#include "node/http_message.h"

#include <iterator>

#include <fmt/format.h>

namespace aval::node {
namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

}  // namespace

void append_response(std::string& out, const HttpResponse& response, const ResponseFraming& framing) {
  auto to = std::back_inserter(out);
  fmt::format_to(to,
                 "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
                 "X-Content-Type-Options: nosniff\r\n",
                 response.status, reason_phrase(response.status), response.content_type,
                 response.body.size());
  if (!framing.date.empty()) fmt::format_to(to, "Date: {}\r\n", framing.date);
  if (!framing.request_id.empty()) fmt::format_to(to, "X-Request-Id: {}\r\n", framing.request_id);
  if (response.retry_after_s != 0) fmt::format_to(to, "Retry-After: {}\r\n", response.retry_after_s);
  if (!response.allow.empty()) fmt::format_to(to, "Allow: {}\r\n", response.allow);
  if (!framing.keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (!framing.head_only) out += response.body;
}

}  // namespace aval::node
