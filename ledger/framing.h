#pragma once

#include <cstdint>

#include "crypto/base/bytes.h"

namespace aval::ledger {

/// Four bytes, most significant first.
Bytes big_endian_4(std::uint32_t value);
/// Reads big_endian_4() back; `bytes` must be four bytes long.
std::uint32_t from_big_endian_4(ByteView bytes);

/// Appends length (4 bytes big endian) and bytes.
void append_frame(Bytes& out, ByteView bytes);
/// Takes the frame in front off `rest`; Malformed when it is not whole.
Result<ByteView> take_frame(ByteView& rest);

}  // namespace aval::ledger
