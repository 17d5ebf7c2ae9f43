#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/session.h"
#include "crypto/hash.h"

namespace aval::cli {

/// A party of a UBL document, with every identifier that can lead to a member.
struct UblParty {
  std::string name;                // BT-27 / BT-44
  std::string lei;                 // a scheme 0199 identifier, or an ISO 17442 form that checks
  std::string vat;                 // BT-31 / BT-48
  std::string legal_id;            // BT-30 / BT-47
  std::string electronic_address;  // BT-34 / BT-49 as scheme:value
  std::string identifier;          // BT-29 / BT-46, as scheme:value where it has a scheme
  std::string country;             // BT-40 / BT-55
};

/// The fields of a UBL 2.1 invoice that Aval works with (EN 16931 business terms).
struct UblInvoice {
  std::string number;              // BT-1
  std::uint32_t issue_date = 0;    // BT-2, days since 1970
  std::uint32_t due_date = 0;      // BT-9, else that of the payment means; 0: only terms in words (BT-20)
  std::uint32_t type_code = 0;     // BT-3
  std::string currency;            // BT-5
  std::int64_t payable_minor = 0;  // BT-115
  std::int64_t gross_minor = 0;    // BT-112
  std::string order_reference;     // BT-13
  UblParty seller;
  UblParty buyer;
  bool payee_differs = false;  // BG-10 names somebody else
  crypto::Digest document_digest;
};

/// Reads and checks an invoice: size, XML (no DTD, no entities), namespace, the EN 16931 arithmetic of
/// BT-106..BT-115, currency and decimals, dates, type, payee. A Failure has the rule or field as its
/// code (BR-CO-10, BT-115, AVAI ...); `invoice` then holds what was read until there.
struct UblResult {
  bool ok = false;
  UblInvoice invoice;
  Failure failure;
};
UblResult read_ubl(const std::string& path);
UblResult parse_ubl(std::string_view xml);

/// The seller and the buyer of any UBL 2.1 invoice or credit note file, good enough to register them:
/// only the XML and the parties are looked at. Parties without any identifier are left out.
Result<std::vector<UblParty>> read_ubl_parties(const std::string& path);

/// The member id that stands for a party on a development network: from LEI, else VAT number (with the
/// legal id behind it where that is not part of it: the firms of a VAT group share one number), else
/// electronic address, else country and legal id, else identifier and name; [a-z0-9-], at most 64
/// bytes. Empty when the party has none of them: a name alone is nobody.
std::string member_id_of(const UblParty& party);

/// Canonical bytes under the duplicate register's tiers (DOMAIN: X, N1, P): ids upper case; numbers
/// NFKC, upper, alphanumerics only, leading zeros stripped; amounts in minor units; ISO dates.
Bytes fingerprint_input_x(const std::string& seller, const std::string& buyer, std::string_view number,
                          std::uint32_t issue_date, std::string_view currency, std::int64_t payable_minor);
Bytes fingerprint_input_n1(const std::string& seller, const std::string& buyer, std::string_view number,
                           std::uint32_t issue_date, std::string_view currency);
Bytes fingerprint_input_p(const std::string& seller, const std::string& buyer, std::string_view order);

}  // namespace aval::cli
