#pragma once

#include <vector>

#include "contracts/commands.h"
#include "ledger/envelope.h"

namespace aval::contracts {

/// Whether those who signed `envelope` may order all of its `commands`, judged by nothing but the body,
/// the keys that signed and the members of the state below; `sender` is set when they may. An envelope
/// that is not carried by its signatures leaves no trace, because its transaction id names the body
/// alone: whoever saw a body could otherwise spend the id with signatures of his own.
///
/// The guards, in order: UnknownMember (the sender); for each signature UnknownKey (neither the sender's
/// nor a counterpart's), KeyRevoked; UnknownKey when none is the sender's; then for each command
/// CheckerMissing or NotPermitted (the sender's keys do not carry it) and CounterpartMissing. A
/// counterpart that is no member is left to the command's own guards.
Status authorise(const ledger::Envelope& envelope, const std::vector<DecodedCommand>& commands,
                 const ledger::StateReader& state, pb::Member& sender);

}  // namespace aval::contracts
