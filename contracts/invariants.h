#pragma once

#include "ledger/state.h"

namespace aval::contracts {

/// What must be true of every state, numbered as in the domain's list:
///   I1  per currency, the sum of all cash accounts equals the cash issued
///   I2  no account is below zero
///   I3  obligation: accepted = paid + outstanding, each >= 0; a void one owes and paid nothing
///   I4  the live notes of an obligation sum to what is outstanding
///   I5  split, paid and cancelled notes never live again
///   I7  proceeds = face - discount - fee exactly; what is collected and what is left make the face
///   I8  a live note has exactly one controller
///   I9  a note is bound to at most one open financing, and that financing names the note
///   I12 the terms hash of a note never changes
///   I13 a disbursed financing's invoice holds its exact fingerprint, as FNCD (or OBSA once closed)
///   I15 a paid invoice's fingerprint stays closed; only a cancelled one passes on
///   I17 an unconditional obligation never becomes conditional or void; what is outstanding only falls
///   I20 a key has one role for ever and, once revoked, stays so (who signed is judged by the executor)
///   I27 no entity is ever removed
///   O1  a device's counter never falls and its revocation stays
///
/// A fault names the invariant and the entity. Cost: proportional to `writes` and what they refer to.
/// `writes` are those of whole transactions on top of `before`.
Result<void> check_invariants(const ledger::StateReader& before, const ledger::WriteSet& writes);

/// The same facts about a whole state, from nothing: for tests and the simulator.
Result<void> check_invariants(const ledger::StateReader& after);

}  // namespace aval::contracts
