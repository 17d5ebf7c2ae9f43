#include "cli/ubl_amounts.h"

#include "cli/advice.h"
#include "contracts/money.h"

namespace aval::cli {
namespace {

using Node = pugi::xml_node;

constexpr unsigned decimals_max = 2;  // EN 16931, BR-DEC-01 and following
constexpr std::size_t decimal_digits_max = 18;
constexpr unsigned rate_scale_max = 6;

/// A field of the standard: its business term and the rule about its decimals.
struct Field {
  const char* term;
  const char* decimals_rule;
};

std::int64_t ten_to(unsigned exponent) {
  std::int64_t out = 1;
  for (unsigned i = 0; i < exponent; ++i) out *= 10;
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits and at most one point, at least one digit; counts what stands behind the point.
bool is_unsigned_decimal(std::string_view text) {
  std::size_t digits = 0;
  std::size_t points = 0;
  for (const char c : text) {
    if (is_digit(c))
      ++digits;
    else if (c == '.')
      ++points;
    else
      return false;
  }
  return digits > 0 && points <= 1;
}

/// Reads amounts one after the other and keeps the first failure.
class AmountReader {
 public:
  AmountReader(std::string currency, unsigned digits, UblAmounts& out)
      : currency_(std::move(currency)), digits_(digits), out_(out) {}

  void read(Node root);
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  void fail(const char* code, const std::string& cause) {
    if (!failure_) failure_ = refusal(code, cause);
  }
  std::optional<std::int64_t> minor_units(const std::string& text, Field field);
  std::optional<std::int64_t> amount(Node element, Field field);
  std::optional<std::int64_t> total(Node totals, const char* path, Field field) {
    return amount(find_first(totals, path), field);
  }
  void read_totals(Node totals);
  void read_lines(Node root);
  void read_allowances_and_charges(Node root);
  void read_taxes(Node root);
  void read_vat_group(Node group);

  std::string currency_;
  unsigned digits_;
  UblAmounts& out_;
  std::optional<Failure> failure_;
};

std::optional<std::int64_t> AmountReader::minor_units(const std::string& text, Field field) {
  const auto decimal = parse_decimal(text);
  if (!decimal) {
    fail(field.term, "'" + text + "' is not an amount of at most 18 digits");
    return std::nullopt;
  }
  if (decimal->scale > decimals_max) {
    fail(field.decimals_rule, std::string(field.term) + " is " + text + ": more than two decimals");
    return std::nullopt;
  }
  Decimal value = *decimal;
  for (; value.scale > digits_ && value.digits % 10 == 0; --value.scale) value.digits /= 10;
  if (value.scale > digits_) {
    fail(field.decimals_rule,
         std::string(field.term) + " is " + text + ": more decimals than " + currency_ + " has");
    return std::nullopt;
  }
  std::int64_t minor = 0;
  const bool wraps = __builtin_mul_overflow(value.digits, ten_to(digits_ - value.scale), &minor);
  if (wraps || minor > contracts::amount_max || minor < -contracts::amount_max) {
    fail(field.term, text + " is more than can be held");
    return std::nullopt;
  }
  return minor;
}

std::optional<std::int64_t> AmountReader::amount(Node element, Field field) {
  if (!element) return std::nullopt;
  const std::string currency = attribute_of(element, "currencyID");
  if (!currency.empty() && !currency_.empty() && currency != currency_) {
    fail("PEPPOL-EN16931-R051",
         std::string(field.term) + " is in " + currency + ", the invoice in " + currency_);
    return std::nullopt;
  }
  return minor_units(text_of(element), field);
}

void AmountReader::read_totals(Node totals) {
  out_.line_total = total(totals, "cbc:LineExtensionAmount", {"BT-106", "BR-DEC-09"});
  out_.allowance_total = total(totals, "cbc:AllowanceTotalAmount", {"BT-107", "BR-DEC-10"});
  out_.charge_total = total(totals, "cbc:ChargeTotalAmount", {"BT-108", "BR-DEC-11"});
  out_.tax_exclusive = total(totals, "cbc:TaxExclusiveAmount", {"BT-109", "BR-DEC-12"});
  out_.tax_inclusive = total(totals, "cbc:TaxInclusiveAmount", {"BT-112", "BR-DEC-14"});
  out_.prepaid = total(totals, "cbc:PrepaidAmount", {"BT-113", "BR-DEC-16"});
  out_.rounding = total(totals, "cbc:PayableRoundingAmount", {"BT-114", "BR-DEC-17"});
  out_.payable = total(totals, "cbc:PayableAmount", {"BT-115", "BR-DEC-18"});
}

void AmountReader::read_lines(Node root) {
  for (const auto line : find_all(root, "cac:InvoiceLine/cbc:LineExtensionAmount")) {
    if (const auto net = amount(line, {"BT-131", "BR-DEC-23"})) out_.line_nets.push_back(*net);
  }
}

void AmountReader::read_allowances_and_charges(Node root) {
  for (const auto item : find_all(root, "cac:AllowanceCharge")) {
    const std::string indicator = text_at(item, "cbc:ChargeIndicator");
    const bool is_charge = indicator == "true" || indicator == "1";
    const Field field = is_charge ? Field{"BT-99", "BR-DEC-05"} : Field{"BT-92", "BR-DEC-01"};
    const auto value = amount(find_first(item, "cbc:Amount"), field);
    if (value) (is_charge ? out_.charges : out_.allowances).push_back(*value);
  }
}

void AmountReader::read_vat_group(Node group) {
  UblVatGroup out;
  out.taxable = amount(find_first(group, "cbc:TaxableAmount"), {"BT-116", "BR-DEC-19"}).value_or(0);
  out.tax = amount(find_first(group, "cbc:TaxAmount"), {"BT-117", "BR-DEC-20"}).value_or(0);
  const std::string percent = text_at(group, "cac:TaxCategory/cbc:Percent");
  if (!percent.empty()) {
    const auto rate = parse_decimal(percent);
    std::int64_t scaled = 0;
    if (!rate || rate->scale > rate_scale_max ||
        __builtin_mul_overflow(rate->digits, ten_to(rate_scale_max - rate->scale), &scaled)) {
      return fail("BT-119", "'" + percent + "' is not a VAT rate");
    }
    out.rate_e6 = scaled;
  }
  out_.vat_groups.push_back(out);
}

/// A second VAT total, in the currency of the tax office (BT-111), is not part of what is owed.
void AmountReader::read_taxes(Node root) {
  for (const auto tax : find_all(root, "cac:TaxTotal")) {
    const Node total_amount = find_first(tax, "cbc:TaxAmount");
    const std::string currency = attribute_of(total_amount, "currencyID");
    if (!currency.empty() && !currency_.empty() && currency != currency_) continue;
    if (const auto value = amount(total_amount, {"BT-110", "BR-DEC-13"})) out_.tax_totals.push_back(*value);
    for (const auto group : find_all(tax, "cac:TaxSubtotal")) read_vat_group(group);
  }
}

void AmountReader::read(Node root) {
  read_totals(find_first(root, "cac:LegalMonetaryTotal"));
  read_lines(root);
  read_allowances_and_charges(root);
  read_taxes(root);
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!is_unsigned_decimal(text)) return std::nullopt;
  const auto point = text.find('.');
  Decimal out;
  if (point != std::string_view::npos) out.scale = static_cast<unsigned>(text.size() - point - 1);
  std::size_t significant = 0;
  for (const char c : text) {
    if (c == '.') continue;
    if (significant > 0 || c != '0') ++significant;
    if (significant > decimal_digits_max) return std::nullopt;
    out.digits = out.digits * 10 + (c - '0');
  }
  if (negative) out.digits = -out.digits;
  return out;
}

std::optional<Failure> read_amounts(pugi::xml_node root, const std::string& currency, unsigned digits,
                                    UblAmounts& out) {
  AmountReader reader(currency, digits, out);
  reader.read(root);
  return reader.failure();
}

}  // namespace aval::cli
