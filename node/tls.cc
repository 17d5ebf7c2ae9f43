#include "node/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "crypto/x509.h"
#include "node/clock.h"
#include "node/log.h"

namespace aval::node {

namespace {

template <auto free_function>
struct FreeWith {
  template <class T>
  void operator()(T* pointer) const {
    free_function(pointer);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;

std::optional<crypto::CertificateInfo> info_of(X509* certificate) {
  if (certificate == nullptr) return std::nullopt;
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return std::nullopt;
  const Bytes bytes(static_cast<const char*>(static_cast<const void*>(der)), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  auto info = crypto::parse_certificate(bytes);
  if (!info) return std::nullopt;
  return std::move(*info);
}

CertificatePtr read_pem(const Bytes& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificatePtr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

void warn_about_validity(const crypto::CertificateInfo& info, ledger::ReplicaId peer) {
  const auto seconds = static_cast<std::int64_t>(wall_clock() / 1000);
  if (info.not_before <= seconds && seconds <= info.not_after) return;
  log_warn("alarm: the TLS certificate of validator " + std::to_string(ledger::number(peer)) + " (" +
           info.subject_common_name + ") is outside its validity; the link is kept, renew the certificate");
}

/// Whom a handshake lets in.
struct Gate {
  PeerDirectory directory;
  bool admits_strangers = false;
};

/// Replaces OpenSSL's chain building: the key decides, and nothing else.
int accept_known_key(X509_STORE_CTX* store, void* argument) {
  const auto* gate = static_cast<const Gate*>(argument);
  const auto info = info_of(X509_STORE_CTX_get0_cert(store));
  const auto peer = info ? gate->directory.find(info->public_key) : std::nullopt;
  if (!info || (!peer && !gate->admits_strangers)) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
  }
  if (peer) warn_about_validity(*info, *peer);
  return 1;
}

bool restrict_protocol(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
         SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256") == 1;
}

unexpected refused(const std::string& what) { return unexpected(Error::Code::Refused, what); }

}  // namespace

PeerDirectory::PeerDirectory(const ledger::ValidatorSet& set) {
  for (std::uint32_t i = 0; i < set.validators.size(); ++i) {
    const ledger::ReplicaId id{i};
    if (set.has_seat(id)) by_key_.emplace(set.validators[i].tls_key, id);
  }
}

std::optional<ledger::ReplicaId> PeerDirectory::find(const crypto::PublicKey& tls_key) const {
  const auto found = by_key_.find(tls_key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

struct TlsContext::Impl {
  Gate gate;
  ContextPtr context;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Result<TlsContext> TlsContext::make(const crypto::PrivateKey& key, const Bytes& certificate_pem,
                                    const Bytes& issuer_pem, PeerDirectory directory) {
  AVAL_ASSIGN(const crypto::CertificateInfo info, crypto::parse_certificate(certificate_pem));
  if (info.public_key != key.public_key()) return refused("the TLS certificate is not for the TLS key");
  auto impl = std::make_unique<Impl>(Impl{{std::move(directory)}, ContextPtr(SSL_CTX_new(TLS_method()))});
  SSL_CTX* context = impl->context.get();
  const CertificatePtr certificate = read_pem(certificate_pem);
  if (context == nullptr || !restrict_protocol(context)) return refused("OpenSSL does not accept the TLS settings");
  if (SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, static_cast<EVP_PKEY*>(key.native())) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return refused("OpenSSL does not accept the TLS certificate and key");
  }
  if (!issuer_pem.empty()) {
    CertificatePtr issuer = read_pem(issuer_pem);
    if (issuer == nullptr || SSL_CTX_add_extra_chain_cert(context, issuer.get()) != 1) {
      return refused("the CA certificate is not a PEM certificate");
    }
    static_cast<void>(issuer.release());  // the context owns it now
  }
  SSL_CTX_set_cert_verify_callback(context, accept_known_key, &impl->gate);
  return TlsContext(std::move(impl));
}

void TlsContext::know(PeerDirectory directory) { impl_->gate.directory = std::move(directory); }

void TlsContext::admit_strangers(bool admit) { impl_->gate.admits_strangers = admit; }

std::optional<ledger::ReplicaId> TlsContext::find(const crypto::PublicKey& tls_key) const {
  return impl_->gate.directory.find(tls_key);
}

ssl_ctx_st* TlsContext::native() const { return impl_->context.get(); }

std::optional<crypto::PublicKey> TlsContext::key_of(const ssl_st* connection) {
  const CertificatePtr certificate(SSL_get1_peer_certificate(connection));
  const auto info = info_of(certificate.get());
  return info ? std::optional(info->public_key) : std::nullopt;
}

}  // namespace aval::node
