#pragma once

#include "contracts/context.h"
#include "ledger/chain_config.h"

/// The seats of validators and the ledger parameters, as the state has them. A change of either raises
/// the set's epoch, so that the block that makes it is the last of its epoch. At most one in a block.
namespace aval::contracts {

ledger::ValidatorSet seats(const ContractContext& context);
/// The member's seat that votes or observes; nullopt when it has none.
std::optional<ledger::ReplicaId> seat_of(const ledger::ValidatorSet& set, const std::string& member);
/// The sender's seat votes.
bool sender_votes(const ContractContext& context);

/// Would the change be taken if it took effect now? Guards only.
Status judge(const pb::Change& change, const ContractContext& context);
/// Makes a change that judge() has taken.
void carry_out(const pb::Change& change, ContractContext& context);
/// True when the change begins an epoch, false when it concerns members alone.
bool begins_epoch(const pb::Change& change);

}  // namespace aval::contracts
