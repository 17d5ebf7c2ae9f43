#pragma once

#include <vector>

#include "contracts/genesis.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/prng.h"

namespace aval::simulation {

/// Scalars of the vote keys are 1000 and up, of the members' keys 2000 and up, of the TLS keys 3000 and up,
/// of the governors' keys 5000 and up.
constexpr std::uint32_t first_vote_scalar = 1000;
constexpr std::uint32_t first_tls_scalar = 3000;
constexpr std::uint32_t first_governor_scalar = 5000;

/// The member that holds, or will hold, the seat of this number.
std::string bank_name(std::uint64_t seat);

/// A consortium of `plan.replicas` banks and four traders under the plan's parameters. Where the membership
/// changes, there are the newcomers' banks as well, and each bank has a governor.
contracts::GenesisState make_world(const Plan& plan);

/// What clients will ask for, in order: cash issued and moved, invoices presented and accepted, and
/// among them what the rules must refuse: overdrafts, strangers' signatures, references and ids used
/// before, envelopes that soon expire.
std::vector<ledger::EnvelopePtr> draw_envelopes(const contracts::GenesisState& genesis, std::size_t count,
                                                Prng& prng);

/// Cash issues, all of them in order: a load whose work is the same in every run.
std::vector<ledger::EnvelopePtr> draw_issues(const contracts::GenesisState& genesis, std::size_t count,
                                             Prng& prng);

/// True for what a node may refuse before it is ordered: a stranger's signature, a reference used before.
bool may_be_refused(const ledger::Envelope& envelope);

}  // namespace aval::simulation
