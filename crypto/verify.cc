#include <list>
#include <map>

#include "crypto/base/mutant.h"
#include "crypto/keys.h"
#include "crypto/p256.h"

namespace aval::crypto {
namespace {

/// Parsed keys of one thread, each in a context that is ready to verify. Decoding a point and
/// setting up a context each time would cost two fifths of the rate. Only valid keys are kept,
/// at most `keys_max` of them (about twelve megabytes); the one unused for longest goes first.
class KeyCache {
 public:
  /// Null when `key` is not a point of the curve.
  EVP_PKEY_CTX* find(const PublicKey& key) {
    if (!by_use_.empty() && by_use_.front().key == key) return by_use_.front().context.get();
    const auto known = by_key_.find(key);
    if (known == by_key_.end()) return insert(key);
    by_use_.splice(by_use_.begin(), by_use_, known->second);
    return by_use_.front().context.get();
  }

  bool contains(const PublicKey& key) const { return by_key_.contains(key); }

 private:
  struct Entry {
    PublicKey key;
    PkeyCtxPtr context;
  };
  static constexpr std::size_t keys_max = 4096;

  EVP_PKEY_CTX* insert(const PublicKey& key) {
    const PkeyPtr parsed = p256::parse(key);
    if (parsed == nullptr) return nullptr;
    PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, parsed.get(), nullptr));
    AVAL_CHECK(context != nullptr);
    AVAL_CHECK(EVP_PKEY_verify_init(context.get()) == 1);
    if (by_use_.size() == keys_max) {
      by_key_.erase(by_use_.back().key);
      by_use_.pop_back();
    }
    by_use_.push_front({key, std::move(context)});
    by_key_.emplace(key, by_use_.begin());
    return by_use_.front().context.get();
  }

  std::list<Entry> by_use_;  // most recently used first
  // Ordered, not hashed: a peer that chooses its keys cannot make look-ups slow.
  std::map<PublicKey, std::list<Entry>::iterator> by_key_;
};

KeyCache& keys_of_this_thread() {
  thread_local KeyCache cache;
  return cache;
}

}  // namespace

bool p256::is_known_point(const PublicKey& key) { return keys_of_this_thread().contains(key); }

bool verify(const PublicKey& key, const Digest& digest, const Signature& signature) {
  // OpenSSL takes both s and n - s. One signature must have one form, or a third party could turn
  // valid bytes into other valid bytes.
  const std::span<const std::uint8_t, 64> raw(signature.bytes);
  const auto& s_max = mutated("high-s-accepted") ? p256::order : p256::half_order;
  if (!p256::in_range(raw.last<32>(), s_max)) return false;
  if (!p256::in_range(raw.first<32>(), p256::order) || std::ranges::equal(raw.first<32>(), p256::order)) {
    return false;
  }
  EVP_PKEY_CTX* const context = keys_of_this_thread().find(key);
  if (context == nullptr) return false;
  const ErrorQueueGuard guard;
  const p256::DerSignature der = p256::to_der(signature);
  return EVP_PKEY_verify(context, der.bytes.data(), der.size, digest.bytes.data(), digest.bytes.size()) == 1;
}

}  // namespace aval::crypto
