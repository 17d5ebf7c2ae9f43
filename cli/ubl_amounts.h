#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ubl_xml.h"

namespace aval::cli {

/// One VAT category of an invoice (BG-23).
struct UblVatGroup {
  std::int64_t taxable = 0;             // BT-116
  std::int64_t tax = 0;                 // BT-117
  std::optional<std::int64_t> rate_e6;  // BT-119 in millionths of a percent
};

/// The amounts of an invoice in minor units of its currency; what is absent stays empty.
struct UblAmounts {
  std::optional<std::int64_t> line_total;       // BT-106
  std::optional<std::int64_t> allowance_total;  // BT-107
  std::optional<std::int64_t> charge_total;     // BT-108
  std::optional<std::int64_t> tax_exclusive;    // BT-109
  std::vector<std::int64_t> tax_totals;       // BT-110, in document currency: exactly one in a right invoice
  std::optional<std::int64_t> tax_inclusive;  // BT-112
  std::optional<std::int64_t> prepaid;        // BT-113
  std::optional<std::int64_t> rounding;       // BT-114
  std::optional<std::int64_t> payable;        // BT-115
  std::vector<std::int64_t> line_nets;        // BT-131
  std::vector<std::int64_t> allowances;       // BT-92
  std::vector<std::int64_t> charges;          // BT-99
  std::vector<UblVatGroup> vat_groups;
};

/// Reads an xs:decimal exactly: its digits as an integer and how many of them stand behind the point.
struct Decimal {
  std::int64_t digits = 0;
  unsigned scale = 0;
};
std::optional<Decimal> parse_decimal(std::string_view text);

/// Reads every amount, without floating point. The failure names the rule or field: BR-DEC-nn for more
/// decimals than two or than the currency has, R051 for an amount in another currency than the
/// document's, the business term for what is no number or too large. `digits` are the currency's.
std::optional<Failure> read_amounts(pugi::xml_node root, const std::string& currency, unsigned digits,
                                    UblAmounts& out);

}  // namespace aval::cli
