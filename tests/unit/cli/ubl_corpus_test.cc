#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "cli/ubl_rules.h"
#include "tests/unit/cli/samples.h"

using namespace aval;
using namespace aval::cli;

namespace {

namespace fs = std::filesystem;

/// Public invoices and rule tests of EN 16931 lie beside the checkout where they are at hand; they are
/// other people's files and not part of the product.
fs::path data_folder() { return sample_path("../../../../shared/data/en16931").lexically_normal(); }

std::vector<fs::path> xml_files(const std::vector<const char*>& folders) {
  std::vector<fs::path> out;
  for (const char* folder : folders) {
    if (!fs::exists(data_folder() / folder)) continue;
    for (const auto& entry : fs::directory_iterator(data_folder() / folder)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<fs::path> corpus() { return xml_files({"ubl/examples", "test/testfiles"}); }

/// Why a public example cannot be financed. Those that are not listed must be read.
const std::map<std::string, std::string> refused_examples{
    {"BIS3_Invoice_negativ.XML", "BT-115"},
    {"BIS_Billing_30-Factoring.xml", "AVAI"},
    {"BIS_Billing_30-Kreditering_med_kreditnota.xml", "AVUT"},
    {"BIS_Billing_30-Kreditering_med_negativ_faktura.xml", "BT-115"},
    {"CreditNote-Max_content.xml", "AVUT"},
    {"CreditNote-Min_content_with_VAT.xml", "AVUT"},
    {"CreditNote-Min_content_without_VAT.xml", "AVUT"},
    {"Invoice-Max_content.xml", "AVAI"},
    {"guide-example2.xml", "AVAI"},
    {"ubl-tc434-creditnote1.xml", "AVUT"},
    {"ubl-tc434-example2.xml", "AVAI"},
    {"ubl-tc434-example5.xml", "AVAI"},
};

std::string expected_code(const fs::path& file) {
  const auto found = refused_examples.find(file.filename().string());
  return found == refused_examples.end() ? "" : found->second;
}

const UblRule* find_rule(const std::string& id) {
  for (const auto* rules : {&presence_rules(), &arithmetic_rules()}) {
    for (const auto& rule : *rules) {
      if (id == rule.id) return &rule;
    }
  }
  return nullptr;
}

pugi::xml_node invoice_of(pugi::xml_node test) {
  for (const auto child : test.children()) {
    if (local_name(child) == "Invoice") return child;
  }
  return {};
}

/// One case of a rule's official test set: the verdict it wants against ours.
void check_case(const UblRule& rule, pugi::xml_node test) {
  const auto assertion = test.child("assert");
  const bool wants_success = text_of(assertion.child("success")) == rule.id;
  const bool wants_error = text_of(assertion.child("error")) == rule.id;
  if (!wants_success && !wants_error) return;
  UblFacts facts{invoice_of(test), "", {}};
  REQUIRE(facts.root);
  facts.currency = text_at(facts.root, "cbc:DocumentCurrencyCode");
  read_amounts(facts.root, facts.currency, 2, facts.amounts);
  const auto broken = rule.broken_by(facts);
  INFO(rule.id << ": " << text_of(assertion.child("description")) << ": " << broken.value_or("holds"));
  CHECK(broken.has_value() == wants_error);
}

std::size_t check_test_set(const fs::path& file) {
  const auto xml = read_sample(file.string());
  Failure failure;
  const auto document = UblXml::parse(xml, failure);
  INFO(file << ": " << failure.cause);
  REQUIRE(document != nullptr);
  std::size_t cases = 0;
  for (const auto test : document->root().children("test")) {
    const auto assertion = test.child("assert");
    for (const char* verdict : {"success", "error"}) {
      const auto* rule = find_rule(text_of(assertion.child(verdict)));
      if (rule == nullptr) continue;
      check_case(*rule, test);
      ++cases;
    }
  }
  return cases;
}

}  // namespace

TEST_CASE("every public example is read, or refused for the reason it deserves", "[cli]") {
  const auto files = corpus();
  if (files.empty()) WARN("SKIPPED: 35 public examples, no folder " << data_folder());
  for (const auto& file : files) {
    const auto result = read_ubl(file.string());
    INFO(file.filename() << " " << result.failure.code << ": " << result.failure.cause);
    CHECK((result.ok ? "" : result.failure.code) == expected_code(file));
  }
}

TEST_CASE("no two parties of one public example share a member id", "[cli]") {
  for (const auto& file : corpus()) {
    const auto result = read_ubl(file.string());
    const std::string seller = member_id_of(result.invoice.seller);
    INFO(file.filename());
    CHECK((seller.empty() || seller != member_id_of(result.invoice.buyer)));
  }
}

TEST_CASE("parties of public examples that differ in their identifiers differ in their ids", "[cli]") {
  std::map<std::string, std::set<std::string>> spellings;
  for (const auto& file : corpus()) {
    const auto result = read_ubl(file.string());
    for (const auto& party : {result.invoice.seller, result.invoice.buyer}) {
      const std::string id = member_id_of(party);
      if (id.empty()) continue;
      CHECK(id == member_id_of(party));
      const std::string& strongest = !party.lei.empty()                  ? party.lei
                                     : !party.vat.empty()                ? party.vat
                                     : !party.electronic_address.empty() ? party.electronic_address
                                     : !party.legal_id.empty()           ? party.legal_id
                                                                         : party.identifier;
      spellings[id].insert(strongest);
    }
  }
  for (const auto& [id, strongest] : spellings) {
    INFO(id);
    CHECK(strongest.size() == 1);
  }
}

TEST_CASE("our rules agree with the official test sets of EN 16931", "[cli]") {
  const auto files = xml_files({"test/Invoice-unit-UBL"});
  if (files.empty()) WARN("SKIPPED: official test sets, no folder " << data_folder());
  std::size_t cases = 0;
  for (const auto& file : files) cases += check_test_set(file);
  if (!files.empty()) CHECK(cases > 50);
}
