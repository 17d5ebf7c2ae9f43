#include "crypto/key_file.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "crypto/openssl.h"
#include "crypto/private_file.h"

namespace aval::crypto {
namespace {

struct Scrypt {
  std::uint64_t n;
  std::uint64_t p;
};
// 16 MiB for a fifth of a second: the most memory OpenSSL grants scrypt unasked is 32 MiB, and five
// passes make up for it (OWASP, Password Storage: N = 2^14, r = 8, p = 5).
constexpr Scrypt for_a_chosen_passphrase{1 << 14, 5};
constexpr Scrypt for_a_random_passphrase{1 << 10, 1};
constexpr std::uint64_t scrypt_r = 8;
constexpr int salt_bytes = 16;
constexpr std::size_t passphrase_bytes_max = 1024;

constexpr std::string_view begin_encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

struct FreeOpenssl {
  void operator()(void* pointer) const { OPENSSL_free(pointer); }
};

unexpected fail(Error::Code code, const std::filesystem::path& path, const std::string& why) {
  return unexpected(code, path.string() + ": " + why);
}

Result<SealedKeyPtr> parse_sealed(const std::filesystem::path& path, ByteView pem) {
  if (pem.find(begin_encrypted) == ByteView::npos) {
    if (pem.find("PRIVATE KEY-----") == ByteView::npos) {
      return fail(Error::Code::Malformed, path, "is not a PEM private key");
    }
    return fail(Error::Code::Refused, path,
                "is not encrypted; run: openssl pkcs8 -topk8 -scrypt -in " + path.string() + " -out NEW");
  }
  const BioPtr bio = read_bio(pem);
  SealedKeyPtr sealed(PEM_read_bio_PKCS8(bio.get(), nullptr, nullptr, nullptr));
  if (sealed == nullptr) return fail(Error::Code::Malformed, path, "is not an encrypted PKCS#8 key");
  return sealed;
}

Result<std::string> seal(const PrivateKey& key, std::string_view passphrase, const Scrypt& cost) {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(static_cast<const EVP_PKEY*>(key.native())));
  AVAL_CHECK(info != nullptr);
  AlgorithmPtr algorithm(
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, salt_bytes, nullptr, cost.n, scrypt_r, cost.p));
  AVAL_CHECK(algorithm != nullptr);
  const SealedKeyPtr sealed(
      PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), info.get(), algorithm.get()));
  if (sealed == nullptr) return unexpected(Error::Code::Io, "the key could not be encrypted");
  (void)algorithm.release();  // owned by `sealed` from here on
  const BioPtr bio(BIO_new(BIO_s_mem()));
  AVAL_CHECK(bio != nullptr);
  AVAL_CHECK(PEM_write_bio_PKCS8(bio.get(), sealed.get()) == 1);
  return std::string(view_of(bio.get()));
}

}  // namespace

Result<PrivateKey> read_key_file(const std::filesystem::path& path, std::string_view passphrase) {
  AVAL_ASSIGN(const Bytes pem, read_private_file(path));
  const ErrorQueueGuard guard;
  AVAL_ASSIGN(const SealedKeyPtr sealed, parse_sealed(path, pem));
  if (passphrase.size() > passphrase_bytes_max) {
    return fail(Error::Code::Refused, path, "the passphrase is longer than 1024 bytes");
  }
  // Never null: OpenSSL would ask the terminal.
  const char* const secret = passphrase.empty() ? "" : passphrase.data();
  const Pkcs8Ptr info(PKCS8_decrypt(sealed.get(), secret, static_cast<int>(passphrase.size())));
  if (info == nullptr) return fail(Error::Code::Refused, path, "wrong passphrase, or a damaged file");

  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  if (size <= 0) return fail(Error::Code::Malformed, path, "is not an encrypted PKCS#8 key");
  auto key = PrivateKey::from_pkcs8_der(view_of(der, static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  if (!key) return fail(Error::Code::Refused, path, key.error().message);
  return key;
}

Result<void> write_key_file(const std::filesystem::path& path, const PrivateKey& key, std::string_view passphrase,
                            PassphraseKind kind) {
  if (passphrase.empty()) return fail(Error::Code::Refused, path, "a key file needs a passphrase");
  if (passphrase.size() > passphrase_bytes_max) {
    return fail(Error::Code::Refused, path, "the passphrase is longer than 1024 bytes");
  }
  const ErrorQueueGuard guard;
  const bool is_random = kind == PassphraseKind::Random;
  AVAL_ASSIGN(const std::string pem,
              seal(key, passphrase, is_random ? for_a_random_passphrase : for_a_chosen_passphrase));
  return write_private_file(path, pem);
}

Result<std::string> read_passphrase_file(const std::filesystem::path& path) {
  AVAL_ASSIGN(std::string text, read_private_file(path));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(Error::Code::Refused, path, "holds no passphrase");
  return text;
}

}  // namespace aval::crypto
