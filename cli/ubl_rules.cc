#include "cli/ubl_rules.h"

#include <numeric>

#include "cli/advice.h"
#include "contracts/currency.h"
#include "contracts/money.h"

namespace aval::cli {
namespace {

using Broken = std::optional<std::string>;
using Node = pugi::xml_node;

/// Products of amounts and rates need more than 64 bits.
__extension__ using Wide = __int128;

Broken missing(const UblFacts& facts, const char* path, const char* what) {
  if (!text_at(facts.root, path).empty()) return std::nullopt;
  return std::string(what) + " is missing";
}

Broken number_missing(const UblFacts& f) { return missing(f, "cbc:ID", "the invoice number (BT-1)"); }
Broken issue_date_missing(const UblFacts& f) { return missing(f, "cbc:IssueDate", "the issue date (BT-2)"); }
Broken type_missing(const UblFacts& f) {
  return missing(f, "cbc:InvoiceTypeCode", "the invoice type code (BT-3)");
}
Broken currency_missing(const UblFacts& f) {
  return missing(f, "cbc:DocumentCurrencyCode", "the invoice currency code (BT-5)");
}
Broken seller_name_missing(const UblFacts& f) {
  return missing(f, "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
                 "the seller's name (BT-27)");
}
Broken buyer_name_missing(const UblFacts& f) {
  return missing(f, "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
                 "the buyer's name (BT-44)");
}
Broken seller_country_missing(const UblFacts& f) {
  return missing(f,
                 "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
                 "the seller's country code (BT-40)");
}
Broken line_total_missing(const UblFacts& f) {
  return missing(f, "cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "the sum of line net amounts (BT-106)");
}
Broken tax_exclusive_missing(const UblFacts& f) {
  return missing(f, "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "the total without VAT (BT-109)");
}
Broken tax_inclusive_missing(const UblFacts& f) {
  return missing(f, "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", "the total with VAT (BT-112)");
}
Broken payable_missing(const UblFacts& f) {
  return missing(f, "cac:LegalMonetaryTotal/cbc:PayableAmount", "the amount due for payment (BT-115)");
}

Broken no_lines(const UblFacts& f) {
  if (find_first(f.root, "cac:InvoiceLine")) return std::nullopt;
  return "the invoice has no lines (BG-25)";
}

Broken line_amount_missing(const UblFacts& f) {
  for (const auto line : find_all(f.root, "cac:InvoiceLine")) {
    if (text_at(line, "cbc:LineExtensionAmount").empty()) {
      return "line " + text_at(line, "cbc:ID") + " has no net amount (BT-131)";
    }
  }
  return std::nullopt;
}

/// Two values where one is allowed would let two readers see two invoices.
Broken said_twice(const UblFacts& f) {
  for (const char* path :
       {"cbc:ID", "cbc:IssueDate", "cbc:DueDate", "cbc:InvoiceTypeCode", "cbc:DocumentCurrencyCode",
        "cac:OrderReference/cbc:ID", "cac:AccountingSupplierParty/cac:Party",
        "cac:AccountingCustomerParty/cac:Party", "cac:LegalMonetaryTotal",
        "cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount",
        "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", "cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount",
        "cac:LegalMonetaryTotal/cbc:ChargeTotalAmount", "cac:LegalMonetaryTotal/cbc:PrepaidAmount",
        "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount", "cac:LegalMonetaryTotal/cbc:PayableAmount"}) {
    if (find_all(f.root, path).size() > 1) return std::string(path) + " occurs more than once";
  }
  return std::nullopt;
}

std::string money(std::int64_t minor, const UblFacts& facts) {
  const bool known = contracts::is_currency(facts.currency);
  const std::string digits =
      contracts::format_amount(minor < 0 ? -minor : minor, known ? facts.currency : "EUR");
  return (minor < 0 ? "-" : "") + digits + (known ? " " + facts.currency : "");
}

Wide sum_of(const std::vector<std::int64_t>& amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), Wide{0});
}

/// Sums that leave the range of amounts cannot equal any; any value out of range will do for the message.
std::int64_t narrowed(Wide value) {
  constexpr Wide limit = Wide{contracts::amount_max} * 9;
  if (value > limit) return static_cast<std::int64_t>(limit);
  return value < -limit ? static_cast<std::int64_t>(-limit) : static_cast<std::int64_t>(value);
}

Broken unless_equal(const char* term, std::int64_t stated, const char* formula, Wide computed,
                    const UblFacts& facts) {
  if (Wide{stated} == computed) return std::nullopt;
  return std::string(term) + " is " + money(stated, facts) + ", but " + formula + " is " +
         money(narrowed(computed), facts);
}

/// A total over allowances or charges must be there when there are any, and then be their sum.
Broken check_total(const char* term, const std::optional<std::int64_t>& total, const char* formula,
                   const std::vector<std::int64_t>& items, const UblFacts& facts) {
  if (!total && items.empty()) return std::nullopt;
  if (!total) return std::string(term) + " is missing, but there are items to sum";
  return unless_equal(term, *total, formula, sum_of(items), facts);
}

Broken lines_do_not_add_up(const UblFacts& f) {
  return unless_equal("the sum of line net amounts (BT-106)", f.amounts.line_total.value_or(0),
                      "the sum of the lines", sum_of(f.amounts.line_nets), f);
}

Broken allowances_do_not_add_up(const UblFacts& f) {
  return check_total("the sum of allowances (BT-107)", f.amounts.allowance_total, "the sum of the allowances",
                     f.amounts.allowances, f);
}

Broken charges_do_not_add_up(const UblFacts& f) {
  return check_total("the sum of charges (BT-108)", f.amounts.charge_total, "the sum of the charges",
                     f.amounts.charges, f);
}

Broken tax_exclusive_wrong(const UblFacts& f) {
  const auto& a = f.amounts;
  const Wide computed =
      Wide{a.line_total.value_or(0)} - a.allowance_total.value_or(0) + a.charge_total.value_or(0);
  return unless_equal("the total without VAT (BT-109)", a.tax_exclusive.value_or(0),
                      "BT-106 - BT-107 + BT-108", computed, f);
}

Broken vat_does_not_add_up(const UblFacts& f) {
  if (f.amounts.vat_groups.empty() || f.amounts.tax_totals.empty()) return std::nullopt;
  Wide sum = 0;
  for (const auto& group : f.amounts.vat_groups) sum += group.tax;
  return unless_equal("the total VAT (BT-110)", f.amounts.tax_totals.front(), "the sum of the VAT categories",
                      sum, f);
}

Broken tax_inclusive_wrong(const UblFacts& f) {
  const auto& a = f.amounts;
  if (a.tax_totals.size() != 1) {
    return "there must be exactly one total VAT amount (BT-110) in the invoice currency, there are " +
           std::to_string(a.tax_totals.size());
  }
  return unless_equal("the total with VAT (BT-112)", a.tax_inclusive.value_or(0), "BT-109 + BT-110",
                      Wide{a.tax_exclusive.value_or(0)} + a.tax_totals.front(), f);
}

Broken payable_wrong(const UblFacts& f) {
  const auto& a = f.amounts;
  const Wide computed = Wide{a.tax_inclusive.value_or(0)} - a.prepaid.value_or(0) + a.rounding.value_or(0);
  return unless_equal("the amount due for payment (BT-115)", a.payable.value_or(0),
                      "BT-112 - BT-113 + BT-114", computed, f);
}

std::int64_t minor_of_one_unit(const std::string& currency) {
  std::int64_t out = 1;
  for (unsigned i = contracts::minor_unit_digits(currency).value_or(2); i > 0; --i) out *= 10;
  return out;
}

Broken vat_rate_does_not_fit(const UblFacts& f) {
  constexpr Wide percent_e6 = 100'000'000;  // 100 % in millionths of a percent
  const Wide tolerance = Wide{minor_of_one_unit(f.currency)} * percent_e6;
  for (const auto& group : f.amounts.vat_groups) {
    if (!group.rate_e6) continue;
    const Wide difference = Wide{group.tax} * percent_e6 - Wide{group.taxable} * *group.rate_e6;
    if (difference > -tolerance && difference < tolerance) continue;
    return "the VAT of a category (BT-117) is " + money(group.tax, f) +
           ", which is a whole unit or more away from its rate (BT-119) of " + money(group.taxable, f);
  }
  return std::nullopt;
}

Broken no_vat_breakdown(const UblFacts& f) {
  if (find_first(f.root, "cac:TaxTotal/cac:TaxSubtotal")) return std::nullopt;
  return "the VAT breakdown (BG-23) is missing";
}

}  // namespace

const std::vector<UblRule>& presence_rules() {
  static const std::vector<UblRule> rules{
      {"BR-02", &number_missing},         {"BR-03", &issue_date_missing},  {"BR-04", &type_missing},
      {"BR-05", &currency_missing},       {"BR-06", &seller_name_missing}, {"BR-07", &buyer_name_missing},
      {"BR-09", &seller_country_missing}, {"BR-12", &line_total_missing},  {"BR-13", &tax_exclusive_missing},
      {"BR-14", &tax_inclusive_missing},  {"BR-15", &payable_missing},     {"BR-16", &no_lines},
      {"BR-24", &line_amount_missing},    {"UBL-SR", &said_twice},
  };
  return rules;
}

const std::vector<UblRule>& arithmetic_rules() {
  static const std::vector<UblRule> rules{
      {"BR-CO-10", &lines_do_not_add_up},   {"BR-CO-11", &allowances_do_not_add_up},
      {"BR-CO-12", &charges_do_not_add_up}, {"BR-CO-13", &tax_exclusive_wrong},
      {"BR-CO-14", &vat_does_not_add_up},   {"BR-CO-15", &tax_inclusive_wrong},
      {"BR-CO-16", &payable_wrong},         {"BR-CO-17", &vat_rate_does_not_fit},
      {"BR-CO-18", &no_vat_breakdown},
  };
  return rules;
}

std::optional<Failure> first_broken(const std::vector<UblRule>& rules, const UblFacts& facts) {
  for (const auto& rule : rules) {
    if (auto broken = rule.broken_by(facts)) return refusal(rule.id, std::move(*broken));
  }
  return std::nullopt;
}

}  // namespace aval::cli
