#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/keys.h"

namespace aval::crypto {

/// What Aval reads from a certificate. Identity is the public key, never the names.
struct CertificateInfo {
  std::string subject_common_name;
  PublicKey public_key;
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  bool is_ca = false;
};

/// Parses one PEM or DER certificate with a P-256 key; anything else is Malformed.
Result<CertificateInfo> parse_certificate(ByteView pem_or_der);

/// Development CA: a self-signed P-256 certificate, PEM. `now` and `days` give its validity.
Result<std::string> issue_ca_certificate(const PrivateKey& ca, std::string_view common_name, std::int64_t now,
                                         int days);

/// A leaf for TLS server and client use, signed by the CA, PEM.
Result<std::string> issue_certificate(const PrivateKey& ca, std::string_view ca_certificate_pem,
                                      const PublicKey& subject, std::string_view common_name, std::int64_t now,
                                      int days);

}  // namespace aval::crypto
