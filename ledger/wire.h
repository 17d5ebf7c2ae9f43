#pragma once

// Internal to this room: what the files that know ledger.proto share.

#include <string>

#include "crypto/base/result.h"
#include "ledger/batch.h"

// Generated code does not keep our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include "ledger/ledger.pb.h"
#pragma GCC diagnostic pop

namespace aval::ledger {

inline unexpected malformed(std::string message) {
  return unexpected(Error::Code::Malformed, std::move(message));
}

/// Reads a value of fixed width (Digest, PublicKey, Signature) from `bytes`; the error names `field`.
template <class Value>
Result<void> read_field(ByteView bytes, const char* field, Value& out) {
  auto value = Value::from_bytes(bytes);
  if (!value) return malformed(std::string(field) + ": " + value.error().message);
  out = *value;
  return {};
}

/// Assigns bytes to a protobuf bytes or string field without a temporary.
inline void put_field(std::string* field, ByteView bytes) { field->assign(bytes.data(), bytes.size()); }

/// decode_envelope() and decode_batch() for bytes the caller gives away.
Result<Envelope> take_envelope(Bytes bytes);
Result<Batch> take_batch(Bytes bytes);

}  // namespace aval::ledger
