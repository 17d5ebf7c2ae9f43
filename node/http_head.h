#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "node/http_message.h"

namespace aval::node {

constexpr std::size_t head_bytes_max = 8 * 1024;
constexpr std::size_t target_bytes_max = 2 * 1024;

/// Looks for the end of a request's head, byte by byte as they come, and refuses what lenient parsers
/// disagree about before one sees it: bare CR or LF, control characters, folded lines, an empty first
/// line; then a request line or a head beyond its limit.
class HeadScanner {
 public:
  /// Looks at what `buffer` holds beyond the last call's. True once the head is complete or refused.
  bool scan(std::string_view buffer);
  /// Bytes of the complete head, its empty line included.
  std::size_t size() const { return at_; }
  const std::optional<HttpResponse>& refusal() const { return refusal_; }

 private:
  bool refuse(HttpResponse response);
  bool end_line();
  bool step(char c);

  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  bool first_line_ = true;
  bool after_cr_ = false;
  std::optional<HttpResponse> refusal_;
};

/// True for a Host value that is a name or address with an optional port.
bool is_sane_host(std::string_view host);
/// True for an X-Request-Id that may be echoed: 1..64 of [A-Za-z0-9._-].
bool is_sane_request_id(std::string_view id);

}  // namespace aval::node
