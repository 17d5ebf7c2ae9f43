#include "crypto/fingerprint.h"

#include <limits>

#include <openssl/hmac.h>

#include "crypto/openssl.h"

namespace aval::crypto {

Digest hmac_sha256(ByteView key, ByteView bytes) {
  AVAL_CHECK(key.size() <= std::size_t{std::numeric_limits<int>::max()});
  Digest digest;
  // An empty key is zero bytes long, which OpenSSL tells apart from no key by the pointer.
  const void* const key_data = key.empty() ? "" : key.data();
  AVAL_CHECK(HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()), as_unsigned(bytes), bytes.size(),
                  digest.bytes.data(), nullptr) != nullptr);
  return digest;
}

Digest fingerprint(ByteView key, ByteView bytes) {
  Bytes message(tag_text(Tag::Fingerprint));
  message.push_back('\0');
  message.append(bytes);
  return hmac_sha256(key, message);
}

}  // namespace aval::crypto
