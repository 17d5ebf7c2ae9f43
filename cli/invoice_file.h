#pragma once

#include <string>

#include "cli/session.h"
#include "cli/ubl.h"
#include "contracts/finance.h"

namespace aval::cli {

/// A UBL file, checked, with the members its parties are and its keyed fingerprints.
struct InvoiceFile {
  UblInvoice invoice;
  std::string seller;  // member ids
  std::string buyer;
  crypto::Digest fingerprint_x;
  crypto::Digest fingerprint_n1;
  crypto::Digest fingerprint_p;  // zero where the invoice names no order
};

/// Who the parties are, where the user says so and the invoice need not.
struct PartyFlags {
  std::string seller;
  std::string buyer;
};

/// Reads FILE, finds its parties among the members and computes the fingerprints. The error's message
/// begins with the rule or field that stands in the way.
Result<InvoiceFile> read_invoice_file(const Session& session, const std::string& path,
                                      const PartyFlags& parties);

/// The exact fingerprint of an invoice as the ledger holds it: what the buyer computes for itself.
crypto::Digest fingerprint_x_of(ByteView register_key, const contracts::pb::SubmitInvoice& document);

}  // namespace aval::cli
