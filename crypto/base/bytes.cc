#include "crypto/base/bytes.h"

#include <array>

namespace aval {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned not_a_digit = 0xff;

unsigned octet(char c) { return static_cast<unsigned char>(c); }
char to_char(unsigned value) { return static_cast<char>(static_cast<unsigned char>(value & 0xff)); }

unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return octet(c) - octet('0');
  if (c >= 'a' && c <= 'f') return octet(c) - octet('a') + 10;
  if (c >= 'A' && c <= 'F') return octet(c) - octet('A') + 10;
  return not_a_digit;
}

constexpr std::array<unsigned char, 256> base64_values = [] {
  std::array<unsigned char, 256> values{};
  values.fill(not_a_digit);
  for (std::size_t i = 0; i < base64_digits.size(); ++i) {
    values[static_cast<unsigned char>(base64_digits[i])] = static_cast<unsigned char>(i);
  }
  return values;
}();

unexpected not_base64(const char* why) {
  return unexpected(Error::Code::Malformed, std::string("not base64: ") + why);
}

std::size_t padding_of(std::string_view text) {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text.push_back(hex_digits[octet(c) >> 4]);
    text.push_back(hex_digits[octet(c) & 0xf]);
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return unexpected(Error::Code::Malformed, "not hexadecimal: an odd number of digits");
  }
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const unsigned high = hex_value(text[i]);
    const unsigned low = hex_value(text[i + 1]);
    if (high == not_a_digit || low == not_a_digit) {
      return unexpected(Error::Code::Malformed,
                        "not hexadecimal: a character other than 0-9, a-f at offset " +
                            std::to_string(high == not_a_digit ? i : i + 1));
    }
    bytes.push_back(to_char(high << 4 | low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i;
    const unsigned second = count > 1 ? octet(bytes[i + 1]) : 0;
    const unsigned third = count > 2 ? octet(bytes[i + 2]) : 0;
    const unsigned group = octet(bytes[i]) << 16 | second << 8 | third;
    text.push_back(base64_digits[group >> 18]);
    text.push_back(base64_digits[group >> 12 & 0x3f]);
    text.push_back(count > 1 ? base64_digits[group >> 6 & 0x3f] : '=');
    text.push_back(count > 2 ? base64_digits[group & 0x3f] : '=');
  }
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return not_base64("the length is not a multiple of four");
  const std::size_t padding = padding_of(text);
  const std::string_view digits = text.substr(0, text.size() - padding);

  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  unsigned spare = 0;  // bits read and not yet written, `spare_bits` of them
  unsigned spare_bits = 0;
  for (const char c : digits) {
    const unsigned value = base64_values[octet(c)];
    if (value == not_a_digit) return not_base64("a character outside the alphabet");
    spare = (spare << 6 | value) & 0xfff;
    spare_bits += 6;
    if (spare_bits < 8) continue;
    spare_bits -= 8;
    bytes.push_back(to_char(spare >> spare_bits));
  }
  // One value has one text: bits that stand for nothing must be zero.
  if ((spare & ((1u << spare_bits) - 1)) != 0) return not_base64("the spare bits are not zero");
  return bytes;
}

Bytes big_endian(std::uint64_t value) {
  Bytes bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; value >>= 8) bytes[i] = to_char(static_cast<unsigned>(value & 0xff));
  return bytes;
}

std::uint64_t from_big_endian(ByteView bytes) {
  AVAL_CHECK(bytes.size() == 8);
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | octet(c);
  return value;
}

}  // namespace aval
