#pragma once

#include <nlohmann/json_fwd.hpp>

#include "crypto/base/bytes.h"

namespace aval::node {

/// Bounds of a JSON text that came from outside. The caller bounds the number of bytes.
struct JsonLimits {
  std::size_t depth_max = 32;  // objects and arrays inside one another
  std::size_t keys_per_object_max = 256;
  std::size_t values_max = 100'000;          // values of every kind, the containers included
  std::size_t string_bytes_max = 16 * 1024;  // each string and each key, after escapes are undone
};

/// Reads one JSON text (RFC 8259) of which no two readers can think differently. Refused (Malformed,
/// with the rule and the place):
///   - two equal keys in one object, compared after escapes are undone
///   - numbers with fraction or exponent, -0, integers outside int64 and uint64
///   - invalid UTF-8, lone surrogates, NUL (as a byte or as \u0000), a byte order mark
///   - anything beyond `limits`, anything behind the value
/// Text is taken as it stands: two Unicode forms of one word are two words. Messages never repeat
/// the input.
Result<nlohmann::json> parse_strict_json(ByteView bytes, const JsonLimits& limits = {});

}  // namespace aval::node
