#include "ledger/envelope.h"

#include <algorithm>

#include "crypto/signer.h"
#include "ledger/canonical.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

bool is_member_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

bool is_member_id(ByteView member) {
  return !member.empty() && member.size() <= member_id_bytes_max &&
         std::all_of(member.begin(), member.end(), is_member_character);
}

Result<void> check_limits(const Body& body) {
  if (!is_member_id(body.member))
    return malformed("body: member is not 1 to 64 characters of a-z, 0-9 and -");
  if (body.client_ref.empty()) return malformed("body: client_ref is empty");
  if (body.client_ref.size() > client_ref_bytes_max)
    return malformed("body: client_ref is longer than 64 bytes");
  if (body.commands.empty()) return malformed("body: no commands");
  if (body.commands.size() > commands_max) return malformed("body: more than 1000 commands");
  return {};
}

Result<EnvelopeSignature> read_signature(const pb::EnvelopeSignature& wire) {
  EnvelopeSignature out;
  AVAL_TRY(read_field(wire.public_key(), "envelope: public_key", out.key));
  AVAL_TRY(read_field(wire.signature(), "envelope: signature", out.signature));
  return out;
}

Result<void> append_signature(EnvelopeSignature next, std::vector<EnvelopeSignature>& list) {
  if (!list.empty() && next.key <= list.back().key)
    return malformed("envelope: signatures not ascending by distinct public keys");
  list.push_back(next);
  return {};
}

Result<std::vector<EnvelopeSignature>> read_signatures(const pb::Envelope& wire) {
  const auto count = static_cast<std::size_t>(wire.signatures_size());
  if (count == 0) return malformed("envelope: no signatures");
  if (count > signatures_max) return malformed("envelope: more than 8 signatures");
  std::vector<EnvelopeSignature> out;
  out.reserve(count);
  for (const auto& signature : wire.signatures()) {
    AVAL_ASSIGN(auto next, read_signature(signature));
    AVAL_TRY(append_signature(next, out));
  }
  return out;
}

Bytes encode_envelope(ByteView body_bytes, const std::vector<EnvelopeSignature>& signatures) {
  pb::Envelope wire;
  put_field(wire.mutable_body(), body_bytes);
  for (const EnvelopeSignature& signature : signatures) {
    auto* entry = wire.add_signatures();
    put_field(entry->mutable_public_key(), signature.key.view());
    put_field(entry->mutable_signature(), signature.signature.view());
  }
  return canonical(wire);
}

Result<std::vector<EnvelopeSignature>> sign_all(const TxId& tx_id,
                                                const std::vector<crypto::Signer*>& signers) {
  std::vector<EnvelopeSignature> out;
  for (crypto::Signer* signer : signers) {
    AVAL_ASSIGN(const auto signature, signer->sign(tx_id));
    out.push_back({signer->public_key(), signature});
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool distinct_keys(const std::vector<EnvelopeSignature>& ascending) {
  const auto same = [](const auto& a, const auto& b) { return a.key == b.key; };
  return std::adjacent_find(ascending.begin(), ascending.end(), same) == ascending.end();
}

}  // namespace

Bytes encode_body(const Body& body) {
  pb::Body wire;
  put_field(wire.mutable_chain_id(), body.chain_id.view());
  wire.set_member(body.member);
  wire.set_client_ref(body.client_ref);
  wire.set_valid_until_height(number(body.valid_until));
  wire.set_item_by_item(body.item_by_item);
  wire.mutable_commands()->Reserve(static_cast<int>(body.commands.size()));
  for (const Bytes& command : body.commands) wire.add_commands(command);
  return canonical(wire);
}

Result<Body> decode_body(ByteView bytes) {
  pb::Body wire;
  AVAL_TRY(parse_canonical(bytes, wire, "body"));
  Body body;
  AVAL_TRY(read_field(wire.chain_id(), "body: chain_id", body.chain_id));
  body.member = std::move(*wire.mutable_member());
  body.client_ref = std::move(*wire.mutable_client_ref());
  body.valid_until = Height{wire.valid_until_height()};
  body.item_by_item = wire.item_by_item();
  body.commands.reserve(static_cast<std::size_t>(wire.commands_size()));
  for (Bytes& command : *wire.mutable_commands()) body.commands.push_back(std::move(command));
  AVAL_TRY(check_limits(body));
  return body;
}

Result<Envelope> take_envelope(Bytes bytes) {
  pb::Envelope wire;
  AVAL_TRY(parse_canonical(bytes, wire, "envelope"));
  Envelope envelope;
  AVAL_ASSIGN(envelope.body, decode_body(wire.body()));
  AVAL_ASSIGN(envelope.signatures, read_signatures(wire));
  envelope.body_bytes = std::move(*wire.mutable_body());
  envelope.tx_id = crypto::tagged(crypto::Tag::Tx, envelope.body_bytes);
  envelope.bytes = std::move(bytes);
  return envelope;
}

Result<Envelope> decode_envelope(ByteView bytes) { return take_envelope(Bytes(bytes)); }

bool signatures_valid(const Envelope& envelope) {
  return std::all_of(envelope.signatures.begin(), envelope.signatures.end(), [&](const auto& entry) {
    return crypto::verify(entry.key, envelope.tx_id, entry.signature);
  });
}

Result<Envelope> sign_envelope(const Body& body, const std::vector<crypto::Signer*>& signers) {
  AVAL_TRY(check_limits(body));
  if (signers.empty()) return unexpected(Error::Code::Refused, "envelope: nobody signs it");
  if (signers.size() > signatures_max)
    return unexpected(Error::Code::Refused, "envelope: more than 8 signers");
  Envelope envelope;
  envelope.body_bytes = encode_body(body);
  envelope.tx_id = crypto::tagged(crypto::Tag::Tx, envelope.body_bytes);
  AVAL_ASSIGN(envelope.signatures, sign_all(envelope.tx_id, signers));
  if (!distinct_keys(envelope.signatures))
    return unexpected(Error::Code::Refused, "envelope: one key signs it twice");
  envelope.bytes = encode_envelope(envelope.body_bytes, envelope.signatures);
  envelope.body = body;
  return envelope;
}

}  // namespace aval::ledger
