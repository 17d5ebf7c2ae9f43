#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace aval::cli {

/// A file that somebody hands over: a receipt, a state proof, a signed envelope; at most 8 MiB.
Result<Bytes> read_proof_file(const std::string& path);
/// Its JSON, strictly; must be an object.
Result<nlohmann::json> parse_json_file(ByteView text);
Result<void> write_text_file(const std::string& path, const std::string& text);

}  // namespace aval::cli
