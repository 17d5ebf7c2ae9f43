#include "cli/ubl_parties.h"

#include <optional>

#include "cli/text.h"
#include "contracts/genesis_check.h"
#include "crypto/hash.h"

namespace aval::cli {
namespace {

using Node = pugi::xml_node;

constexpr std::string_view lei_scheme = "0199";  // ISO 6523 code of ISO 17442
constexpr std::size_t member_id_bytes_max = 64;
constexpr std::size_t id_hash_digits = 8;

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string vat_of(Node party) {
  for (const auto scheme : find_all(party, "cac:PartyTaxScheme")) {
    if (upper(text_at(scheme, "cac:TaxScheme/cbc:ID")) == "VAT") return text_at(scheme, "cbc:CompanyID");
  }
  return {};
}

/// "scheme:value", or the value alone where no scheme is named.
std::string with_scheme(Node identifier) {
  const std::string value = text_of(identifier);
  const std::string scheme = attribute_of(identifier, "schemeID");
  return value.empty() || scheme.empty() ? value : scheme + ":" + value;
}

/// BT-34 and BT-49 are nothing without their scheme (BR-62, BR-63).
std::string electronic_address_of(Node party) {
  const Node endpoint = find_first(party, "cbc:EndpointID");
  return attribute_of(endpoint, "schemeID").empty() ? std::string() : with_scheme(endpoint);
}

/// BT-29 or BT-46: one under a scheme before one without; never the bank's SEPA creditor id (BT-90).
std::string identifier_of(Node party) {
  std::string plain;
  for (const auto identifier : find_all(party, "cac:PartyIdentification/cbc:ID")) {
    const std::string scheme = attribute_of(identifier, "schemeID");
    if (scheme == "SEPA") continue;
    if (!scheme.empty()) return with_scheme(identifier);
    if (plain.empty()) plain = text_of(identifier);
  }
  return plain;
}

/// What is called an LEI by its scheme is taken as one, right or wrong (a rule judges it); what is not
/// must have the form and the check digits.
std::string lei_of(Node party) {
  std::vector<Node> candidates = find_all(party, "cac:PartyIdentification/cbc:ID");
  candidates.push_back(find_first(party, "cac:PartyLegalEntity/cbc:CompanyID"));
  candidates.push_back(find_first(party, "cbc:EndpointID"));
  for (const auto candidate : candidates) {
    std::string value = upper(text_of(candidate));
    if (attribute_of(candidate, "schemeID") == lei_scheme || contracts::is_lei(value)) return value;
  }
  return {};
}

UblParty party_of(Node party) {
  UblParty out;
  out.name = text_at(party, "cac:PartyLegalEntity/cbc:RegistrationName");
  if (out.name.empty()) out.name = text_at(party, "cac:PartyName/cbc:Name");
  out.lei = lei_of(party);
  out.vat = vat_of(party);
  out.legal_id = text_at(party, "cac:PartyLegalEntity/cbc:CompanyID");
  out.electronic_address = electronic_address_of(party);
  out.identifier = identifier_of(party);
  out.country = upper(text_at(party, "cac:PostalAddress/cac:Country/cbc:IdentificationCode"));
  return out;
}

/// Equal, different, or nothing to compare.
std::optional<bool> same_value(const std::string& left, const std::string& right) {
  const auto a = lower_alphanumerics(left);
  const auto b = lower_alphanumerics(right);
  if (a.empty() || b.empty()) return std::nullopt;
  return a == b;
}

/// Compares the party identifications that stand under the same scheme.
std::optional<bool> same_identification(Node seller, Node payee) {
  std::optional<bool> out;
  for (const auto left : find_all(seller, "cac:PartyIdentification/cbc:ID")) {
    for (const auto right : find_all(payee, "cac:PartyIdentification/cbc:ID")) {
      if (attribute_of(left, "schemeID") != attribute_of(right, "schemeID")) continue;
      if (same_value(text_of(left), text_of(right)).value_or(false)) return true;
      out = false;
    }
  }
  return out;
}

bool same_name(Node seller, Node payee) {
  const std::string payee_name = text_at(payee, "cac:PartyName/cbc:Name");
  const auto is = [&](const char* path) {
    const std::string name = text_at(seller, path);
    return name == payee_name || same_value(name, payee_name).value_or(false);
  };
  return is("cac:PartyLegalEntity/cbc:RegistrationName") || is("cac:PartyName/cbc:Name");
}

bool is_seller(Node seller, Node payee) {
  const auto legal = same_value(text_at(seller, "cac:PartyLegalEntity/cbc:CompanyID"),
                                text_at(payee, "cac:PartyLegalEntity/cbc:CompanyID"));
  if (legal) return *legal;
  if (const auto vat = same_value(vat_of(seller), vat_of(payee))) return *vat;
  if (const auto identified = same_identification(seller, payee)) return *identified;
  return same_name(seller, payee);
}

/// An id within the ledger's form: what does not fit, or lost letters on the way, ends in a hash.
std::string as_member_id(std::string readable, std::string_view source, bool lossless) {
  if (lossless && readable.size() <= member_id_bytes_max) return readable;
  readable = readable.substr(0, member_id_bytes_max - id_hash_digits - 1);
  return readable + (readable.empty() ? "" : "-") + crypto::sha256(source).hex().substr(0, id_hash_digits);
}

/// True when two texts with one slug are the same identifier: letters, digits and one joint.
bool is_plain(std::string_view text) { return lower_alphanumerics(text).size() + 1 >= text.size(); }

/// The members of a VAT group share its number; their registration tells them apart.
std::string vat_text_of(const UblParty& party) {
  const std::string vat = lower_alphanumerics(party.vat);
  const std::string legal = lower_alphanumerics(party.legal_id);
  if (vat.empty() || legal.empty() || vat.find(legal) != std::string::npos) return vat;
  return vat + "-" + legal;
}

/// The kind in front keeps a VAT number and a registration of one spelling apart.
std::string id_from(const char* kind, const std::string& text, bool lossless) {
  if (text.empty()) return {};
  return as_member_id(std::string(kind) + "-" + slug(text), upper(text), lossless);
}

}  // namespace

UblParty seller_of(pugi::xml_node root) {
  return party_of(find_first(root, "cac:AccountingSupplierParty/cac:Party"));
}

UblParty buyer_of(pugi::xml_node root) {
  return party_of(find_first(root, "cac:AccountingCustomerParty/cac:Party"));
}

std::string foreign_payee_of(pugi::xml_node root) {
  const Node seller = find_first(root, "cac:AccountingSupplierParty/cac:Party");
  for (const auto payee : find_all(root, "cac:PayeeParty")) {
    if (is_seller(seller, payee)) continue;
    const std::string name = text_at(payee, "cac:PartyName/cbc:Name");
    if (!name.empty()) return name;
    const std::string legal_id = text_at(payee, "cac:PartyLegalEntity/cbc:CompanyID");
    return legal_id.empty() ? "a payee without a name" : legal_id;
  }
  return {};
}

std::string member_id_of(const UblParty& party) {
  if (!party.lei.empty()) return id_from("lei", party.lei, true);
  if (const auto vat = vat_text_of(party); !vat.empty()) return id_from("vat", vat, true);
  const std::string& address = party.electronic_address;
  if (!address.empty()) return id_from("ea", address, is_plain(address));
  const std::string& legal = party.legal_id;
  if (!legal.empty()) return id_from("reg", party.country + " " + legal, is_plain(legal));
  // Without a scheme an identifier is one that the other party gave; with the name it is nearly one.
  const bool global = party.identifier.find(':') != std::string::npos;
  if (party.identifier.empty() || global) return id_from("id", party.identifier, is_plain(party.identifier));
  return id_from("id", party.identifier + " " + party.name, false);
}

}  // namespace aval::cli
