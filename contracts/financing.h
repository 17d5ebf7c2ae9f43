#pragma once

#include "contracts/context.h"

namespace aval::contracts {

/// Books `share` of a payment to a disbursed financing whose note just received it.
void collect(const std::string& financing, std::int64_t share, bool note_is_paid, ContractContext& context);

/// Cancels a financing whose note ceased before the disbursement; the note is the caller's.
void end_before_disbursement(const std::string& financing, const std::string& code, ContractContext& context);

/// Requested or approved: the note is locked and no cash has moved.
bool before_disbursement(const pb::Financing& financing);

}  // namespace aval::contracts
