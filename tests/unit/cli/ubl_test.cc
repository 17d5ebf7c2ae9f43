#include "cli/ubl.h"

#include <catch2/catch.hpp>

#include "contracts/calendar.h"
#include "tests/unit/cli/samples.h"

using namespace aval;
using namespace aval::cli;

namespace {

std::uint32_t day(const char* text) { return contracts::parse_date(text).value(); }

std::string code_of_sample(const std::string& name) {
  const auto result = read_sample_invoice(name);
  CHECK_FALSE(result.ok);
  CHECK_FALSE(result.failure.cause.empty());
  CHECK(result.failure.exit_code == exit_refused);
  return result.failure.code;
}

std::string code_of_change(const std::string& from, const std::string& to) {
  const auto result = parse_ubl(changed_sample(from, to));
  return result.ok ? "accepted" : result.failure.code;
}

}  // namespace

TEST_CASE("an invoice is read with its parties, dates and exact amounts", "[cli]") {
  const auto result = read_sample_invoice("invoice-ab-2026-001.xml");
  REQUIRE(result.ok);
  const UblInvoice& invoice = result.invoice;
  CHECK(invoice.number == "AB-2026-001");
  CHECK(invoice.issue_date == day("2026-11-16"));
  CHECK(invoice.due_date == day("2027-02-15"));
  CHECK(invoice.type_code == 380);
  CHECK(invoice.currency == "EUR");
  CHECK(invoice.payable_minor == 25'000'000);
  CHECK(invoice.gross_minor == 25'000'000);
  CHECK(invoice.order_reference == "PO-7781");
  CHECK_FALSE(invoice.payee_differs);
  CHECK(invoice.seller.name == "Nordlys Components AB");
  CHECK(invoice.seller.lei == "9845NORDLYSCOMP00160");
  CHECK(invoice.seller.vat == "SE559000123401");
  CHECK(invoice.seller.legal_id == "5590001234");
  CHECK(invoice.seller.electronic_address == "0007:5590001234");
  CHECK(invoice.seller.country == "SE");
  CHECK(invoice.buyer.vat == "DE811900450");
  CHECK(invoice.document_digest ==
        crypto::tagged(crypto::Tag::Document, read_sample("invoice-ab-2026-001.xml")));
}

TEST_CASE("what is financed is the amount due, after allowances, charges, prepayment and rounding", "[cli]") {
  const auto result = read_sample_invoice("invoice-prepaid.xml");
  REQUIRE(result.ok);
  CHECK(result.invoice.gross_minor == 172'550);
  CHECK(result.invoice.payable_minor == 100'000);
}

TEST_CASE("a payee that is the seller itself is no assignment", "[cli]") {
  CHECK(read_sample_invoice("invoice-prepaid.xml").ok);
}

TEST_CASE("a currency without decimals is counted in whole units", "[cli]") {
  const auto result = read_sample_invoice("invoice-jpy.xml");
  REQUIRE(result.ok);
  CHECK(result.invoice.payable_minor == 1'100'000);
  CHECK(code_of_sample("bad-jpy-decimals.xml").starts_with("BR-DEC"));
}

TEST_CASE("terms in words leave the due date open, none at all are refused", "[cli]") {
  const auto result = read_sample_invoice("invoice-terms-in-words.xml");
  REQUIRE(result.ok);
  CHECK(result.invoice.due_date == 0);
  CHECK(code_of_sample("bad-no-due-date.xml") == "BR-CO-25");
}

TEST_CASE("the payment means' due date counts where the header has none", "[cli]") {
  std::string xml = changed_sample("  <cbc:DueDate>2027-02-15</cbc:DueDate>\n", "");
  const std::string means = "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>";
  xml.replace(xml.find(means), means.size(), means + "<cbc:PaymentDueDate>2027-01-31</cbc:PaymentDueDate>");
  const auto result = parse_ubl(xml);
  REQUIRE(result.ok);
  CHECK(result.invoice.due_date == day("2027-01-31"));
}

TEST_CASE("elements are known by their namespace, whatever the prefixes", "[cli]") {
  const auto result = read_sample_invoice("invoice-other-prefixes.xml");
  REQUIRE(result.ok);
  CHECK(result.invoice.number == "AB-2026-019");
  CHECK(code_of_sample("bad-namespace.xml") == "AVNS");
}

TEST_CASE("an element of a foreign namespace is not taken for one of UBL", "[cli]") {
  CHECK(code_of_change("<cbc:ID>AB-2026-001</cbc:ID>", "<x:ID xmlns:x=\"urn:example\">AB-2026-001</x:ID>") ==
        "BR-02");
}

TEST_CASE("each defect is refused under its own code", "[cli]") {
  CHECK(code_of_sample("bad-not-xml.xml") == "AVXM");
  CHECK(code_of_sample("bad-totals.xml") == "BR-CO-15");
  CHECK(code_of_sample("bad-lines.xml") == "BR-CO-10");
  CHECK(code_of_sample("bad-vat.xml") == "BR-CO-17");
  CHECK(code_of_sample("bad-currency.xml") == "BR-CL-04");
  CHECK(code_of_sample("bad-mixed-currency.xml") == "PEPPOL-EN16931-R051");
  CHECK(code_of_sample("bad-decimals.xml") == "BR-DEC-18");
  CHECK(code_of_sample("bad-due-before-issue.xml") == "BT-9");
  CHECK(code_of_sample("bad-date.xml") == "BT-9");
  CHECK(code_of_sample("bad-factored-393.xml") == "AVAI");
  CHECK(code_of_sample("bad-payee.xml") == "AVAI");
  CHECK(code_of_sample("bad-payee-same-name.xml") == "AVAI");
  CHECK(code_of_sample("bad-corrected-384.xml") == "AVUT");
  CHECK(code_of_sample("bad-credit-note.xml") == "AVUT");
  CHECK(code_of_sample("bad-negative.xml") == "BT-115");
  CHECK(code_of_sample("bad-paid.xml") == "BT-115");
  CHECK(code_of_sample("bad-no-number.xml") == "BR-02");
  CHECK(code_of_sample("bad-number-twice.xml") == "UBL-SR");
  CHECK(code_of_sample("bad-lei.xml") == "BT-30");
}

TEST_CASE("every total is checked to the cent", "[cli]") {
  const std::string payable = "<cbc:PayableAmount currencyID=\"EUR\">250000.00";
  CHECK(code_of_change(payable, "<cbc:PayableAmount currencyID=\"EUR\">249999.99") == "BR-CO-16");
  const std::string exclusive = "<cbc:TaxExclusiveAmount currencyID=\"EUR\">210084.03";
  CHECK(code_of_change(exclusive, "<cbc:TaxExclusiveAmount currencyID=\"EUR\">210084.04") == "BR-CO-13");
  const std::string allowance =
      "    <cbc:AllowanceTotalAmount currencyID=\"EUR\">1.00</cbc:AllowanceTotalAmount>\n";
  CHECK(code_of_change("    <cbc:PayableAmount", allowance + "    <cbc:PayableAmount") == "BR-CO-11");
  const std::string charge = "    <cbc:ChargeTotalAmount currencyID=\"EUR\">1.00</cbc:ChargeTotalAmount>\n";
  CHECK(code_of_change("    <cbc:PayableAmount", charge + "    <cbc:PayableAmount") == "BR-CO-12");
  CHECK(code_of_change("<cbc:TaxAmount currencyID=\"EUR\">39915.97</cbc:TaxAmount>\n    <cac:TaxSubtotal>",
                       "<cbc:TaxAmount currencyID=\"EUR\">39915.98</cbc:TaxAmount>\n    <cac:TaxSubtotal>") ==
        "BR-CO-14");
}

TEST_CASE("the VAT of a category may be off by less than one unit, not by a whole one", "[cli]") {
  // 210,084.03 at 19 % is 39,915.9657.
  const auto with_tax = [](const std::string& tax, const std::string& gross) {
    std::string xml = changed_sample("39915.97", tax);
    for (auto at = xml.find("250000.00"); at != std::string::npos; at = xml.find("250000.00")) {
      xml.replace(at, 9, gross);
    }
    const auto result = parse_ubl(xml);
    return result.ok ? std::string("accepted") : result.failure.code;
  };
  CHECK(with_tax("39916.96", "250000.99") == "accepted");
  CHECK(with_tax("39916.97", "250001.00") == "BR-CO-17");
  CHECK(with_tax("39914.97", "249999.00") == "accepted");
  CHECK(with_tax("39914.96", "249998.99") == "BR-CO-17");
}

TEST_CASE("a missing field is named by its rule and term", "[cli]") {
  CHECK(code_of_change("<cbc:IssueDate>2026-11-16</cbc:IssueDate>", "") == "BR-03");
  CHECK(code_of_change("<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", "") == "BR-04");
  CHECK(code_of_change("<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", "") == "BR-05");
  CHECK(code_of_change("<cbc:RegistrationName>Nordlys Components AB</cbc:RegistrationName>", "") == "BR-06");
  CHECK(code_of_change("<cbc:RegistrationName>Hafen Maschinenbau GmbH</cbc:RegistrationName>", "") ==
        "BR-07");
  CHECK(code_of_change("<cbc:PayableAmount currencyID=\"EUR\">250000.00</cbc:PayableAmount>", "") == "BR-15");
  const auto result = parse_ubl(changed_sample("<cbc:IssueDate>2026-11-16</cbc:IssueDate>", ""));
  CHECK(result.failure.cause.find("BT-2") != std::string::npos);
}

TEST_CASE("a document type declaration or an entity of its own is refused, never followed", "[cli]") {
  CHECK(code_of_sample("bad-entity-bomb.xml") == "AVDT");
  CHECK(code_of_sample("bad-external-entity.xml") == "AVDT");
  CHECK(code_of_sample("bad-undeclared-entity.xml") == "AVDT");
}

TEST_CASE("the five entities of XML and character references are read", "[cli]") {
  const auto result = parse_ubl(changed_sample("Nordlys Components AB", "Nordlys &amp; S&#246;ner"));
  REQUIRE(result.ok);
  CHECK(result.invoice.seller.name == "Nordlys & Söner");
}

TEST_CASE("a comment inside a value does not cut it", "[cli]") {
  const auto result = parse_ubl(changed_sample("AB-2026-001", "AB-2026<!-- not the end -->-001"));
  REQUIRE(result.ok);
  CHECK(result.invoice.number == "AB-2026-001");
}

TEST_CASE("bytes that are not UTF-8, a second root, bottomless nesting and size are refused", "[cli]") {
  CHECK(code_of_change("Nordlys Components AB", "Nordlys \xff AB") == "AVXM");
  CHECK(parse_ubl(read_sample("invoice-ab-2026-001.xml") + "<again/>").failure.code == "AVXM");
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  for (int i = 0; i < 100; ++i) deep += "</a>";
  CHECK(code_of_change("</Invoice>", deep + "</Invoice>") == "AVXM");
  CHECK(parse_ubl(std::string(20'000'000, ' ')).failure.code == "AVSZ");
  CHECK(parse_ubl("").failure.code == "AVXM");
}

TEST_CASE("amounts that are no decimals, or too large, are refused by their term", "[cli]") {
  const std::string payable = "<cbc:PayableAmount currencyID=\"EUR\">250000.00";
  for (const char* text : {"2.5e5", "0x10", "NaN", "250,000.00", "", "9999999999999999999", "1 000.00"}) {
    const auto code = code_of_change(payable, std::string("<cbc:PayableAmount currencyID=\"EUR\">") + text);
    CHECK((code == "BT-115" || code == "BR-15"));
  }
}

TEST_CASE("a number that the ledger or a terminal could not hold is refused", "[cli]") {
  CHECK(code_of_change("AB-2026-001", std::string(65, 'A')) == "BT-1");
  CHECK(code_of_change("AB-2026-001", "AB&#27;[31m") == "BT-1");
}

TEST_CASE("a refusal still tells whose invoice it was", "[cli]") {
  const auto result = read_sample_invoice("bad-payee.xml");
  CHECK(result.invoice.payee_differs);
  CHECK(result.invoice.seller.name == "Nordlys Components AB");
  CHECK(result.failure.cause.find("Kapital Faktor AB") != std::string::npos);
}

TEST_CASE("the parties of a credit note can be read, for registration", "[cli]") {
  const auto parties = read_ubl_parties(sample_path("bad-credit-note.xml").string());
  REQUIRE(parties);
  REQUIRE(parties->size() == 2);
  CHECK(parties->front().name == "Nordlys Components AB");
  CHECK(read_ubl_parties(sample_path("bad-no-buyer-id.xml").string())->size() == 1);
  CHECK_FALSE(read_ubl_parties(sample_path("bad-not-xml.xml").string()));
}

TEST_CASE("a file that is not there is a usage error, not a refusal", "[cli]") {
  CHECK(read_ubl("no-such-file.xml").failure.exit_code == exit_usage);
}
