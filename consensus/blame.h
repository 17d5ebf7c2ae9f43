#pragma once

#include <map>
#include <set>
#include <string>

#include "consensus/messages.h"
#include "ledger/evidence.h"

namespace aval::consensus {

/// One history of an epoch as a node exported it: headers from the first one above the block that the epoch stands
/// on, and the commit certificates of them that it has.
struct History {
  std::vector<Header> headers;
  std::vector<Certificate> certificates;
};

struct Verdict {
  /// The lowest height at which the histories differ; nothing when one continues the other.
  std::optional<Height> fork;
  /// Who is proved to have cheated, and how, in sentences for people.
  std::map<ReplicaId, std::set<std::string>> culprits;
};

/// Names those who made a fork in the epoch of `config`, from what honest nodes keep. Pure; trusts nothing but the
/// validator set in it: refused, saying why, when any of the signatures does not verify, or a history is
/// not a chain from where the epoch begins whose part above the fork is certified.
///
/// Rules, each naming nobody who kept to the protocol, however many did not (README.md, "Blame"):
///  - two votes of one validator, of one epoch, view, height and phase, for two blocks: found among all
///    certificates, those that view changes quote included;
///  - a commit vote at (view, height), and a view change to a later view that hides it: it shows no
///    prepare certificate at or above (view, height), and a final block below, of the same chain;
///  - two new views of one view by one primary;
///  - every Evidence.
Result<Verdict> blame(const ledger::ChainConfig& config, const History& a, const History& b,
                      const std::vector<ledger::Evidence>& evidence, const std::vector<NewView>& transcript,
                      ledger::SignatureCheck check = &crypto::verify);

}  // namespace aval::consensus
