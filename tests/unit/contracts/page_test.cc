#include "tests/unit/contracts/page.h"

#include <catch2/catch.hpp>

#include "contracts/cose.h"
#include "contracts/status.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::page_test {

TEST_CASE("the page lists every status with its number, code and sentence", "[page]") {
  const std::string page = contracts_page();
  for (std::uint32_t number = 0; number < 100; ++number) {
    const auto status = static_cast<Status>(number);
    if (code_of(status) == "AV??") continue;
    const std::string row = "| " + std::to_string(number) + " | " + std::string(code_of(status)) + " | " +
                            std::string(sentence_of(status)) + " |";
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
  }
}

TEST_CASE("the page's worked example is the golden attestation, and it verifies", "[page]") {
  const std::string hex = golden_text("attestation.hex");
  const Bytes bytes = from_hex(hex.substr(0, hex.find('\n'))).value();
  const CoseSign1 message = decode_cose_sign1(bytes).value();
  REQUIRE(encode_cose_sign1(message) == bytes);
  const Attestation attestation = decode_attestation(message.payload).value();
  REQUIRE(attestation == Attestation{"shp-1", "MSKU1234565", "device-1", 1000, "LOAD", 1'767'225'600'000});
  crypto::Digest chain;
  chain.bytes.fill(0xAA);
  const auto digest = attestation_signing_digest(chain, message.payload);
  const auto key =
      crypto::PublicKey::from_hex("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")
          .value();
  REQUIRE(crypto::verify(key, digest, message.signature));

  const std::string page = contracts_page();
  REQUIRE(page.find(to_hex(message.payload)) != std::string::npos);
  REQUIRE(page.find(to_hex(message.signature.view())) != std::string::npos);
  REQUIRE(page.find(digest.hex()) != std::string::npos);
}

}  // namespace aval::contracts::page_test
