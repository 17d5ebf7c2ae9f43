#include <openssl/pem.h>

#include "crypto/openssl.h"
#include "crypto/p256.h"
#include "crypto/x509.h"

namespace aval::crypto {
namespace {

constexpr int serial_bits = 127;            // RFC 5280: positive, at most 20 bytes; unguessable
constexpr int days_max = 100 * 365;         // a development CA has no use for more
constexpr std::size_t name_bytes_max = 64;  // X.520 ub-common-name
constexpr std::int64_t seconds_per_day = 86400;
constexpr std::int64_t now_max = 250'000'000'000;  // year 9892: a certificate can write no year past 9999

unexpected bad_certificate(std::string why) { return unexpected(Error::Code::Refused, std::move(why)); }

struct Validity {
  std::int64_t now;
  int days;
};

Result<void> check_request(std::string_view common_name, const Validity& validity) {
  if (common_name.empty()) return bad_certificate("a certificate needs a common name");
  if (common_name.size() > name_bytes_max) return bad_certificate("a common name has at most 64 bytes");
  if (validity.days < 1 || validity.days > days_max)
    return bad_certificate("a certificate is valid for 1 to 36500 days");
  if (validity.now < 0 || validity.now > now_max) return bad_certificate("a certificate cannot start at that time");
  return {};
}

void set_serial(X509* certificate) {
  const BignumPtr serial(BN_new());
  AVAL_CHECK(serial != nullptr);
  AVAL_CHECK(BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  AVAL_CHECK(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr);
}

/// Version 3, serial, names and times; no key, no extensions. Null when the name is not UTF-8.
X509Ptr start(std::string_view common_name, const Validity& validity) {
  X509Ptr certificate(X509_new());
  AVAL_CHECK(certificate != nullptr);
  AVAL_CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(certificate.get());
  const std::int64_t end = validity.now + validity.days * seconds_per_day;
  AVAL_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), validity.now) != nullptr);
  AVAL_CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), end) != nullptr);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  if (X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, as_unsigned(common_name),
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    return nullptr;
  }
  return certificate;
}

/// `value` is OpenSSL's text for the extension and always a constant of this file.
void add_extension(X509* issuer, X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  AVAL_CHECK(extension != nullptr);
  AVAL_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string sign_to_pem(X509* certificate, const PrivateKey& ca) {
  AVAL_CHECK(X509_sign(certificate, static_cast<EVP_PKEY*>(ca.native()), EVP_sha256()) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  AVAL_CHECK(bio != nullptr);
  AVAL_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return std::string(view_of(bio.get()));
}

X509Ptr read_ca(std::string_view pem) {
  const BioPtr bio = read_bio(pem);
  return X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

}  // namespace

Result<std::string> issue_ca_certificate(const PrivateKey& ca, std::string_view common_name, std::int64_t now,
                                         int days) {
  AVAL_TRY(check_request(common_name, {now, days}));
  const ErrorQueueGuard guard;
  const X509Ptr certificate = start(common_name, {now, days});
  if (certificate == nullptr) return bad_certificate("a common name is UTF-8 text");
  X509* const self = certificate.get();
  AVAL_CHECK(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1);
  AVAL_CHECK(X509_set_pubkey(self, static_cast<EVP_PKEY*>(ca.native())) == 1);
  add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(self, self, NID_subject_key_identifier, "hash");
  add_extension(self, self, NID_authority_key_identifier, "keyid:always");
  return sign_to_pem(self, ca);
}

Result<std::string> issue_certificate(const PrivateKey& ca, std::string_view ca_certificate_pem,
                                      const PublicKey& subject, std::string_view common_name,
                                      std::int64_t now, int days) {
  AVAL_TRY(check_request(common_name, {now, days}));
  AVAL_ASSIGN(const CertificateInfo issuer, parse_certificate(ca_certificate_pem));
  if (!issuer.is_ca) return bad_certificate("the issuing certificate is not a CA certificate");
  if (issuer.public_key != ca.public_key())
    return bad_certificate("the CA key does not belong to the CA certificate");

  const ErrorQueueGuard guard;
  const X509Ptr ca_certificate = read_ca(ca_certificate_pem);
  if (ca_certificate == nullptr) return bad_certificate("the CA certificate is not PEM");
  const PkeyPtr key = p256::parse(subject);
  if (key == nullptr) return bad_certificate("the subject's key is no point of P-256");
  const X509Ptr certificate = start(common_name, {now, days});
  if (certificate == nullptr) return bad_certificate("a common name is UTF-8 text");
  X509* const leaf = certificate.get();
  AVAL_CHECK(X509_set_issuer_name(leaf, X509_get_subject_name(ca_certificate.get())) == 1);
  AVAL_CHECK(X509_set_pubkey(leaf, key.get()) == 1);
  add_extension(ca_certificate.get(), leaf, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(ca_certificate.get(), leaf, NID_key_usage, "critical,digitalSignature");
  add_extension(ca_certificate.get(), leaf, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(ca_certificate.get(), leaf, NID_subject_key_identifier, "hash");
  add_extension(ca_certificate.get(), leaf, NID_authority_key_identifier, "keyid:always");
  return sign_to_pem(leaf, ca);
}

}  // namespace aval::crypto
