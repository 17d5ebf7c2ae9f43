#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crypto/keys.h"
#include "ledger/ids.h"

namespace aval::crypto { class Signer; }

namespace aval::ledger {

using TxId = crypto::Digest;

constexpr std::size_t commands_max = 1000;
constexpr std::size_t signatures_max = 8;
constexpr std::size_t client_ref_bytes_max = 64;
constexpr std::size_t member_id_bytes_max = 64;

/// What a client asks for. Field meanings and layout: ledger.proto, message Body.
struct Body {
  crypto::Digest chain_id;
  std::string member;
  Bytes client_ref;
  Height valid_until{};
  bool item_by_item = false;
  std::vector<Bytes> commands;
  bool operator==(const Body&) const = default;
};

struct EnvelopeSignature {
  crypto::PublicKey key;
  crypto::Signature signature;
  auto operator<=>(const EnvelopeSignature&) const = default;
};

/// A decoded envelope together with the exact bytes it came from. Immutable and shared between
/// threads once made.
struct Envelope {
  Bytes bytes;       // canonical Envelope, as received
  Bytes body_bytes;  // what was signed
  TxId tx_id;        // tagged(Tx, body_bytes)
  Body body;
  std::vector<EnvelopeSignature> signatures;  // ascending by key, distinct
};
using EnvelopePtr = std::shared_ptr<const Envelope>;

Bytes encode_body(const Body& body);
Result<Body> decode_body(ByteView bytes);

/// Decodes and checks everything but the signatures: canonical form, counts, lengths.
Result<Envelope> decode_envelope(ByteView bytes);

/// True when every signature of the envelope verifies over its transaction id.
bool signatures_valid(const Envelope& envelope);

/// Signs `body` with each signer (at least one, distinct keys) and returns the envelope.
Result<Envelope> sign_envelope(const Body& body, const std::vector<crypto::Signer*>& signers);

}  // namespace aval::ledger
