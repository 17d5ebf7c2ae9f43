#include "crypto/p256.h"

#include <algorithm>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>

namespace aval::crypto::p256 {

const std::array<std::uint8_t, 32> order = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                            0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
const std::array<std::uint8_t, 32> half_order = {
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

namespace {

constexpr std::uint8_t der_sequence = 0x30;
constexpr std::uint8_t der_integer = 0x02;

/// Appends a positive INTEGER: no leading zeros, but one where the first bit would read as a sign.
void append_integer(DerSignature& der, Scalar scalar) {
  const auto first = std::find_if(scalar.begin(), scalar.end() - 1, [](std::uint8_t b) { return b != 0; });
  const bool padded = (*first & 0x80) != 0;
  const auto length = static_cast<std::size_t>(scalar.end() - first);
  der.bytes[der.size++] = der_integer;
  der.bytes[der.size++] = static_cast<std::uint8_t>(length + (padded ? 1 : 0));
  if (padded) der.bytes[der.size++] = 0;
  std::copy(first, scalar.end(), der.bytes.begin() + static_cast<std::ptrdiff_t>(der.size));
  der.size += length;
}

/// Cuts one INTEGER of at most 32 significant bytes off `der` and right-aligns it in `scalar`.
void take_integer(ByteView& der, std::span<std::uint8_t, 32> scalar) {
  AVAL_CHECK(der.size() > 2);
  AVAL_CHECK(as_unsigned(der)[0] == der_integer);
  const std::size_t length = as_unsigned(der)[1];
  AVAL_CHECK(length >= 1 && length <= 33);
  AVAL_CHECK(der.size() >= 2 + length);
  ByteView digits = der.substr(2, length);
  if (length == 33) {
    AVAL_CHECK(digits.front() == '\0');
    digits.remove_prefix(1);
  }
  std::fill(scalar.begin(), scalar.end(), std::uint8_t{0});
  std::memcpy(scalar.data() + (32 - digits.size()), digits.data(), digits.size());
  der.remove_prefix(2 + length);
}

/// scalar = order - scalar; the scalar is below the order.
void negate(std::span<std::uint8_t, 32> scalar) {
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = int{order[i]} - int{scalar[i]} - borrow;
    borrow = difference < 0 ? 1 : 0;
    scalar[i] = static_cast<std::uint8_t>(difference & 0xff);
  }
  AVAL_CHECK(borrow == 0);
}

unexpected not_a_key(const char* why) {
  return unexpected(Error::Code::Malformed, std::string("not a P-256 public key: ") + why);
}

}  // namespace

bool in_range(Scalar scalar, const std::array<std::uint8_t, 32>& bound) {
  const bool is_zero = std::all_of(scalar.begin(), scalar.end(), [](std::uint8_t b) { return b == 0; });
  return !is_zero && std::memcmp(scalar.data(), bound.data(), bound.size()) <= 0;
}

DerSignature to_der(const Signature& signature) {
  const std::span<const std::uint8_t, 64> raw(signature.bytes);
  DerSignature der;
  der.bytes[0] = der_sequence;
  der.size = 2;
  append_integer(der, raw.first<32>());
  append_integer(der, raw.last<32>());
  der.bytes[1] = static_cast<std::uint8_t>(der.size - 2);
  return der;
}

Signature from_der_low_s(ByteView der) {
  Signature signature;
  const std::span<std::uint8_t, 64> raw(signature.bytes);
  AVAL_CHECK(der.size() > 2);
  AVAL_CHECK(as_unsigned(der)[0] == der_sequence);
  AVAL_CHECK(as_unsigned(der)[1] == der.size() - 2);
  der.remove_prefix(2);
  take_integer(der, raw.first<32>());
  take_integer(der, raw.last<32>());
  AVAL_CHECK(der.empty());
  if (!in_range(raw.last<32>(), half_order)) negate(raw.last<32>());
  AVAL_CHECK(in_range(raw.last<32>(), half_order));
  return signature;
}

const EC_GROUP* group() {
  static const EcGroupPtr shared(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  AVAL_CHECK(shared != nullptr);
  return shared.get();
}

PkeyPtr parse(const PublicKey& key) {
  const ErrorQueueGuard guard;
  return from_parts(key.view(), nullptr);
}

Result<PublicKey> compress(EVP_PKEY* key) {
  const ErrorQueueGuard guard;
  std::array<char, 64> name{};
  std::array<unsigned char, 65> point{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return not_a_key("not an EC key");
  if (std::string_view(name.data()) != SN_X9_62_prime256v1) return not_a_key("the curve is not P-256");
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) != 1) {
    return not_a_key("it has no point");
  }
  return compress(view_of(point.data(), size));
}

Result<PublicKey> compress(ByteView sec1) {
  if (sec1.size() == PublicKey{}.bytes.size()) return PublicKey::from_bytes(sec1);
  if (sec1.size() != 65 || sec1.front() != '\x04') return not_a_key("an unknown form of point");
  Bytes compressed(sec1.substr(0, 33));
  compressed[0] = (as_unsigned(sec1)[64] & 1) != 0 ? '\x03' : '\x02';
  AVAL_ASSIGN(const PublicKey key, PublicKey::from_bytes(compressed));
  // A compressed point forgets y, so ask whether the y that came is the one x has.
  const ErrorQueueGuard guard;
  if (from_parts(sec1, nullptr) == nullptr) return not_a_key("the point is not on the curve");
  return key;
}

PkeyPtr from_parts(ByteView sec1, const BIGNUM* scalar) {
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  AVAL_CHECK(builder != nullptr);
  AVAL_CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1,
                                             0) == 1);
  AVAL_CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, sec1.data(),
                                              sec1.size()) == 1);
  if (scalar != nullptr) {
    AVAL_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1);
  }
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  AVAL_CHECK(params != nullptr);
  AVAL_CHECK(context != nullptr);
  AVAL_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  const int selection = scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) {
    EVP_PKEY_free(key);
    return nullptr;
  }
  return PkeyPtr(key);
}

}  // namespace aval::crypto::p256
