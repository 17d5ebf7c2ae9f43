#pragma once

#include "contracts/context.h"

/// Conditions of obligations, and the device attestations that meet them.
namespace aval::contracts {

/// Form and bounds of a condition: known milestones, known and unrevoked devices, a threshold that
/// they can reach, a date not past and not beyond the due date, and the container that the shipment
/// is already bound to, if any.
Status check_condition(const pb::Condition& condition, Day due_date, const ContractContext& context);

/// Registers a conditional obligation with its shipment, or makes it unconditional at once when what
/// has been attested already meets the condition. The caller stores the obligation.
void open_condition(pb::Obligation& obligation, ContractContext& context);

/// Takes an obligation off its shipment's waiting list.
void close_condition(const pb::Obligation& obligation, ContractContext& context);

}  // namespace aval::contracts
