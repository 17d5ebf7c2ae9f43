#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ubl_amounts.h"

namespace aval::cli {

/// What the rules look at.
struct UblFacts {
  pugi::xml_node root;
  std::string currency;  // BT-5
  UblAmounts amounts;
};

/// A rule of EN 16931 by its id: returns what is wrong, in words, or nothing.
struct UblRule {
  const char* id;
  std::optional<std::string> (*broken_by)(const UblFacts&);
};

/// What must be there (BR-02 ... BR-24) and what must occur once.
const std::vector<UblRule>& presence_rules();

/// How the amounts must add up (BR-CO-10 ... BR-CO-18), exactly; with one tolerance: BR-CO-17 lets the
/// VAT of a category (BT-117) differ from taxable amount x rate by less than one whole unit of the
/// currency, as the official validator does, since invoices round VAT by line or by total.
const std::vector<UblRule>& arithmetic_rules();

/// The first rule of a list that is broken.
std::optional<Failure> first_broken(const std::vector<UblRule>& rules, const UblFacts& facts);

}  // namespace aval::cli
