#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aval::cli {

/// The longest id of an invoice, a note or a financing, bytes (contracts refuse a longer one).
inline constexpr std::size_t id_bytes_max = 64;

/// One code point in front of a text: its value and how many bytes it takes. Bytes that are no UTF-8
/// count as one byte each, with `valid` false.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
  bool valid = false;
};
CodePoint first_code_point(std::string_view text);

bool is_utf8(std::string_view text);
std::size_t code_point_count(std::string_view text);

/// Without white space at the ends, and one blank for each run of white space inside, as XML readers
/// treat names that were broken over lines.
std::string collapsed(std::string_view text);

/// ASCII letters and digits in lower case, everything else left out.
std::string lower_alphanumerics(std::string_view text);

/// ASCII letters in lower case, digits, and one '-' for each run of anything else in between.
std::string slug(std::string_view text);

}  // namespace aval::cli
