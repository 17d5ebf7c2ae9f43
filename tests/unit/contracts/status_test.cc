#include "contracts/status.h"

#include <catch2/catch.hpp>
#include <set>

namespace aval::contracts::status_test {
namespace {

constexpr std::uint32_t numbers_end = 100;

bool is_known(std::uint32_t number) { return code_of(static_cast<Status>(number)) != "AV??"; }

}  // namespace

TEST_CASE("every status has its own code and its own sentence", "[status]") {
  std::set<std::string_view> codes;
  std::set<std::string_view> sentences;
  std::size_t known = 0;
  for (std::uint32_t number = 0; number < numbers_end; ++number) {
    if (!is_known(number)) continue;
    ++known;
    codes.insert(code_of(static_cast<Status>(number)));
    sentences.insert(sentence_of(static_cast<Status>(number)));
  }
  REQUIRE(known == 48);
  REQUIRE(codes.size() == known);
  REQUIRE(sentences.size() == known);
}

TEST_CASE("the market's codes are kept, own ones begin with AV", "[status]") {
  REQUIRE(code_of(Status::Applied) == "OK");
  REQUIRE(code_of(Status::DuplicateFinanced) == "DFIN");
  REQUIRE(code_of(Status::DuplicateRegistered) == "REDU");
  REQUIRE(code_of(Status::ReferenceReused) == "DUPE");
  REQUIRE(code_of(Status::InsufficientFunds) == "AM04");
  REQUIRE(code_of(Status::BadDeviceSignature) == "BSIG");
  REQUIRE(code_of(Status::AttestationMalformed) == "INCD");
  REQUIRE(code_of(Status::NoteLocked).substr(0, 2) == "AV");
  REQUIRE(code_of(static_cast<Status>(9999)) == "AV??");
}

}  // namespace aval::contracts::status_test
