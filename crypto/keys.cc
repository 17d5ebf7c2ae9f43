#include "crypto/keys.h"

#include <cstring>
#include <mutex>
#include <vector>

#include <openssl/core_names.h>

#include "crypto/p256.h"

namespace aval::crypto {

Result<Signature> Signature::from_bytes(ByteView bytes) {
  Signature signature;
  if (bytes.size() != signature.bytes.size()) {
    return unexpected(Error::Code::Malformed,
                      "a signature has 64 bytes, this one has " + std::to_string(bytes.size()));
  }
  std::memcpy(signature.bytes.data(), bytes.data(), bytes.size());
  return signature;
}

Result<PublicKey> PublicKey::from_bytes(ByteView bytes) {
  PublicKey key;
  if (bytes.size() != key.bytes.size()) {
    return unexpected(Error::Code::Malformed, "a public key has 33 bytes (SEC 1 compressed), this one has " +
                                                  std::to_string(bytes.size()));
  }
  if (bytes[0] != '\x02' && bytes[0] != '\x03') {
    return unexpected(Error::Code::Malformed, "a public key starts with 02 or 03 (SEC 1 compressed)");
  }
  std::memcpy(key.bytes.data(), bytes.data(), bytes.size());
  if (p256::is_known_point(key)) return key;
  const ErrorQueueGuard guard;
  const EcPointPtr point(EC_POINT_new(p256::group()));
  AVAL_CHECK(point != nullptr);
  if (EC_POINT_oct2point(p256::group(), point.get(), as_unsigned(bytes), bytes.size(), nullptr) != 1) {
    return unexpected(Error::Code::Malformed, "a public key that is no point of P-256");
  }
  return key;
}

Result<PublicKey> PublicKey::from_hex(std::string_view text) {
  AVAL_ASSIGN(const Bytes bytes, aval::from_hex(text));
  return from_bytes(bytes);
}

Digest key_id(const PublicKey& key) { return tagged(Tag::KeyId, key.view()); }

/// The parsed key, and contexts ready to sign that no thread is using at the moment. A context
/// serves one thread at a time; setting one up costs a seventh of a signature.
struct PrivateKey::Impl {
  explicit Impl(PkeyPtr key) : pkey(std::move(key)) {}

  PkeyCtxPtr take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        PkeyCtxPtr context = std::move(idle.back());
        idle.pop_back();
        return context;
      }
    }
    PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
    AVAL_CHECK(context != nullptr);
    AVAL_CHECK(EVP_PKEY_sign_init(context.get()) == 1);
    return context;
  }

  void give_back(PkeyCtxPtr context) {
    const std::lock_guard lock(mutex);
    if (idle.size() < idle_max) idle.push_back(std::move(context));
  }

  static constexpr std::size_t idle_max = 16;
  PkeyPtr pkey;
  std::mutex mutex;
  std::vector<PkeyCtxPtr> idle;
};

PrivateKey::PrivateKey(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)), public_key_(p256::compress(impl_->pkey.get()).value()) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;  // OpenSSL clears the scalar with the last reference to the key

PrivateKey PrivateKey::generate() {
  PkeyPtr pkey(EVP_EC_gen("P-256"));
  AVAL_CHECK(pkey != nullptr);
  return PrivateKey(std::make_unique<Impl>(std::move(pkey)));
}

Result<PrivateKey> PrivateKey::from_scalar(ByteView scalar) {
  if (scalar.size() != 32) {
    return unexpected(Error::Code::Malformed, "a private scalar has 32 bytes");
  }
  const ErrorQueueGuard guard;
  const BignumPtr number(BN_bin2bn(as_unsigned(scalar), 32, nullptr));
  const EcPointPtr point(EC_POINT_new(p256::group()));
  AVAL_CHECK(number != nullptr);
  AVAL_CHECK(point != nullptr);
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(p256::group())) >= 0) {
    return unexpected(Error::Code::Malformed, "a private scalar lies between 1 and the order of the curve");
  }
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  AVAL_CHECK(EC_POINT_mul(p256::group(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
  std::array<unsigned char, 33> sec1{};
  AVAL_CHECK(EC_POINT_point2oct(p256::group(), point.get(), POINT_CONVERSION_COMPRESSED, sec1.data(),
                                sec1.size(), nullptr) == sec1.size());
  PkeyPtr pkey = p256::from_parts(view_of(sec1.data(), sec1.size()), number.get());
  AVAL_CHECK(pkey != nullptr);
  return PrivateKey(std::make_unique<Impl>(std::move(pkey)));
}

Result<PrivateKey> PrivateKey::from_pkcs8_der(ByteView der) {
  const ErrorQueueGuard guard;
  const unsigned char* cursor = as_unsigned(der);
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, static_cast<long>(der.size())));
  if (info == nullptr || cursor != as_unsigned(der) + der.size()) {
    return unexpected(Error::Code::Malformed, "a private key that is not PKCS#8");
  }
  PkeyPtr pkey(EVP_PKCS82PKEY(info.get()));
  if (pkey == nullptr) return unexpected(Error::Code::Malformed, "a private key of an unknown kind");
  AVAL_TRY(p256::compress(pkey.get()));
  // The scalar and the point travel side by side in the file; make sure they are one pair.
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
  AVAL_CHECK(context != nullptr);
  if (EVP_PKEY_check(context.get()) != 1) {
    return unexpected(Error::Code::Malformed, "a private key that does not belong to its public key");
  }
  return PrivateKey(std::make_unique<Impl>(std::move(pkey)));
}

Signature PrivateKey::sign(const Digest& digest) const {
  PkeyCtxPtr context = impl_->take();
  std::array<unsigned char, 72> der;
  std::size_t size = der.size();
  AVAL_CHECK(EVP_PKEY_sign(context.get(), der.data(), &size, digest.bytes.data(), digest.bytes.size()) == 1);
  impl_->give_back(std::move(context));
  return p256::from_der_low_s(view_of(der.data(), size));
}

Bytes PrivateKey::pkcs8_der() const {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(impl_->pkey.get()));
  AVAL_CHECK(info != nullptr);
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  AVAL_CHECK(size > 0);
  Bytes bytes(view_of(der, static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return bytes;
}

void* PrivateKey::native() const { return impl_->pkey.get(); }

}  // namespace aval::crypto
