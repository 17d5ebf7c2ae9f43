#include <array>

#include <catch2/catch.hpp>

#include "crypto/fingerprint.h"
#include "crypto/keys.h"
#include "crypto/merkle.h"

namespace aval::crypto::readme_test {

TEST_CASE("the worked examples of the page hold: hashes", "[readme]") {
  REQUIRE(tagged(Tag::Tx, "abc").hex() == "862c81ed97c7d124e972b4c2aafc25e83e9fc543f076a6168afeb55901cd931c");
  REQUIRE(fingerprint("secret", "INV-7").hex() ==
          "e521f3999d5158c8ceecb6b049d408a792120bc3e9322cf282b13af50894a61b");
}

TEST_CASE("the worked examples of the page hold: key and signature", "[readme]") {
  const PublicKey key =
      PublicKey::from_hex("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6").value();
  REQUIRE(key_id(key).hex() == "b725a508a7123a4d79d60044aaa60f82a9156b9e3b1cc9d45f4fc9075a2e2aed");
  const Bytes signature = from_hex(
                              "30996011a1245f74cd4a2f9b8eb0732217e106b1a040cda689a8c47bd6f60c98"
                              "61f6a5b5b9fc2d9e608a125b010fd3422e0b3b4d938926c34b75559a58f81943")
                              .value();
  REQUIRE(verify(key, tagged(Tag::Tx, "abc"), Signature::from_bytes(signature).value()));
}

TEST_CASE("the worked examples of the page hold: tree and proof", "[readme]") {
  const std::array leaves = {merkle_leaf("a"), merkle_leaf("b"), merkle_leaf("c")};
  const Digest root =
      Digest::from_hex("36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1").value();
  const Digest sibling =
      Digest::from_hex("b137985ff484fb600db93107c77b0365c80d78f5b429ded0fd97361d077999eb").value();
  REQUIRE(merkle_root(leaves) == root);
  REQUIRE(merkle_prove(leaves, 2).path == std::vector<Digest>{sibling});
  REQUIRE(merkle_verify(root, merkle_leaf("c"), {.index = 2, .size = 3, .path = {sibling}}));
}

}  // namespace aval::crypto::readme_test
