#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "contracts/genesis.h"

namespace aval::cli {

/// What a node's state object was found to prove.
struct ProvedState {
  std::string type;
  std::string id;
  ledger::Height height{};
  crypto::Digest state_root;
  std::optional<Bytes> value;  // nothing: proved absent
  std::size_t signatures = 0;  // of validators, under the certificate
};

/// Checks a state object of the API (asked with proof=1): the value, or its absence, is proved under
/// the state root of the first header; the headers follow one another; the last is certified by the
/// validators that those of the genesis named, epoch by epoch. Refused, naming the first thing that does not hold.
Result<ProvedState> verify_state_answer(const nlohmann::json& answer, const ledger::ChainConfig& config);

}  // namespace aval::cli
