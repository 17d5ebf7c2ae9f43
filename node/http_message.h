#pragma once

#include <string>

#include "crypto/base/bytes.h"

namespace aval::node {

/// Media type of a body of canonical protobuf bytes.
inline constexpr std::string_view protobuf_type = "application/x-protobuf";

/// A request whose framing was checked (node/http_reader.h); what it asks for was not.
struct HttpRequest {
  std::string method;
  std::string target;        // origin form: path, and a query behind '?'
  std::string content_type;  // empty when absent
  std::string accept;
  std::string request_id;  // X-Request-Id when it is 1..64 of [A-Za-z0-9._-], else empty
  bool keep_alive = true;
  bool is_after_refusal = false;  // of the last submission over this connection
  Bytes body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  Bytes body;
  unsigned retry_after_s = 0;  // 0: no Retry-After
  std::string allow;           // methods, of a 405
};

/// How one response goes on the wire.
struct ResponseFraming {
  std::string_view date;        // IMF-fixdate; empty: no Date
  std::string_view request_id;  // echoed; empty: none
  bool keep_alive = true;
  bool head_only = false;  // answer to HEAD: the length without the body
};

void append_response(std::string& out, const HttpResponse& response, const ResponseFraming& framing);

}  // namespace aval::node
