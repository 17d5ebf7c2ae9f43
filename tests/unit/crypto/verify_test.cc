#include <algorithm>
#include <thread>
#include <vector>

#include <openssl/err.h>
#include <catch2/catch.hpp>

#include "crypto/keys.h"

namespace aval::crypto::verify_test {
namespace {

struct Vector {
  const char* name;
  const char* key;
  const char* digest;
  const char* signature;  // r || s
  bool valid;
};

// The RFC's signatures, and edge cases computed with an independent implementation of the curve.
const Vector vectors[] = {
    {"RFC 6979 A.2.5, SHA-256, \"sample\", as printed (high s)",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
     false},
    {"RFC 6979 A.2.5, SHA-256, \"sample\", negated s",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9",
     true},
    {"RFC 6979 A.2.5, SHA-384, \"sample\"",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "9a9083505bc92276aec4be312696ef7bf3bf603f4bbd381196a029f340585312",
     "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719"
     "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954",
     true},
    {"RFC 6979 A.2.5, SHA-512, \"sample\"",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "39a5e04aaff7455d9850c605364f514c11324ce64016960d23d5dc57d3ffd8f4",
     "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00"
     "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe",
     true},
    {"RFC 6979 A.2.5, SHA-256, \"test\"",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
     true},
    {"digest zero", "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "26efcebd0ee9e34a669187e18b3a9122b2f733945b649cc9f9f921e9f9dad812"
     "466cee4a2ffa78c0f14e5f967840637e503b8f7ad28490e0a19fadbcfb866af6",
     true},
    {"digest all ones", "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "26efcebd0ee9e34a669187e18b3a9122b2f733945b649cc9f9f921e9f9dad812"
     "2ba76389ba11287ad45b6ac3dd0366955699ea88622a0c44908882c1789da185",
     true},
    {"digest equal to the order", "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
     "21508b35b4afe0f01ad0857e7e1dbcc749688dc911e3a74c8a0e83174c8c609c"
     "0815175fb21227834c20b7a9bfed4c311163acb88c24cd9e585c9093c535e27a",
     true},
    {"nonce one: r is the base point's x",
     "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
     "13a70dd2240e84aff80742e283409f27064db5eda75973175e2a76c826e19f2f",
     true},
    {"key is the base point", "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "8e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3"
     "1a2c18d466e462f95f00821abc548e119cf93ab6b925b070499f7d62d552129e",
     true},
    {"key is the negated base point", "026b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "8e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3"
     "2ae0b19d8fc0553c2880ddc7fbaae0f746900e3a5e722a8a111c1719d1d6380d",
     true},
    {"x of R is above the order and wraps",
     "03b45c8a9dec2af7d47629d9ede26aef25da6c7a88aab407778b4d3a0634c65ec2",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "0000000000000000000000000000000000000000000000000000000000000003"
     "0000000000000000000000000000000000000000000000001234567890abcdef",
     true},
    {"s is exactly half the order", "03a65b9180d2bf6fba1c4f87280efa42af3be68e918618fc391b00e96983bc23ee",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "100effdbc0e5a386048b0931a3a3bc9949d3875670819d1bf7c43440fa16ea8f"
     "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8",
     true},
    {"s is one above half the order", "03144f4978218561a2d05d182d21ea4458df231ee66dcd77b23dc02e6ff014f415",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "100effdbc0e5a386048b0931a3a3bc9949d3875670819d1bf7c43440fa16ea8f"
     "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9",
     false},
    {"s is one", "02efd464532b9a65ff26ba8fd55d99bbbbfa66494f84fe48bf4981b22b58df067c",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "100effdbc0e5a386048b0931a3a3bc9949d3875670819d1bf7c43440fa16ea8f"
     "0000000000000000000000000000000000000000000000000000000000000001",
     true},
    {"the sum is the point at infinity", "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "752dbb6ec6339499bc8162b1149883f55fe0653b3c45c5d0fdd4b82824710e1c",
     "51590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed"
     "588aba890b09f4237f0cd3908afbad29d52231ca30df81a609d7dc75a23e409d",
     false},
    {"r is one below the order", "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
     "588aba890b09f4237f0cd3908afbad29d52231ca30df81a609d7dc75a23e409d",
     false},
};

constexpr const char* order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr const char* one_above_order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552";
constexpr const char* zero = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr const char* all_ones = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

Signature signature_of(const std::string& hex) {
  return Signature::from_bytes(from_hex(hex).value()).value();
}

}  // namespace

TEST_CASE("verification agrees with the vectors", "[verify]") {
  for (const Vector& vector : vectors) {
    CAPTURE(vector.name);
    const PublicKey key = PublicKey::from_hex(vector.key).value();
    const Digest digest = Digest::from_hex(vector.digest).value();
    REQUIRE(verify(key, digest, signature_of(vector.signature)) == vector.valid);
    REQUIRE(ERR_peek_error() == 0);
  }
}

TEST_CASE("r and s outside 1 to n - 1 are refused, and s above half of n", "[verify]") {
  const PrivateKey key = PrivateKey::generate();
  const Digest digest = sha256("abc");
  const std::string good = to_hex(key.sign(digest).view());
  const std::string r = good.substr(0, 64);
  const std::string s = good.substr(64);
  for (const char* edge : {zero, order, one_above_order, all_ones}) {
    CAPTURE(edge);
    REQUIRE(!verify(key.public_key(), digest, signature_of(edge + s)));
    REQUIRE(!verify(key.public_key(), digest, signature_of(r + edge)));
    REQUIRE(!verify(key.public_key(), digest, signature_of(std::string(edge) + edge)));
  }
  REQUIRE(verify(key.public_key(), digest, signature_of(good)));
}

TEST_CASE("a signature belongs to one key, one digest and its own bits", "[verify]") {
  const PrivateKey key = PrivateKey::generate();
  const Digest digest = sha256("abc");
  const Signature signature = key.sign(digest);
  REQUIRE(verify(key.public_key(), digest, signature));
  REQUIRE(!verify(PrivateKey::generate().public_key(), digest, signature));
  REQUIRE(!verify(key.public_key(), sha256("abd"), signature));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Signature altered = signature;
    altered.bytes[bit / 8] = static_cast<std::uint8_t>(altered.bytes[bit / 8] ^ (1u << (bit % 8)));
    REQUIRE(!verify(key.public_key(), digest, altered));
  }
}

TEST_CASE("a key that was never checked and is no point verifies nothing", "[verify]") {
  const PrivateKey key = PrivateKey::generate();
  const Digest digest = sha256("abc");
  const Signature signature = key.sign(digest);
  REQUIRE(!verify(PublicKey{}, digest, signature));
  PublicKey off_curve;
  off_curve.bytes[0] = 0x02;
  off_curve.bytes[32] = 0x01;
  REQUIRE(!verify(off_curve, digest, signature));
}

TEST_CASE("a refused signature leaves nothing in OpenSSL's error queue", "[verify]") {
  ERR_clear_error();
  const PrivateKey key = PrivateKey::generate();
  REQUIRE(!verify(key.public_key(), sha256("x"), key.sign(sha256("y"))));
  REQUIRE(!verify(PublicKey{}, sha256("x"), key.sign(sha256("y"))));
  REQUIRE(!PublicKey::from_bytes(Bytes("\x02") + Bytes(31, '\0') + '\x01'));
  REQUIRE(ERR_peek_error() == 0);
}

TEST_CASE("more keys than the cache holds all verify, in any order", "[verify]") {
  struct Signed {
    PublicKey key;
    Signature signature;
  };
  const Digest digest = sha256("abc");
  std::vector<Signed> all;
  for (int i = 0; i < 4200; ++i) {
    const PrivateKey key = PrivateKey::generate();
    all.push_back({key.public_key(), key.sign(digest)});
  }
  const auto verifies = [&](const Signed& one) { return verify(one.key, digest, one.signature); };
  REQUIRE(std::all_of(all.begin(), all.end(), verifies));
  REQUIRE(std::all_of(all.rbegin(), all.rend(), verifies));
  REQUIRE(!verify(all[0].key, digest, all[1].signature));
}

TEST_CASE("threads sign with one key and verify at the same time", "[verify]") {
  const PrivateKey key = PrivateKey::generate();
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([&key, &wrong, thread] {
      for (std::uint64_t i = 0; i < 100; ++i) {
        const Digest digest = tagged(Tag::Vote, big_endian(thread * 1000 + i));
        wrong[thread] += verify(key.public_key(), digest, key.sign(digest)) ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(wrong == std::vector<int>(4, 0));
}

}  // namespace aval::crypto::verify_test
