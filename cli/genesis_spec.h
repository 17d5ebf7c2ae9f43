#pragma once

#include <nlohmann/json_fwd.hpp>

#include "contracts/finance.pb.h"
#include "crypto/base/result.h"

namespace aval::cli {

/// Builds a genesis from a description that people write: like genesis.json, but keys in hexadecimal,
/// roles as words, and parameters by name (absent ones take their defaults).
///   {"name": "tradefin-1", "time_ms": 1763856000000,
///    "validators": [{"member","vote_key","tls_key","address"}],
///    "programme": {"day_count_basis": 360},
///    "register_key_check": "<hex SHA-256 of the fingerprint key>",
///    "parameters": {"view_timeout_base_ms": 1000},
///    "members": [{"id","name","lei","vat","electronic_address","country","roles":["trader"],
///                 "keys":[{"public_key","role":"maker"}],"dual_control":false,"cash_currencies":["EUR"]}],
///    "devices": [{"id","owner","public_key"}]}
/// Sorts what must be sorted. Unknown keys and words are refused by name.
Result<contracts::pb::Genesis> genesis_from_spec(const nlohmann::json& spec);

/// One entry of "members" in such a description.
Result<contracts::pb::Member> member_from_spec(const nlohmann::json& object);

}  // namespace aval::cli
