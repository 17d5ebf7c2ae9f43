#pragma once

#include <string>

#include "crypto/base/time.h"
#include "crypto/keys.h"

/// Device attestations: COSE_Sign1 (RFC 9052) with ES256 over deterministic CBOR (RFC 8949 section
/// 4.2.1). Exactly one byte string is accepted for one meaning: shortest lengths, definite lengths,
/// fixed arrays, nothing after the end.
///
///   cose_sign1  = 0xD2 (tag 18) 0x84 protected 0xA0 payload signature
///   protected   = 0x43 A1 01 26            ; bstr of {1: -7}, alg = ES256
///   payload     = bstr of attestation
///   signature   = 0x58 0x40 r||s           ; 64 bytes, low s
///   attestation = 0x87 0x01 shipment container device counter milestone time_ms
///                                          ; array of 7: version 1, tstr, tstr, tstr, uint, tstr, uint
///   signed      = SHA-256 of 0x84 tstr"Signature1" protected external_aad payload
///   external_aad = bstr of "aval/attestation/v1" 0x00 chain id (32 bytes)
namespace aval::contracts {

constexpr std::size_t attestation_text_bytes_max = 64;
constexpr std::size_t cose_sign1_bytes_max = 512;

/// What a device says: this milestone happened to this container of this shipment.
struct Attestation {
  std::string shipment;
  std::string container;
  std::string device;
  std::uint64_t counter = 0;  // grows with every attestation of the device
  std::string milestone;      // DCSA event code
  UnixMillis time_ms = 0;     // by the device's clock
  bool operator==(const Attestation&) const = default;
};

Bytes encode_attestation(const Attestation& attestation);
Result<Attestation> decode_attestation(ByteView payload);

struct CoseSign1 {
  Bytes payload;
  crypto::Signature signature;
  bool operator==(const CoseSign1&) const = default;
};

Bytes encode_cose_sign1(const CoseSign1& message);
Result<CoseSign1> decode_cose_sign1(ByteView bytes);

/// The digest a device signs: the chain is part of it, so a signature is worth nothing elsewhere.
crypto::Digest attestation_signing_digest(const crypto::Digest& chain_id, ByteView payload);

}  // namespace aval::contracts
