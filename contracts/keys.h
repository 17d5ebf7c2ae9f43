#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "ledger/state.h"

/// Where each entity stands in the state. "type/id"; the same names as in the API's
/// /v1/state/{type}/{id}.
namespace aval::contracts {

inline std::string member_key(std::string_view id) { return "member/" + std::string(id); }
inline std::string device_key(std::string_view id) { return "device/" + std::string(id); }
inline std::string programme_key() { return "programme"; }
inline std::string invoice_key(std::string_view id) { return "invoice/" + std::string(id); }
inline std::string obligation_key(std::string_view id) { return "obligation/" + std::string(id); }
inline std::string note_key(std::string_view id) { return "note/" + std::string(id); }
inline std::string financing_key(std::string_view id) { return "financing/" + std::string(id); }
inline std::string shipment_key(std::string_view id) { return "shipment/" + std::string(id); }
/// tier is "x", "n1" or "p"; the fingerprint is written in hexadecimal.
inline std::string register_key(std::string_view tier, ByteView fingerprint) {
  return "register/" + std::string(tier) + "-" + to_hex(fingerprint);
}
inline std::string cash_key(std::string_view currency, std::string_view member) {
  return "cash/" + std::string(currency) + "-" + std::string(member);
}
/// What makes an end-to-end id single use for its obligor.
inline std::string payment_key(std::string_view obligor, ByteView end_to_end_id) {
  return "payment/" + std::string(obligor) + "-" + to_hex(end_to_end_id);
}
inline std::string cash_issued_key(std::string_view currency) { return "issued/" + std::string(currency); }

inline std::string proposal_key(std::string_view id) { return "proposal/" + std::string(id); }
inline std::string governance_key() { return "governance"; }
inline std::string readiness_key(std::string_view member) { return "readiness/" + std::string(member); }
inline std::string seat_key(ByteView public_key) { return "seat-key/" + to_hex(public_key); }

/// Index: transaction id -> encode_tx_record(). Outside the authenticated tree.
inline std::string tx_index_key(ByteView tx_id) { return "~tx/" + std::string(tx_id); }
/// Index: a member's client reference -> the 32 bytes of the one transaction id it names.
inline std::string ref_index_key(std::string_view member, ByteView client_ref) {
  return "~ref/" + std::string(member) + "/" + std::string(client_ref);
}

}  // namespace aval::contracts
