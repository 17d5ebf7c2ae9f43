#include "crypto/x509.h"

#include <memory>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <catch2/catch.hpp>

namespace aval::crypto::x509_test {
namespace {

constexpr std::int64_t now = 1'800'000'000;  // 2027-01-15T08:00:00Z
constexpr std::int64_t day = 86400;

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
using CertificatePtr = std::unique_ptr<X509, Free>;

CertificatePtr openssl_certificate(const std::string& pem) {
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  CertificatePtr certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  REQUIRE(certificate != nullptr);
  return certificate;
}

Bytes der_of(const std::string& pem) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(openssl_certificate(pem).get(), &der);
  const Bytes bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

/// What OpenSSL says about the chain leaf -> ca at a time and for a purpose; X509_V_OK when it holds.
int chain_verdict(const std::string& leaf_pem, const std::string& ca_pem, int purpose, std::int64_t at) {
  const CertificatePtr leaf = openssl_certificate(leaf_pem);
  const CertificatePtr ca = openssl_certificate(ca_pem);
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), ca.get());
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(parameters, purpose);
  X509_VERIFY_PARAM_set_time(parameters, at);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

struct Issued {
  PrivateKey ca_key = PrivateKey::generate();
  PrivateKey leaf_key = PrivateKey::generate();
  std::string ca = issue_ca_certificate(ca_key, "Aval Development CA", now, 3650).value();
  std::string leaf = issue_certificate(ca_key, ca, leaf_key.public_key(), "bank-a node", now, 365).value();
};

constexpr const char* p384_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBsDCCATagAwIBAgIUWUqiVLQQZGtE4AH2cOFpQLTgg+0wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcDM4NDAeFw0yNjExMjIyMzQ5NDRaFw0zNjExMTkyMzQ5NDRa
MA8xDTALBgNVBAMMBHAzODQwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAAQKnkep//L2
SxzgRnQ/fAisNXHXMGFVUhAEEDTAxMpsy9HHQ5ggqNM9Xy/mQ1uaBAR5IoeTnF6O
WO5Pf/y3jm05We4wql6KyvjEBFMJJ8PchrDG6VrNsJCq2wlO5hC8jCCjUzBRMB0G
A1UdDgQWBBTgD7qr9QNWSsJHuRslURGvbwLp+TAfBgNVHSMEGDAWgBTgD7qr9QNW
SsJHuRslURGvbwLp+TAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA2gAMGUC
MQCdyubVCITcNdvX9ze8T4aAoaBiKFt+K6bageTLeh/HJtDs7npbhYvfbAmfJWTk
iiMCMD1CjZouzDHETKH7nH0Ml6wJwW5NOI3vvwnQdXOL9SGSXEHUubhmC1SDeT80
GAgmdg==
-----END CERTIFICATE-----
)";

// The numbers of P-256 spelled out instead of named.
constexpr const char* explicit_curve_certificate = R"(-----BEGIN CERTIFICATE-----
MIICbzCCAhWgAwIBAgIUJANdSVQdlsnCagtwnz1aNhHX0sowCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIZXhwbGljaXQwHhcNMjYxMTIyMjM0OTQ0WhcNMzYxMTE5MjM0
OTQ0WjATMREwDwYDVQQDDAhleHBsaWNpdDCCAUswggEDBgcqhkjOPQIBMIH3AgEB
MCwGByqGSM49AQECIQD/////AAAAAQAAAAAAAAAAAAAAAP///////////////zBb
BCD/////AAAAAQAAAAAAAAAAAAAAAP///////////////AQgWsY12Ko6k+ez671V
dpiGvGUdBrDMU7D2O848PifSYEsDFQDEnTYIhucEk2pmeOETnSa3gZ9+kARBBGsX
0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivO
M1drMV7Oy7ZAaDe/UfUCIQD/////AAAAAP//////////vOb6racXnoTzucrC/GMl
UQIBAQNCAAS5CxnyXPs25B0WxF+uVu0Noj/WI3x5K1XDEz3S03gNfXqWfPlZKRqd
/YjdMp/t6WPprRv2jHT0tR4TKOmriVOBo1MwUTAdBgNVHQ4EFgQUHSlf5dhQUwd1
/ZtUkXHEDRNSyakwHwYDVR0jBBgwFoAUHSlf5dhQUwd1/ZtUkXHEDRNSyakwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAzWyhEzSKnQ8B3j3UQ68x
a4p26TLHvAe7jXdhyHgnBpgCIAWyRG8XVEysL3gC7cTtn+KS/+BNnTbUo9LG2MvM
NFSy
-----END CERTIFICATE-----
)";

}  // namespace

TEST_CASE("an issued certificate says what was asked for", "[x509]") {
  const Issued issued;
  const CertificateInfo ca = parse_certificate(issued.ca).value();
  REQUIRE(ca.subject_common_name == "Aval Development CA");
  REQUIRE(ca.public_key == issued.ca_key.public_key());
  REQUIRE(ca.not_before == now);
  REQUIRE(ca.not_after == now + 3650 * day);
  REQUIRE(ca.is_ca);

  const CertificateInfo leaf = parse_certificate(issued.leaf).value();
  REQUIRE(leaf.subject_common_name == "bank-a node");
  REQUIRE(leaf.public_key == issued.leaf_key.public_key());
  REQUIRE(leaf.not_before == now);
  REQUIRE(leaf.not_after == now + 365 * day);
  REQUIRE(!leaf.is_ca);
}

TEST_CASE("OpenSSL's strict check takes a leaf as a TLS server and as a TLS client", "[x509]") {
  const Issued issued;
  for (const int purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT}) {
    REQUIRE(chain_verdict(issued.leaf, issued.ca, purpose, now + day) == X509_V_OK);
    REQUIRE(chain_verdict(issued.leaf, issued.ca, purpose, now + 366 * day) == X509_V_ERR_CERT_HAS_EXPIRED);
    REQUIRE(chain_verdict(issued.leaf, issued.ca, purpose, now - 1) == X509_V_ERR_CERT_NOT_YET_VALID);
  }
  REQUIRE(chain_verdict(issued.leaf, issued.ca, X509_PURPOSE_SMIME_SIGN, now) != X509_V_OK);
}

TEST_CASE("a leaf of one CA does not pass under another of the same name", "[x509]") {
  const Issued one;
  const Issued other;
  REQUIRE(chain_verdict(one.leaf, other.ca, X509_PURPOSE_SSL_SERVER, now) != X509_V_OK);
}

TEST_CASE("a leaf issues nothing", "[x509]") {
  const Issued issued;
  const auto forged =
      issue_certificate(issued.leaf_key, issued.leaf, PrivateKey::generate().public_key(), "x", now, 1);
  REQUIRE(forged.error().code == Error::Code::Refused);
}

TEST_CASE("a CA certificate issues with its own key only", "[x509]") {
  const Issued issued;
  const auto forged =
      issue_certificate(issued.leaf_key, issued.ca, issued.leaf_key.public_key(), "x", now, 1);
  REQUIRE(forged.error().code == Error::Code::Refused);
}

TEST_CASE("serial numbers are 127 random bits", "[x509]") {
  const Issued issued;
  const auto serial_of = [](const std::string& pem) {
    const CertificatePtr certificate = openssl_certificate(pem);
    const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate.get());
    REQUIRE(ASN1_STRING_type(serial) == V_ASN1_INTEGER);  // not the negative kind
    return Bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                 static_cast<std::size_t>(ASN1_STRING_length(serial)));
  };
  REQUIRE(serial_of(issued.ca).size() == 16);
  REQUIRE(serial_of(issued.leaf).size() == 16);
  REQUIRE(serial_of(issued.ca) != serial_of(issued.leaf));
}

TEST_CASE("a leaf names its own key and the key of its CA", "[x509]") {
  const Issued issued;
  const CertificatePtr ca = openssl_certificate(issued.ca);
  const CertificatePtr leaf = openssl_certificate(issued.leaf);
  REQUIRE(X509_get0_subject_key_id(leaf.get()) != nullptr);
  REQUIRE(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf.get()), X509_get0_subject_key_id(ca.get())) ==
          0);
  REQUIRE(X509_get_key_usage(leaf.get()) == KU_DIGITAL_SIGNATURE);
  REQUIRE(X509_get_extended_key_usage(leaf.get()) == (XKU_SSL_SERVER | XKU_SSL_CLIENT));
  REQUIRE(X509_get_key_usage(ca.get()) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
}

TEST_CASE("PEM and DER of one certificate say the same", "[x509]") {
  const Issued issued;
  const CertificateInfo info = parse_certificate(der_of(issued.leaf)).value();
  REQUIRE(info.public_key == issued.leaf_key.public_key());
  REQUIRE(info.subject_common_name == "bank-a node");
}

TEST_CASE("a certificate with any other key is malformed", "[x509]") {
  REQUIRE(parse_certificate(p384_certificate).error().code == Error::Code::Malformed);
  REQUIRE(parse_certificate(explicit_curve_certificate).error().code == Error::Code::Malformed);
}

TEST_CASE("what is not exactly one certificate is malformed", "[x509]") {
  const Issued issued;
  const Bytes der = der_of(issued.leaf);
  REQUIRE(!parse_certificate(""));
  REQUIRE(!parse_certificate("hello"));
  REQUIRE(!parse_certificate(issued.leaf + issued.ca));
  REQUIRE(!parse_certificate(issued.leaf.substr(0, issued.leaf.size() / 2)));
  REQUIRE(!parse_certificate(der + '\0'));
  REQUIRE(!parse_certificate(Bytes(70'000, 'x')));
  for (std::size_t size = 0; size < der.size(); ++size) REQUIRE(!parse_certificate(der.substr(0, size)));
}

TEST_CASE("a point whose y does not belong to its x is malformed, whatever form x alone would take",
          "[x509]") {
  const Issued issued;
  const Bytes der = der_of(issued.leaf);
  const std::size_t x = der.find(issued.leaf_key.public_key().view().substr(1));
  REQUIRE(x != Bytes::npos);
  REQUIRE(der[x - 1] == '\x04');  // certificates carry the uncompressed form
  for (std::size_t i = x + 32; i < x + 64; ++i) {
    Bytes altered = der;
    altered[i] = static_cast<char>(altered[i] ^ 0x02);  // leaves the sign of y as it is
    REQUIRE(parse_certificate(altered).error().code == Error::Code::Malformed);
  }
}

TEST_CASE("altered bytes never break the parser", "[x509]") {
  const Issued issued;
  const Bytes der = der_of(issued.leaf);
  for (std::size_t i = 0; i < der.size(); ++i) {
    for (const unsigned mask : {0x01u, 0x80u, 0xffu}) {
      Bytes altered = der;
      altered[i] = static_cast<char>(static_cast<unsigned char>(altered[i]) ^ mask);
      const auto info = parse_certificate(altered);
      if (info) REQUIRE(PublicKey::from_bytes(info->public_key.view()));
    }
  }
}

TEST_CASE("a request that makes no sense is refused", "[x509]") {
  const PrivateKey key = PrivateKey::generate();
  const auto refused = [&](const std::string& name, std::int64_t start, int days) {
    const auto issued = issue_ca_certificate(key, name, start, days);
    return !issued && issued.error().code == Error::Code::Refused;
  };
  REQUIRE(refused("", now, 1));
  REQUIRE(refused(std::string(65, 'x'), now, 1));
  REQUIRE(refused("\xff\xfe", now, 1));
  REQUIRE(refused("CA", now, 0));
  REQUIRE(refused("CA", now, -1));
  REQUIRE(refused("CA", now, 36501));
  REQUIRE(refused("CA", -1, 1));
  REQUIRE(refused("CA", std::int64_t{1} << 62, 1));
  REQUIRE(!refused(std::string(64, 'x'), now, 36500));
}

TEST_CASE("a key that is no point gets no certificate", "[x509]") {
  const Issued issued;
  REQUIRE(issue_certificate(issued.ca_key, issued.ca, PublicKey{}, "x", now, 1).error().code ==
          Error::Code::Refused);
}

TEST_CASE("validity beyond 2050 is written and read", "[x509]") {
  const PrivateKey key = PrivateKey::generate();
  const std::string pem = issue_ca_certificate(key, "CA", now, 36500).value();
  REQUIRE(parse_certificate(pem).value().not_after == now + 36500 * day);
}

}  // namespace aval::crypto::x509_test
