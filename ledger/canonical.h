#pragma once

#include "crypto/base/bytes.h"

namespace google::protobuf {
class Message;
}

namespace aval::ledger {

/// Parses `bytes` into `message` and refuses (Malformed, naming `what`) every byte string that is
/// not the one canonical encoding: unknown fields, overlong varints, fields out of order or twice,
/// written defaults, unpacked scalars, invalid UTF-8. Reserves nothing for what is announced and not there.
Result<void> parse_canonical(ByteView bytes, google::protobuf::Message& message, std::string_view what);

/// The canonical encoding of `message`.
Bytes canonical(const google::protobuf::Message& message);

}  // namespace aval::ledger
