#include "tests/support/signers.h"

#include <algorithm>
#include <map>

namespace aval::support {
namespace {

using Number = std::array<std::uint8_t, 32>;  // big endian

constexpr Number order = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                          0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                          0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
/// The x coordinate of the base point, which is below the order.
constexpr Number base_x = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
                           0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb,
                           0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96};

/// a - b modulo 2^256.
Number minus(const Number& a, const Number& b) {
  Number out{};
  int borrow = 0;
  for (std::size_t i = out.size(); i-- > 0;) {
    const int difference = a[i] - b[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    out[i] = static_cast<std::uint8_t>(difference & 0xff);
  }
  return out;
}

Number reduced(const Number& value) { return value >= order ? minus(value, order) : value; }

/// a + b modulo the order; both are below it.
Number plus(const Number& a, const Number& b) {
  Number out{};
  unsigned carry = 0;
  for (std::size_t i = out.size(); i-- > 0;) {
    const unsigned sum = unsigned{a[i]} + b[i] + carry;
    carry = sum >> 8U;
    out[i] = static_cast<std::uint8_t>(sum & 0xffU);
  }
  return carry != 0 ? minus(out, order) : reduced(out);
}

/// Doubling and adding, from the highest bit down.
Number times(const Number& value, std::uint32_t factor) {
  Number out{};
  for (std::uint32_t bit = 0x80000000U; bit != 0; bit >>= 1U) {
    out = plus(out, out);
    if ((factor & bit) != 0) out = plus(out, value);
  }
  return out;
}

Number low_s(const Number& s) { return std::min(s, minus(order, s)); }

crypto::PublicKey make_key(std::uint32_t scalar) {
  Bytes bytes(24, '\0');
  bytes += big_endian(scalar);
  return crypto::PrivateKey::from_scalar(bytes).value().public_key();
}

crypto::Signature joined(const std::array<std::uint8_t, 32>& first, const std::array<std::uint8_t, 32>& second) {
  crypto::Signature signature;
  std::ranges::copy(first, signature.bytes.begin());
  std::ranges::copy(second, signature.bytes.begin() + 32);
  return signature;
}

crypto::Signature toy_signature(const crypto::PublicKey& key, const crypto::Digest& digest) {
  const crypto::Digest first = crypto::tagged(crypto::Tag::TestSigner, {key.view(), digest.view()});
  const crypto::Digest second = crypto::tagged(crypto::Tag::TestSigner, first.view());
  return joined(first.bytes, second.bytes);
}

}  // namespace

const crypto::PublicKey& key_of(std::uint32_t scalar) {
  static std::map<std::uint32_t, crypto::PublicKey> known;
  const auto at = known.find(scalar);
  return at != known.end() ? at->second : known.emplace(scalar, make_key(scalar)).first->second;
}

Result<crypto::Signature> ToySigner::sign(const crypto::Digest& digest) { return toy_signature(key_, digest); }

bool check_toy_signature(const crypto::PublicKey& key, const crypto::Digest& digest,
                         const crypto::Signature& signature) {
  return toy_signature(key, digest) == signature;
}

UnitNonceSigner::UnitNonceSigner(std::uint32_t scalar)
    : key_(key_of(scalar)), r_times_scalar_(times(base_x, scalar)) {}

Result<crypto::Signature> UnitNonceSigner::sign(const crypto::Digest& digest) {
  return joined(base_x, low_s(plus(reduced(digest.bytes), r_times_scalar_)));
}

}  // namespace aval::support
