#pragma once

#include <string_view>

namespace aval::node {

/// Whether a Beast parser must not be given these bytes before there are more. Boost 1.81 ends the process, by an
/// assertion in parse_chunk_header(), when a body begins with its last chunk, "0\r\n", and it sees one byte behind
/// that on a second look. No chunked body ends there, so waiting is safe.
template <class Parser>
bool needs_more_of_chunk(const Parser& parser, std::string_view bytes) {
  return parser.is_header_done() && parser.chunked() && bytes.size() == 4 && bytes.starts_with("0\r\n");
}

}  // namespace aval::node
