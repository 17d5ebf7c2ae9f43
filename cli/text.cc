#include "cli/text.h"

#include <array>

#include "cli/output.h"

namespace aval::cli {
namespace {

constexpr bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Length of a sequence by its first byte; 0 for a byte that starts none.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF5) return 4;
  return 0;
}

/// Overlong forms, surrogates and what lies beyond Unicode are not UTF-8.
bool is_scalar(char32_t value, std::size_t size) {
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  return value >= smallest[size] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

/// Code points that move a cursor, change direction or hide: what must not reach a terminal as it is.
bool is_unsafe(char32_t value) {
  if (value < 0x20 || (value >= 0x7F && value <= 0x9F)) return true;
  if (value >= 0x200B && value <= 0x200F) return true;
  if (value >= 0x2028 && value <= 0x202E) return true;
  return (value >= 0x2060 && value <= 0x206F) || value == 0xFEFF;
}

std::string hex_of(char32_t value, int digits) {
  constexpr std::string_view alphabet = "0123456789abcdef";
  std::string out;
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    out += alphabet[static_cast<std::size_t>((value >> static_cast<unsigned>(shift)) & 0xFU)];
  }
  return out;
}

std::string escaped(const CodePoint& point, char byte) {
  if (!point.valid) return "\\x" + hex_of(static_cast<unsigned char>(byte), 2);
  if (point.value == U'\n') return "\\n";
  if (point.value == U'\t') return "\\t";
  return point.value < 0x80 ? "\\x" + hex_of(point.value, 2) : "\\u" + hex_of(point.value, 4);
}

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The letter or digit in lower case, or 0.
constexpr char lower_alphanumeric(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '\0';
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  CodePoint point;
  if (text.empty()) return point;
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = sequence_length(first);
  if (size == 0 || size > text.size()) return point;
  char32_t value = size == 1 ? first : first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return point;
    value = (value << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  if (!is_scalar(value, size)) return point;
  return {value, size, true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto point = first_code_point(text);
    if (!point.valid) return false;
    text.remove_prefix(point.size);
  }
  return true;
}

std::size_t code_point_count(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(first_code_point(text).size);
    ++count;
  }
  return count;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    if (!point.valid || is_unsafe(point.value))
      out += escaped(point, text.front());
    else
      out += text.substr(0, point.size);
    text.remove_prefix(point.size);
  }
  return out;
}

std::string collapsed(std::string_view text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    if (is_space(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

std::string lower_alphanumerics(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (const char kept = lower_alphanumeric(c); kept != '\0') out += kept;
  }
  return out;
}

std::string slug(std::string_view text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    const char kept = lower_alphanumeric(c);
    if (kept == '\0') {
      gap = !out.empty();
      continue;
    }
    if (gap) out += '-';
    gap = false;
    out += kept;
  }
  return out;
}

}  // namespace aval::cli
