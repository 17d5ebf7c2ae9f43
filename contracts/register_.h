#pragma once

#include "contracts/context.h"

/// The register of invoices against double finance: one entry per keyed fingerprint and tier. Tier x
/// (all fields) blocks; n1 (all but the amount) and p (purchase order) warn.
namespace aval::contracts {

/// Enters a new invoice. DuplicateFinanced or DuplicateRegistered when a live invoice holds its exact
/// fingerprint; otherwise REGU, or REDU when a warning tier has seen it before.
Status register_invoice(const pb::SubmitInvoice& document, ContractContext& context);

/// DuplicateFinanced unless this invoice itself holds its exact fingerprint (I13).
Status check_financeable(const pb::SubmitInvoice& document, const ContractContext& context);

void mark_financed(const pb::SubmitInvoice& document, ContractContext& context);
/// The debt is paid: closed for good, so that a paid invoice is never financed again (I15).
void close_registration(const pb::SubmitInvoice& document, ContractContext& context);
/// Frees the fingerprints and keeps their history (I15).
void cancel_registration(const pb::SubmitInvoice& document, const std::string& code,
                         ContractContext& context);

}  // namespace aval::contracts
