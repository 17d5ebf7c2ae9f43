#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"

namespace aval {

/// An owned byte string. A std::string, so that protobuf, LevelDB and OpenSSL take it as it is.
using Bytes = std::string;
/// A borrowed byte string.
using ByteView = std::string_view;

/// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

/// Reads an even number of hexadecimal digits (either case); anything else is Malformed.
Result<Bytes> from_hex(std::string_view text);

/// Standard base64 with padding (RFC 4648 section 4).
std::string to_base64(ByteView bytes);

/// Reads standard base64 with padding; refuses other alphabets, white space and non-zero spare bits.
Result<Bytes> from_base64(std::string_view text);

/// Eight bytes, most significant first: the order of keys in the store is the order of numbers.
Bytes big_endian(std::uint64_t value);

/// Reads big_endian() back; `bytes` must be eight bytes long.
std::uint64_t from_big_endian(ByteView bytes);

inline const unsigned char* as_unsigned(ByteView bytes) {
  return static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
}
inline unsigned char* as_unsigned(Bytes& bytes) {
  return static_cast<unsigned char*>(static_cast<void*>(bytes.data()));
}

}  // namespace aval
