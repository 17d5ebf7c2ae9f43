#include "cli/ubl.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include "cli/advice.h"
#include "cli/output.h"
#include "cli/ubl_amounts.h"
#include "cli/ubl_parties.h"
#include "cli/ubl_rules.h"
#include "contracts/calendar.h"
#include "contracts/currency.h"
#include "contracts/genesis_check.h"
#include "contracts/money.h"

namespace aval::cli {
namespace {

using Refusal = std::optional<Failure>;

constexpr std::string_view invoice_namespace = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
constexpr std::string_view credit_note_namespace =
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2";
constexpr std::uint32_t commercial_invoice = 380;  // UNTDID 1001
constexpr std::uint32_t factored_invoice = 393;
constexpr std::uint32_t factored_credit_note = 396;
constexpr std::size_t number_bytes_max = 64;  // what the ledger keeps of BT-1

bool is_invoice(pugi::xml_node root) {
  return local_name(root) == "Invoice" && namespace_of(root) == invoice_namespace;
}

bool is_credit_note(pugi::xml_node root) {
  return local_name(root) == "CreditNote" && namespace_of(root) == credit_note_namespace;
}

Refusal check_root(pugi::xml_node root) {
  if (is_invoice(root)) return std::nullopt;
  if (is_credit_note(root)) {
    return refusal("AVUT", "this is a credit note, which is no claim that could be financed");
  }
  return refusal("AVNS", "the root element is <" + printable(local_name(root)) + "> of namespace '" +
                             printable(namespace_of(root)) + "', not a UBL 2.1 Invoice");
}

Refusal check_type(const std::string& text, std::uint32_t& type_code) {
  type_code = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || type_code > 10'000)
      return refusal("BT-3", "'" + text + "' is not an invoice type code");
    type_code = type_code * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (type_code == factored_invoice || type_code == factored_credit_note) {
    return refusal("AVAI", "type " + text + " (BT-3) says that the claim was assigned to a factor already");
  }
  if (type_code == commercial_invoice) return std::nullopt;
  return refusal("AVUT", "type " + text + " (BT-3) is not a commercial invoice (380)");
}

Refusal check_payee(pugi::xml_node root, UblInvoice& invoice) {
  const std::string payee = foreign_payee_of(root);
  invoice.payee_differs = !payee.empty();
  if (!invoice.payee_differs) return std::nullopt;
  return refusal("AVAI",
                 "the payee (BG-10) is " + payee + ", not the seller: the claim was assigned already");
}

Refusal check_number(const std::string& number) {
  if (number.size() <= number_bytes_max && printable(number) == number) return std::nullopt;
  return refusal("BT-1", "the invoice number must be text of at most 64 bytes without control characters");
}

Refusal check_lei(const UblParty& party, const char* term) {
  if (party.lei.empty() || contracts::is_lei(party.lei)) return std::nullopt;
  return refusal(term, "'" + party.lei + "' is called an LEI (scheme 0199), but its check digits are wrong");
}

Refusal check_currency(const std::string& currency) {
  if (contracts::is_currency(currency)) return std::nullopt;
  return refusal("BR-CL-04", "'" + currency + "' (BT-5) is not a currency code of ISO 4217");
}

Refusal read_date(const std::string& text, const char* term, std::uint32_t& out) {
  const auto day = contracts::parse_date(text);
  if (!day) return refusal(term, "'" + text + "' is not a date of the form 2026-01-31");
  out = *day;
  return std::nullopt;
}

/// The header's due date, else that of the payment means: UBL allows both, EN 16931 only the first.
std::string due_date_text(pugi::xml_node root) {
  const std::string header = text_at(root, "cbc:DueDate");
  return header.empty() ? text_at(root, "cac:PaymentMeans/cbc:PaymentDueDate") : header;
}

Refusal read_dates(pugi::xml_node root, UblInvoice& invoice) {
  if (auto bad = read_date(text_at(root, "cbc:IssueDate"), "BT-2", invoice.issue_date)) return bad;
  const std::string due = due_date_text(root);
  if (due.empty()) {
    if (!text_at(root, "cac:PaymentTerms/cbc:Note").empty()) return std::nullopt;
    return refusal("BR-CO-25", "there is neither a due date (BT-9) nor payment terms (BT-20)");
  }
  if (auto bad = read_date(due, "BT-9", invoice.due_date)) return bad;
  if (invoice.due_date >= invoice.issue_date) return std::nullopt;
  return refusal("BT-9", "the due date " + due + " is before the issue date");
}

Refusal check_payable(const UblAmounts& amounts, UblInvoice& invoice) {
  invoice.payable_minor = amounts.payable.value_or(0);
  invoice.gross_minor = amounts.tax_inclusive.value_or(0);
  if (invoice.payable_minor > 0) return std::nullopt;
  const bool negative = invoice.payable_minor < 0;
  const std::string amount =
      contracts::format_amount(negative ? -invoice.payable_minor : 0, invoice.currency);
  return refusal("BT-115", std::string("the amount due is ") + (negative ? "-" : "") + amount + " " +
                               invoice.currency + "; only an amount above zero can be financed");
}

/// Everything that can be read without judging it, so that a refusal can still say whose it was.
void read_identity(pugi::xml_node root, UblInvoice& invoice) {
  invoice.number = text_at(root, "cbc:ID");
  invoice.currency = text_at(root, "cbc:DocumentCurrencyCode");
  invoice.order_reference = text_at(root, "cac:OrderReference/cbc:ID");
  invoice.seller = seller_of(root);
  invoice.buyer = buyer_of(root);
}

Refusal check_header(pugi::xml_node root, UblInvoice& invoice) {
  if (auto bad = check_type(text_at(root, "cbc:InvoiceTypeCode"), invoice.type_code)) return bad;
  if (auto bad = check_payee(root, invoice)) return bad;
  if (auto bad = check_number(invoice.number)) return bad;
  if (auto bad = check_lei(invoice.seller, "BT-30")) return bad;
  if (auto bad = check_lei(invoice.buyer, "BT-47")) return bad;
  if (auto bad = check_currency(invoice.currency)) return bad;
  return read_dates(root, invoice);
}

Refusal read_and_check(pugi::xml_node root, UblInvoice& invoice) {
  if (auto bad = check_root(root)) return bad;
  read_identity(root, invoice);
  UblFacts facts{root, invoice.currency, {}};
  if (auto bad = first_broken(presence_rules(), facts)) return bad;
  if (auto bad = check_header(root, invoice)) return bad;
  const unsigned digits = contracts::minor_unit_digits(invoice.currency).value_or(2);
  if (auto bad = read_amounts(root, invoice.currency, digits, facts.amounts)) return bad;
  if (auto bad = first_broken(arithmetic_rules(), facts)) return bad;
  return check_payable(facts.amounts, invoice);
}

/// Reads a file of bounded size; the failure is about the file, not about what it says.
Result<Bytes> read_bounded(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return unexpected(Error::Code::Malformed, "cannot read " + path);
  const auto size = file.tellg();
  if (size < 0) return unexpected(Error::Code::Malformed, "cannot read " + path);
  // One byte more than allowed is enough for the parser to refuse.
  Bytes out(std::min(static_cast<std::size_t>(size), ubl_bytes_max + 1), '\0');
  file.seekg(0);
  if (!file.read(out.data(), static_cast<std::streamsize>(out.size()))) {
    return unexpected(Error::Code::Malformed, "cannot read " + path);
  }
  return out;
}

void keep_identified(UblParty party, std::vector<UblParty>& out) {
  if (!member_id_of(party).empty()) out.push_back(std::move(party));
}

}  // namespace

UblResult parse_ubl(std::string_view xml) {
  UblResult result;
  result.invoice.document_digest = crypto::tagged(crypto::Tag::Document, xml);
  const auto document = UblXml::parse(xml, result.failure);
  if (!document) return result;
  const auto refused = read_and_check(document->root(), result.invoice);
  result.ok = !refused;
  if (refused) result.failure = *refused;
  return result;
}

UblResult read_ubl(const std::string& path) {
  const auto bytes = read_bounded(path);
  if (bytes) return parse_ubl(*bytes);
  UblResult result;
  result.failure = {exit_usage, "file", bytes.error().message, "check the path"};
  return result;
}

Result<std::vector<UblParty>> read_ubl_parties(const std::string& path) {
  AVAL_ASSIGN(const Bytes bytes, read_bounded(path));
  Failure failure;
  const auto document = UblXml::parse(bytes, failure);
  if (!document) return unexpected(Error::Code::Malformed, failure.code + ": " + failure.cause);
  const auto root = document->root();
  if (!is_invoice(root) && !is_credit_note(root)) {
    return unexpected(Error::Code::Malformed, check_root(root)->cause);
  }
  std::vector<UblParty> parties;
  keep_identified(seller_of(root), parties);
  keep_identified(buyer_of(root), parties);
  return parties;
}

}  // namespace aval::cli
