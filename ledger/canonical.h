#pragma once

#include "crypto/base/bytes.h"

namespace google::protobuf {
class MessageLite;
}

namespace aval::ledger {

/// Parses `bytes` into `message` and refuses (Malformed, naming `what`) every byte string that is
/// not the one canonical encoding: unknown fields, overlong varints, fields out of order or twice,
/// written defaults, unpacked scalars, invalid UTF-8, nesting deeper than 16.
Result<void> parse_canonical(ByteView bytes, google::protobuf::MessageLite& message, std::string_view what);

/// The canonical encoding of `message`.
Bytes canonical(const google::protobuf::MessageLite& message);

}  // namespace aval::ledger
