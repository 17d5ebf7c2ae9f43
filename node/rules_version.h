#pragma once

#include <optional>
#include <string>

#include "ledger/chain_config.h"

namespace aval::node {

/// The newest version of the rules of blocks, consensus and contracts that this program knows. It knows all
/// earlier ones as well. In a file of its own, so that tests can have a program that knows more.
std::uint32_t rules_version_known();

/// Why this program goes no further than the epoch before `chain`; nothing when it knows the rules.
std::optional<std::string> needs_newer_program(const ledger::ChainConfig& chain);

}  // namespace aval::node
