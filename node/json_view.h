#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "node/api_backend.h"

/// The ledger as JSON for people and programs; the shapes are those of node/API.md. Nothing here is
/// signed or hashed: proofs carry the canonical bytes.
namespace aval::node {

using Json = nlohmann::ordered_json;

/// JSON text of a view; bytes that are not UTF-8 come out as U+FFFD.
std::string text_of(const Json& json);

/// Appends `text`, which is valid UTF-8, as a JSON string in quotes.
void append_json_string(std::string& out, std::string_view text);

/// {"currency":"EUR","amount":"1234.56"}; {"minor":123456} when the currency is not known.
Json money_view(std::int64_t minor, std::string_view currency);

/// True for the {type} of /v1/state/{type}.
bool is_entity_type(std::string_view type);
/// Where the entity stands in the state (contracts/keys.h); the programme's id is "programme".
Bytes entity_key(std::string_view type, std::string_view id);
/// The stored entity by its proto field names. Enumerators by name; amounts as money_view; days as
/// ISO dates, null for none; digests and keys in hexadecimal, other bytes in base64. `state` is where
/// a note's obligation is looked up for its currency. Corrupt when `value` is not such an entity.
Result<Json> entity_view(std::string_view type, std::string_view id, ByteView value,
                         const ledger::StateReader& state);

Json header_view(const ledger::Header& header);
/// A certificate's view and who signed it, by member id.
Json certificate_view(const ledger::Certificate& certificate, const ledger::ValidatorSet& set);
/// Height, hash, header and the results of its transactions; the certificate is for the caller to add.
Json block_view(const ledger::Header& header, const std::vector<ledger::Receipt>& receipts);
/// A contradiction of a validator of `set`, with its canonical bytes.
Json evidence_view(const ledger::Evidence& evidence, const ledger::ValidatorSet& set);
/// The bytes of a new view, and whose: the primary is a validator of `set`.
Json new_view_entry(ByteView canonical, const ledger::ValidatorSet& set);
Json status_view(const std::string& member, const ledger::ChainConfig& chain, const NodeStatus& status);

/// The transaction object. Written by hand: it is the answer to every submit. Without `tx_id` the
/// field is left out.
std::string transaction_view(const std::optional<ledger::TxId>& tx_id, const TxState& state);

}  // namespace aval::node
