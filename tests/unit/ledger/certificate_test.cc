#include "ledger/certificate.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "ledger/canonical.h"
#include "ledger/wire.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::certificate_test {
namespace {

const ChainConfig config = chain_of(7);  // f = 2, q = 5

Vote sample_vote() {
  return {config.chain_id, Epoch{0}, View{3}, Height{42}, Phase::Commit, digest_of("a block")};
}

std::string refusal(const Certificate& certificate) {
  const auto result = verify_certificate(certificate, config.chain_id, config.validators);
  return result ? "" : result.error().message;
}

ValidatorSet set_of(std::size_t count) {
  ValidatorSet set;
  set.validators.resize(count);
  return set;
}

/// Changes one thing of a valid certificate; what comes out is never valid.
Certificate mutated(const Certificate& good, Numbers& numbers) {
  Certificate bad = good;
  auto& votes = bad.signatures;
  const std::size_t at = numbers.below(votes.size());
  const std::size_t other = (at + 1 + numbers.below(votes.size() - 1)) % votes.size();
  switch (numbers.below(12)) {
    case 0:
      votes.erase(votes.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      votes[at] = votes[other];
      break;
    case 2:
      votes.push_back({ReplicaId{6}, signer(6).sign(signing_digest(sample_vote())).value()});
      break;
    case 3:
      std::swap(votes[at], votes[other]);
      break;
    case 4:
      std::swap(votes[at].signature, votes[other].signature);
      break;
    case 5:
      votes[at].signature.bytes.at(numbers.below(64)) ^= 1U;
      break;
    case 6:
      votes[at].validator = ReplicaId{static_cast<std::uint32_t>(7 + numbers.below(1U << 30U))};
      break;
    case 7:
      bad.epoch = Epoch{1 + numbers.below(1000)};
      break;
    case 8:
      bad.view = View{number(good.view) + 1 + numbers.below(1000)};
      break;
    case 9:
      bad.height = Height{number(good.height) + 1 + numbers.below(1000)};
      break;
    case 10:
      bad.phase = Phase::Prepare;
      break;
    default:
      bad.block_hash.bytes.at(numbers.below(32)) ^= 1U;
      break;
  }
  return bad;
}

}  // namespace

TEST_CASE("CS-10 any two quorums share more than f validators, and the honest ones make a quorum",
          "[certificate]") {
  for (std::size_t n = 4; n <= 40; ++n) {
    INFO("n = " << n);
    const ValidatorSet set = set_of(n);
    const std::size_t f = set.faulty_max();
    const std::size_t q = set.quorum();
    CHECK(3 * f < n);
    CHECK(3 * (f + 1) >= n);
    CHECK(2 * q >= n + f + 1);       // two quorums overlap in f + 1 at least
    CHECK(2 * (q - 1) < n + f + 1);  // and no smaller number does it
    CHECK(q + f <= n);               // f silent validators cannot stop a quorum
  }
}

TEST_CASE("CS-10 the quorum is never a bare 2f+1", "[certificate]") {
  CHECK(set_of(4).quorum() == 3);
  CHECK(set_of(5).quorum() == 4);
  CHECK(set_of(6).quorum() == 4);
  CHECK(set_of(7).quorum() == 5);
  CHECK(set_of(8).quorum() == 6);
  CHECK(set_of(10).quorum() == 7);
}

TEST_CASE("a quorum of signatures makes a certificate", "[certificate]") {
  for (const std::size_t n : {4U, 5U, 6U, 7U, 10U}) {
    const ChainConfig chain = chain_of(n);
    const Certificate certificate = certify(sample_vote(), chain.validators.quorum());
    CHECK(verify_certificate(certificate, chain.chain_id, chain.validators));
    CHECK(decode_certificate(encode_certificate(certificate)).value() == certificate);
  }
}

TEST_CASE("any quorum of the set will do", "[certificate]") {
  Certificate certificate = certify(sample_vote(), 7);
  certificate.signatures.erase(certificate.signatures.begin() + 1, certificate.signatures.begin() + 3);
  CHECK(refusal(certificate).empty());
}

TEST_CASE("CS-29 CR-20 a certificate changed in any way is refused", "[certificate]") {
  const Certificate good = certify(sample_vote(), 5);
  REQUIRE(refusal(good).empty());
  Numbers numbers(29);
  for (int i = 0; i < 3000; ++i) {
    const Certificate bad = mutated(good, numbers);
    REQUIRE_FALSE(refusal(bad).empty());
    const auto decoded = decode_certificate(encode_certificate(bad));
    if (decoded) REQUIRE(*decoded == bad);
  }
}

TEST_CASE("a refused certificate says why", "[certificate]") {
  const Certificate good = certify(sample_vote(), 5);
  Certificate bad = good;
  bad.signatures.pop_back();
  CHECK(refusal(bad) == "certificate: carries 4 signatures, the quorum is 5");
  bad = certify(sample_vote(), 6);
  CHECK(refusal(bad) == "certificate: carries 6 signatures, the quorum is 5");
  bad = good;
  bad.epoch = Epoch{1};
  CHECK(refusal(bad) == "certificate: of another epoch than the validator set");
  bad = good;
  bad.signatures[4].validator = ReplicaId{7};
  CHECK(refusal(bad) == "certificate: signed by a validator that is not in the set");
  bad = good;
  bad.signatures[1] = bad.signatures[0];
  CHECK(refusal(bad) == "certificate: signatures not ascending by distinct validators");
  bad = good;
  bad.signatures[2].signature.bytes[9] ^= 1U;
  CHECK(refusal(bad) == "certificate: the signature of validator 2 does not verify");
  bad = good;
  bad.phase = static_cast<Phase>(3);
  CHECK(refusal(bad) == "certificate: of an unknown phase");
}

TEST_CASE("a certificate of one chain, or of one set, is none of another", "[certificate]") {
  const Certificate certificate = certify(sample_vote(), 5);
  CHECK_FALSE(verify_certificate(certificate, digest_of("another chain"), config.validators));
  ValidatorSet shifted = config.validators;
  std::rotate(shifted.validators.begin(), shifted.validators.begin() + 1, shifted.validators.end());
  CHECK_FALSE(verify_certificate(certificate, config.chain_id, shifted));
  CHECK_FALSE(verify_certificate(certificate, config.chain_id, ValidatorSet()));
}

TEST_CASE("a certificate that is not well-formed does not decode", "[certificate]") {
  const Certificate good = certify(sample_vote(), 5);
  Certificate bad = good;
  bad.phase = static_cast<Phase>(0);
  CHECK_FALSE(decode_certificate(encode_certificate(bad)));
  bad.phase = static_cast<Phase>(3);
  CHECK_FALSE(decode_certificate(encode_certificate(bad)));
  bad = good;
  bad.signatures.clear();
  CHECK_FALSE(decode_certificate(encode_certificate(bad)));
  bad = good;
  std::swap(bad.signatures[0], bad.signatures[1]);
  CHECK_FALSE(decode_certificate(encode_certificate(bad)));
  for (std::uint32_t i = 5; i < 257; ++i) bad.signatures.push_back({ReplicaId{i}, {}});
  std::sort(bad.signatures.begin(), bad.signatures.end());
  CHECK_FALSE(decode_certificate(encode_certificate(bad)));
  pb::Certificate wire;
  REQUIRE(wire.ParseFromString(encode_certificate(good)));
  wire.mutable_signatures(0)->set_signature(Bytes(63, 's'));
  CHECK_FALSE(decode_certificate(canonical(wire)));
}

TEST_CASE("every field of a vote enters what is signed", "[certificate]") {
  const Vote vote = sample_vote();
  std::vector<Vote> changed(6, vote);
  changed[0].chain_id.bytes[0] ^= 1U;
  changed[1].epoch = Epoch{1};
  changed[2].view = next(vote.view);
  changed[3].height = next(vote.height);
  changed[4].phase = Phase::Prepare;
  changed[5].block_hash.bytes[0] ^= 1U;
  for (const Vote& other : changed) CHECK(signing_digest(other) != signing_digest(vote));
}

TEST_CASE("every field of a validator, and the order of validators, enters the hash of the set",
          "[certificate]") {
  std::vector<ValidatorSet> changed(6, config.validators);
  changed[0].epoch = Epoch{1};
  changed[1].validators[0].member += "x";
  std::swap(changed[2].validators[0].vote_key, changed[2].validators[0].tls_key);
  changed[3].validators[0].address += "1";
  std::swap(changed[4].validators[0], changed[4].validators[1]);
  changed[5].validators.pop_back();
  for (const ValidatorSet& other : changed) CHECK(hash_of(other) != hash_of(config.validators));
}

}  // namespace aval::ledger::certificate_test
