#include "ledger/framing.h"

#include <limits>

namespace aval::ledger {

Bytes big_endian_4(std::uint32_t value) { return big_endian(value).substr(4); }

std::uint32_t from_big_endian_4(ByteView bytes) {
  AVAL_CHECK(bytes.size() == 4);
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<std::uint8_t>(byte);
  return value;
}

void append_frame(Bytes& out, ByteView bytes) {
  AVAL_CHECK(bytes.size() <= std::numeric_limits<std::uint32_t>::max());
  out += big_endian_4(static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

Result<ByteView> take_frame(ByteView& rest) {
  if (rest.size() < 4) return unexpected(Error::Code::Malformed, "frame: its length is cut off");
  const std::size_t length = from_big_endian_4(rest.substr(0, 4));
  if (rest.size() - 4 < length) return unexpected(Error::Code::Malformed, "frame: cut off");
  const ByteView bytes = rest.substr(4, length);
  rest.remove_prefix(4 + length);
  return bytes;
}

}  // namespace aval::ledger
