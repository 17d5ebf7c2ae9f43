#include "crypto/x509.h"

#include <ctime>

#include <openssl/pem.h>

#include "crypto/openssl.h"
#include "crypto/p256.h"

namespace aval::crypto {
namespace {

constexpr std::size_t certificate_bytes_max = 64 * 1024;
constexpr std::string_view pem_begin = "-----BEGIN";

unexpected malformed(const char* why) {
  return unexpected(Error::Code::Malformed, std::string("not a certificate Aval can use: ") + why);
}

X509Ptr parse_pem(ByteView pem) {
  const BioPtr bio = read_bio(pem);
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const X509Ptr second(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  // A bundle has no one meaning here: nobody could say which of its keys was meant.
  return second == nullptr ? std::move(certificate) : nullptr;
}

X509Ptr parse_der(ByteView der) {
  const unsigned char* cursor = as_unsigned(der);
  X509Ptr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  return cursor == as_unsigned(der) + der.size() ? std::move(certificate) : nullptr;
}

/// The key, provided that its parameters name the curve. Curves spelled out number by number are
/// refused: a generator of the attacker's choice makes keys with the same point (CVE-2020-0601).
Result<PublicKey> read_public_key(const X509* certificate) {
  const unsigned char* point = nullptr;
  int point_size = 0;
  X509_ALGOR* algorithm = nullptr;
  if (X509_PUBKEY_get0_param(nullptr, &point, &point_size, &algorithm, X509_get_X509_PUBKEY(certificate)) !=
      1) {
    return malformed("it has no public key");
  }
  const ASN1_OBJECT* kind = nullptr;
  const void* parameter = nullptr;
  int parameter_type = V_ASN1_UNDEF;
  X509_ALGOR_get0(&kind, &parameter_type, &parameter, algorithm);
  if (OBJ_obj2nid(kind) != NID_X9_62_id_ecPublicKey || parameter_type != V_ASN1_OBJECT ||
      OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter)) != NID_X9_62_prime256v1) {
    return malformed("its key is not a P-256 key");
  }
  return p256::compress(view_of(point, static_cast<std::size_t>(point_size)));
}

Result<std::string> read_common_name(const X509* certificate) {
  const X509_NAME* const name = X509_get_subject_name(certificate);
  const int position = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (position < 0) return std::string();
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, position)));
  if (size < 0) return malformed("its common name is not text");
  std::string common_name(view_of(text, static_cast<std::size_t>(size)));
  OPENSSL_free(text);
  return common_name;
}

Result<std::int64_t> read_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return malformed("its validity is not readable");
  return std::int64_t{::timegm(&parts)};
}

}  // namespace

Result<CertificateInfo> parse_certificate(ByteView pem_or_der) {
  if (pem_or_der.size() > certificate_bytes_max) return malformed("it is larger than 64 KiB");
  const ErrorQueueGuard guard;
  const bool is_pem = pem_or_der.find(pem_begin) != ByteView::npos;
  const X509Ptr certificate = is_pem ? parse_pem(pem_or_der) : parse_der(pem_or_der);
  if (certificate == nullptr) return malformed("it is neither one PEM nor one DER certificate");
  if ((X509_get_extension_flags(certificate.get()) & EXFLAG_INVALID) != 0) {
    return malformed("its extensions contradict each other");
  }
  CertificateInfo info;
  AVAL_ASSIGN(info.public_key, read_public_key(certificate.get()));
  AVAL_ASSIGN(info.subject_common_name, read_common_name(certificate.get()));
  AVAL_ASSIGN(info.not_before, read_time(X509_get0_notBefore(certificate.get())));
  AVAL_ASSIGN(info.not_after, read_time(X509_get0_notAfter(certificate.get())));
  info.is_ca = (X509_get_extension_flags(certificate.get()) & EXFLAG_CA) != 0;
  return info;
}

}  // namespace aval::crypto
