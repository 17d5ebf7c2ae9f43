#pragma once

#include <string>
#include <vector>

#include "crypto/base/bytes.h"

namespace google::protobuf {
class Descriptor;
}

namespace aval::ledger {

/// Another encoding that protobuf reads as the same message (or ignores parts of).
struct Variant {
  std::string name;
  Bytes bytes;
};

/// Every way this room knows of writing the message `canonical` of `type` differently, at the top and
/// in each embedded message: a field nobody knows (as a number, as a group), an overlong tag, an
/// overlong length or number, fields in another order, a field twice, a written default.
std::vector<Variant> non_canonical_variants(const google::protobuf::Descriptor& type, ByteView canonical);

}  // namespace aval::ledger
