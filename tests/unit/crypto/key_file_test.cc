#include "crypto/key_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <catch2/catch.hpp>

#include "crypto/random.h"

namespace aval::crypto::key_file_test {
namespace {

namespace fs = std::filesystem;

/// A directory of its own for one test, removed with everything in it.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "aval-key-file-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  fs::path operator/(const char* name) const { return path_ / name; }
  const fs::path& path() const { return path_; }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(path_), {}); }

  fs::path write(const char* name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    fs::permissions(path_ / name, fs::perms::owner_read | fs::perms::owner_write);
    return path_ / name;
  }

 private:
  fs::path path_;
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void chmod_to(const fs::path& path, mode_t mode) { REQUIRE(::chmod(path.c_str(), mode) == 0); }

template <class T>
bool refused_with(const Result<T>& result, const fs::path& path, const std::string& words) {
  return !result && result.error().code == Error::Code::Refused &&
         result.error().message.find(path.string()) != std::string::npos &&
         result.error().message.find(words) != std::string::npos;
}

std::string pem_of(const char* label, const Bytes& der) {
  return std::string("-----BEGIN ") + label + "-----\n" + to_base64(der) + "\n-----END " + label + "-----\n";
}

// The key of RFC 6979 A.2.5, sealed by `openssl pkcs8 -topk8` with "open-sesame": scrypt, PBKDF2.
constexpr const char* rfc_public_key = "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
constexpr const char* sealed_with_scrypt = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAh+Mn7SlHO0iQICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBBsX0EdlYLINETOiYYz32tKBIGQrmi8HYZ1taMY
7mlbrbO/Bc6YV/oTjDtG20+AtUOnrHWJLk/fU/88/O9cLv+4dupNcuF6ohUOTIDg
cB+MfnS+4OKr92t5d+TdTbGJwyxtzINSlLUMK8+T9E+M6w3yCuChFkcEeMPzCGyH
UYJ7QeBZ0nCDG4MBv0SVmRswJ4yNd/aGKPI7cLbFHgiuR0/DMWfF
-----END ENCRYPTED PRIVATE KEY-----
)";
constexpr const char* sealed_with_pbkdf2 = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgZuiXO/EkyrgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOFaKdBzKa2rgVFH9eYrTAgEgZAP
yGcGsjsETNMeiOb61IEC8Kz7IZWEl7gQWk/JWlaRtopbC1gIVgkvvuWpnTyXY0EE
C4U+zrpco94Xi3Fnzf5y62GjEgbdDbhL0ql0Q0R+N1tfB2idPcj/v06yJhafy3aR
PC7vSeBWtn+atd33a27RYq65KYmpqMmXKYsL62QuhJ1DVUEhJ2U72jD7wGiWTbo=
-----END ENCRYPTED PRIVATE KEY-----
)";

/// The DER in a PEM file, in hex.
std::string der_of(const fs::path& path) {
  std::string body = content(path);
  body = body.substr(body.find('\n') + 1, body.rfind("\n-----END") - body.find('\n') - 1);
  std::erase(body, '\n');
  return to_hex(from_base64(body).value());
}

}  // namespace

TEST_CASE("a key that was written is read back", "[key_file]") {
  const Scratch scratch;
  const PrivateKey key = PrivateKey::generate();
  REQUIRE(write_key_file(scratch / "vote.pem", key, "open sesame"));
  const PrivateKey again = read_key_file(scratch / "vote.pem", "open sesame").value();
  REQUIRE(again.public_key() == key.public_key());
  REQUIRE(verify(key.public_key(), sha256("abc"), again.sign(sha256("abc"))));
}

TEST_CASE("a key file is encrypted, readable by its owner only, and alone in its directory", "[key_file]") {
  const Scratch scratch;
  const mode_t old_mask = ::umask(0);
  const auto written = write_key_file(scratch / "vote.pem", PrivateKey::generate(), "open sesame");
  ::umask(old_mask);
  REQUIRE(written);
  struct stat status {};
  REQUIRE(::stat((scratch / "vote.pem").c_str(), &status) == 0);
  REQUIRE((status.st_mode & 07777) == 0600);
  REQUIRE(status.st_nlink == 1);
  REQUIRE(scratch.files() == 1);
  REQUIRE(content(scratch / "vote.pem").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
}

TEST_CASE("a key file uses scrypt and AES-256-CBC with the written parameters", "[key_file]") {
  const Scratch scratch;
  REQUIRE(write_key_file(scratch / "vote.pem", PrivateKey::generate(), "open sesame"));
  const std::string der = der_of(scratch / "vote.pem");
  REQUIRE(der.find("06092b06010401da47040b") != std::string::npos);  // scrypt, 1.3.6.1.4.1.11591.4.11
  REQUIRE(der.find("02024000020108020105") != std::string::npos);    // N = 2^14, r = 8, p = 5
  REQUIRE(der.find("060960864801650304012a") != std::string::npos);  // aes-256-cbc
}

TEST_CASE("under a random passphrase a key file is cheap to open and as encrypted", "[key_file]") {
  const Scratch scratch;
  const PrivateKey key = PrivateKey::generate();
  const std::string passphrase = to_hex(random_bytes(16));
  REQUIRE(write_key_file(scratch / "vote.pem", key, passphrase, PassphraseKind::Random));
  const std::string der = der_of(scratch / "vote.pem");
  REQUIRE(der.find("02020400020108020101") != std::string::npos);    // N = 2^10, r = 8, p = 1
  REQUIRE(der.find("060960864801650304012a") != std::string::npos);  // aes-256-cbc
  REQUIRE(read_key_file(scratch / "vote.pem", passphrase).value().public_key() == key.public_key());
  REQUIRE(!read_key_file(scratch / "vote.pem", "open sesame"));
}

TEST_CASE("an existing file is never overwritten", "[key_file]") {
  const Scratch scratch;
  const fs::path path = scratch.write("vote.pem", "precious");
  const auto written = write_key_file(path, PrivateKey::generate(), "open sesame");
  REQUIRE(written.error().code == Error::Code::Conflict);
  REQUIRE(written.error().message.find(path.string()) != std::string::npos);
  REQUIRE(content(path) == "precious");
  REQUIRE(scratch.files() == 1);
}

TEST_CASE("a symbolic link is not written through", "[key_file]") {
  const Scratch scratch;
  fs::create_symlink(scratch / "elsewhere", scratch / "vote.pem");
  const auto written = write_key_file(scratch / "vote.pem", PrivateKey::generate(), "open sesame");
  REQUIRE(written.error().code == Error::Code::Conflict);
  REQUIRE(!fs::exists(scratch / "elsewhere"));
}

TEST_CASE("a key is not written without a passphrase", "[key_file]") {
  const Scratch scratch;
  const PrivateKey key = PrivateKey::generate();
  REQUIRE(refused_with(write_key_file(scratch / "k", key, ""), scratch / "k", "needs a passphrase"));
  REQUIRE(refused_with(write_key_file(scratch / "k", key, std::string(1025, 'x')), scratch / "k", "longer"));
  REQUIRE(scratch.files() == 0);
}

TEST_CASE("a directory that is not there is an error that names it", "[key_file]") {
  const Scratch scratch;
  const fs::path path = scratch / "missing" / "vote.pem";
  REQUIRE(write_key_file(path, PrivateKey::generate(), "x").error().code == Error::Code::Io);
  REQUIRE(read_key_file(path, "x").error().code == Error::Code::NotFound);
  REQUIRE(read_key_file(scratch / "vote.pem", "x").error().code == Error::Code::NotFound);
}

TEST_CASE("key files sealed by the openssl program are read", "[key_file]") {
  const Scratch scratch;
  for (const char* pem : {sealed_with_scrypt, sealed_with_pbkdf2}) {
    const fs::path path = scratch.write("key.pem", pem);
    REQUIRE(read_key_file(path, "open-sesame").value().public_key().hex() == rfc_public_key);
  }
}

TEST_CASE("a wrong passphrase is refused", "[key_file]") {
  const Scratch scratch;
  const fs::path path = scratch.write("key.pem", sealed_with_pbkdf2);
  for (const char* passphrase : {"", "open-sesam", "open-sesame ", "Open-sesame"}) {
    REQUIRE(refused_with(read_key_file(path, passphrase), path, "wrong passphrase"));
  }
  REQUIRE(ERR_peek_error() == 0);  // nothing is left for a TLS connection to stumble over
}

TEST_CASE("a key file open to group or others is refused, with the remedy", "[key_file]") {
  const Scratch scratch;
  const fs::path path = scratch.write("key.pem", sealed_with_pbkdf2);
  for (const mode_t mode : {0644u, 0640u, 0604u, 0620u, 0602u, 0610u, 0601u, 0660u, 0777u}) {
    CAPTURE(mode);
    chmod_to(path, mode);
    REQUIRE(refused_with(read_key_file(path, "open-sesame"), path, "run: chmod 600 " + path.string()));
  }
  for (const mode_t mode : {0600u, 0400u}) {
    chmod_to(path, mode);
    REQUIRE(read_key_file(path, "open-sesame"));
  }
}

TEST_CASE("a key file of another user is refused", "[key_file]") {
  if (::geteuid() != 0) return;  // only root can give a file away
  const Scratch scratch;
  const fs::path path = scratch.write("key.pem", sealed_with_pbkdf2);
  REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  REQUIRE(refused_with(read_key_file(path, "open-sesame"), path, "belongs to user 12345; run: chown"));
}

TEST_CASE("a symbolic link to a key file is refused", "[key_file]") {
  const Scratch scratch;
  fs::create_symlink(scratch.write("key.pem", sealed_with_pbkdf2), scratch / "link.pem");
  REQUIRE(refused_with(read_key_file(scratch / "link.pem", "open-sesame"), scratch / "link.pem",
                       "symbolic link"));
}

TEST_CASE("what is not a regular file is refused and not waited for", "[key_file]") {
  const Scratch scratch;
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  REQUIRE(refused_with(read_key_file(scratch / "pipe", "x"), scratch / "pipe", "not a regular file"));
  fs::create_directory(scratch / "directory");
  REQUIRE(
      refused_with(read_key_file(scratch / "directory", "x"), scratch / "directory", "not a regular file"));
}

TEST_CASE("a key file in a directory everyone may write to is refused", "[key_file]") {
  const Scratch scratch;
  const fs::path path = scratch.write("key.pem", sealed_with_pbkdf2);
  chmod_to(scratch.path(), 0777);
  REQUIRE(refused_with(read_key_file(path, "open-sesame"), scratch.path(), "run: chmod o-w"));
  chmod_to(scratch.path(), 01777);
  REQUIRE(read_key_file(path, "open-sesame"));
}

TEST_CASE("an unencrypted key is refused, with the remedy", "[key_file]") {
  const Scratch scratch;
  const Bytes der = PrivateKey::generate().pkcs8_der();
  for (const char* label : {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"}) {
    const fs::path path = scratch.write("key.pem", pem_of(label, der));
    REQUIRE(refused_with(read_key_file(path, "open-sesame"), path, "run: openssl pkcs8 -topk8 -scrypt"));
  }
}

TEST_CASE("a sealed key of another curve is refused", "[key_file]") {
  const Scratch scratch;
  EVP_PKEY* const key = EVP_EC_gen("P-384");
  BIO* const bio = BIO_new_file((scratch / "key.pem").c_str(), "w");
  char passphrase[] = "open-sesame";
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), passphrase, 11, nullptr, nullptr) == 1);
  BIO_free(bio);
  EVP_PKEY_free(key);
  chmod_to(scratch / "key.pem", 0600);
  REQUIRE(refused_with(read_key_file(scratch / "key.pem", "open-sesame"), scratch / "key.pem", "P-256"));
}

TEST_CASE("a file that holds no key is malformed", "[key_file]") {
  const Scratch scratch;
  const std::string sealed = sealed_with_pbkdf2;
  for (const std::string& text : {std::string(), std::string("hello"), sealed.substr(0, sealed.size() / 2),
                                  pem_of("ENCRYPTED PRIVATE KEY", "not DER"), std::string(70'000, 'x')}) {
    const fs::path path = scratch.write("key.pem", text);
    REQUIRE(read_key_file(path, "x").error().code == Error::Code::Malformed);
  }
}

TEST_CASE("a passphrase file is read without its newline and under the same rules", "[key_file]") {
  const Scratch scratch;
  for (const char* text : {"open sesame", "open sesame\n", "open sesame\r\n", "open sesame\n\n"}) {
    REQUIRE(read_passphrase_file(scratch.write("pass", text)).value() == "open sesame");
  }
  REQUIRE(read_passphrase_file(scratch.write("pass", " a b \n")).value() == " a b ");
  const fs::path path = scratch.write("pass", "\n");
  REQUIRE(refused_with(read_passphrase_file(path), path, "holds no passphrase"));
  chmod_to(path, 0640);
  REQUIRE(refused_with(read_passphrase_file(path), path, "run: chmod 600"));
  fs::create_symlink(path, scratch / "link");
  REQUIRE(refused_with(read_passphrase_file(scratch / "link"), scratch / "link", "symbolic link"));
}

}  // namespace aval::crypto::key_file_test
