#pragma once

#include <string>

namespace aval::cli {

/// The invoice of the trade story: Nordlys Components AB bills Hafen Maschinenbau GmbH 250,000.00 EUR
/// (210,084.03 and 19 % VAT), UBL 2.1 as EN 16931 wants it. `number` is BT-1, the dates are
/// BT-2 and BT-9 in ISO 8601.
std::string sample_invoice_xml(const std::string& number, const std::string& issue_date,
                               const std::string& due_date);

}  // namespace aval::cli
