#include "crypto/hash.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

namespace aval::crypto::hash_test {
namespace {

std::vector<Tag> all_tags() {
  std::vector<Tag> tags;
  for (int i = 0; i < static_cast<int>(Tag::Last_); ++i) tags.push_back(static_cast<Tag>(i));
  return tags;
}

Bytes with_separator(Tag tag) { return Bytes(tag_text(tag)) + '\0'; }

}  // namespace

TEST_CASE("SHA-256 follows the examples of FIPS 180-4", "[hash]") {
  REQUIRE(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  REQUIRE(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  REQUIRE(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex() ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  REQUIRE(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
                 "lmnopqrsmnopqrstnopqrstu")
              .hex() == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  REQUIRE(sha256(Bytes(1'000'000, 'a')).hex() ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a tagged hash is the hash of the tag, a zero byte and the bytes", "[hash]") {
  for (const Tag tag : all_tags()) {
    REQUIRE(tagged(tag, "bytes") == sha256(with_separator(tag) + "bytes"));
    REQUIRE(tagged(tag, "") == sha256(with_separator(tag)));
  }
}

TEST_CASE("a tagged hash of parts is that of the parts put together", "[hash]") {
  REQUIRE(tagged(Tag::Tx, {"ab", "", "c"}) == tagged(Tag::Tx, "abc"));
  REQUIRE(tagged(Tag::Tx, std::initializer_list<ByteView>{}) == tagged(Tag::Tx, ""));
}

TEST_CASE("tags are distinct, and no tag with its separator begins another", "[hash]") {
  for (const Tag one : all_tags()) {
    const std::string_view text = tag_text(one);
    CAPTURE(text);
    REQUIRE(text.starts_with("aval/"));
    REQUIRE(text.find("/v") != std::string_view::npos);
    REQUIRE(text.find('\0') == std::string_view::npos);
    for (const Tag other : all_tags()) {
      if (one != other) REQUIRE(!with_separator(other).starts_with(with_separator(one)));
    }
  }
}

TEST_CASE("the same bytes hash differently under every tag", "[hash]") {
  std::vector<Digest> digests;
  for (const Tag tag : all_tags()) digests.push_back(tagged(tag, "the same bytes"));
  std::sort(digests.begin(), digests.end());
  REQUIRE(std::adjacent_find(digests.begin(), digests.end()) == digests.end());
}

TEST_CASE("threads hash without disturbing each other", "[hash]") {
  const Digest expected = tagged(Tag::Batch, Bytes(1000, 'x'));
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&count, &expected] {
      for (int i = 0; i < 1000; ++i) count += tagged(Tag::Batch, Bytes(1000, 'x')) == expected ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(wrong == std::vector<int>(4, 0));
}

TEST_CASE("a digest is read from exactly 32 bytes", "[hash]") {
  const Digest digest = sha256("abc");
  REQUIRE(Digest::from_bytes(digest.view()).value() == digest);
  REQUIRE(Digest::from_hex(digest.hex()).value() == digest);
  for (const std::size_t size : {0u, 1u, 31u, 33u, 64u}) {
    REQUIRE(Digest::from_bytes(Bytes(size, 'x')).error().code == Error::Code::Malformed);
  }
  REQUIRE(!Digest::from_hex(digest.hex().substr(2)));
  REQUIRE(!Digest::from_hex(digest.hex().replace(0, 1, "z")));
}

TEST_CASE("only the digest of 32 zero bytes is zero", "[hash]") {
  REQUIRE(Digest{}.is_zero());
  REQUIRE(!sha256("").is_zero());
}

}  // namespace aval::crypto::hash_test
