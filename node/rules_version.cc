#include "node/rules_version.h"

#ifndef AVAL_RULES_VERSION
#define AVAL_RULES_VERSION 0
#endif

namespace aval::node {

std::uint32_t rules_version_known() { return AVAL_RULES_VERSION; }

std::optional<std::string> needs_newer_program(const ledger::ChainConfig& chain) {
  const std::uint32_t wanted = chain.parameters.rules_version;
  if (wanted <= rules_version_known()) return std::nullopt;
  return "above height " + std::to_string(ledger::number(base_header(chain).height)) + " the ledger has rules version " +
         std::to_string(wanted) + ", this program knows them up to " + std::to_string(rules_version_known()) +
         ": install a newer avald";
}

}  // namespace aval::node
