#include <catch2/catch.hpp>

#include "ledger/epoch_step.h"
#include "ledger/ledger.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::epoch_test {
namespace {

const ChainConfig config = chain_without_state(4);

/// `before` one epoch later, with bank-4 in a fifth seat.
ValidatorSet with_fifth(const ValidatorSet& before, SeatStanding standing) {
  ValidatorSet set = before;
  set.epoch = next(set.epoch);
  set.validators.resize(4);
  set.validators.push_back(chain_of(5).validators.validators[4]);
  set.validators[4].standing = standing;
  return set;
}

ValidatorSet without(const ValidatorSet& before, std::size_t seat) {
  ValidatorSet set = before;
  set.epoch = next(set.epoch);
  set.validators[seat].standing = SeatStanding::Left;
  return set;
}

std::unique_ptr<Ledger> open(const TemporaryDirectory& directory) {
  Ledger::Options options;
  options.on_fatal = [](const std::string& what) { FAIL(what); };
  return Ledger::open(directory / "db", config, {}, options).value();
}

EpochStep step_of(const LedgerEntry& last, const ValidatorSet& next) {
  return {last.block.block.header, *last.block.certificate, next};
}

std::string refusal(const std::vector<EpochStep>& steps) {
  const auto walked = walk(config.validators, steps, config.chain_id);
  return walked ? "" : walked.error().message;
}

}  // namespace

TEST_CASE("n, f, q and the turns of views count voters alone", "[epoch]") {
  const ValidatorSet observed = with_fifth(config.validators, SeatStanding::Observer);
  CHECK(observed.size() == 4);
  CHECK(observed.quorum() == 3);
  CHECK(observed.has_seat(ReplicaId{4}));
  CHECK_FALSE(observed.contains(ReplicaId{4}));
  const ValidatorSet five = with_fifth(config.validators, SeatStanding::Voter);
  CHECK(five.quorum() == 4);
  const ValidatorSet left = without(five, 1);
  CHECK(left.size() == 4);
  CHECK_FALSE(left.has_seat(ReplicaId{1}));
  CHECK(left.voters() == std::vector{ReplicaId{0}, ReplicaId{2}, ReplicaId{3}, ReplicaId{4}});
}

TEST_CASE("GV-06 neither an observer nor a member that has left can sign for a certificate", "[epoch]") {
  const Vote vote{config.chain_id, Epoch{1}, View{0}, Height{1}, Phase::Commit, crypto::sha256("block")};
  Certificate certificate = certify(vote, 5);
  certificate.signatures.erase(certificate.signatures.begin() + 1, certificate.signatures.begin() + 3);
  REQUIRE(certificate.signatures.back().validator == ReplicaId{4});
  const auto is_taken = [&](SeatStanding fifth, std::size_t left) {
    ValidatorSet set = with_fifth(config.validators, fifth);
    set.validators[left].standing = SeatStanding::Left;
    REQUIRE(set.quorum() == 3);
    return verify_certificate(certificate, config.chain_id, set).has_value();
  };
  CHECK(is_taken(SeatStanding::Voter, 1));
  CHECK_FALSE(is_taken(SeatStanding::Voter, 3));
  ValidatorSet observed = with_fifth(config.validators, SeatStanding::Observer);
  CHECK_FALSE(verify_certificate(certificate, config.chain_id, observed));
}

TEST_CASE("CR-01 a validator set has one encoding, and unknown standings are refused", "[epoch]") {
  const ValidatorSet set = without(with_fifth(config.validators, SeatStanding::Observer), 2);
  const Bytes bytes = encode_validators(set);
  REQUIRE(decode_validators(bytes));
  CHECK(*decode_validators(bytes) == set);
  ValidatorSet odd = set;
  odd.validators[0].standing = static_cast<SeatStanding>(3);
  CHECK_FALSE(decode_validators(encode_validators(odd)));
  CHECK_FALSE(decode_validators(bytes + Bytes("\x18\x01", 2)));
  CHECK_FALSE(decode_validators(bytes.substr(1)));
}

TEST_CASE("G2 the ledger goes on under the set that its last block named, also after a restart", "[epoch]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const ValidatorSet five = with_fifth(config.validators, SeatStanding::Voter);
  const LedgerEntry first = builder.next_entry(2, true);
  const LedgerEntry last = builder.last_entry(five);
  const LedgerEntry later = builder.next_entry(3, true);
  {
    const auto ledger = open(directory);
    ledger->append(first, false);
    CHECK(ledger->config().validators == config.validators);
    ledger->append(last, true);
    CHECK(ledger->config().validators == five);
    CHECK(ledger->config().base == last.block.block.header);
  }
  const auto ledger = open(directory);
  CHECK(ledger->config().validators == five);
  CHECK(base_header(ledger->config()) == last.block.block.header);
  ledger->append(later, true);
  CHECK(ledger->config().validators == five);
  const auto view = ledger->snapshot();
  CHECK(view->validators(Epoch{0}) == config.validators);
  CHECK(view->validators(Epoch{1}) == five);
  CHECK_FALSE(view->validators(Epoch{2}));
  CHECK(view->epoch_steps(Epoch{}, Epoch{1}) == std::vector{step_of(last, five)});
  CHECK(view->epoch_steps(Epoch{1}, Epoch{1}).empty());
}

TEST_CASE("a receipt of a later epoch is proved from the genesis set alone", "[epoch]") {
  const TemporaryDirectory directory;
  const auto ledger = open(directory);
  ChainBuilder builder(config);
  const ValidatorSet five = with_fifth(config.validators, SeatStanding::Voter);
  ledger->append(builder.last_entry(five), false);
  ledger->append(builder.last_entry(without(five, 0)), false);
  const LedgerEntry later = builder.next_entry(1, false);
  ledger->append(later, false);
  CHECK_FALSE(ledger->snapshot()->receipt_proof(later.transactions[0]->tx_id));
  // The builder's certificates are by the first seats; those of this set begin at 1.
  LedgerEntry certified = builder.next_entry(1, false);
  Certificate& certificate = certified.block.certificate.emplace();
  const Vote vote = commit_vote(certified.block.block.header);
  certificate = {vote.epoch, vote.view, vote.height, vote.phase, vote.block_hash, {}};
  for (std::uint32_t i = 1; i < 4; ++i)
    certificate.signatures.push_back({ReplicaId{i}, signer(i).sign(signing_digest(vote)).value()});
  ledger->append(certified, true);

  const auto proof = ledger->snapshot()->receipt_proof(later.transactions[0]->tx_id);
  REQUIRE(proof);
  CHECK(proof->finality.epochs.size() == 2);
  const auto decoded = decode_receipt_proof(encode_receipt_proof(*proof));
  REQUIRE(decoded);
  CHECK(verify_receipt_proof(*decoded, config.chain_id, config.validators));
  ReceiptProof short_of_one = *decoded;
  short_of_one.finality.epochs.pop_back();
  CHECK_FALSE(verify_receipt_proof(short_of_one, config.chain_id, config.validators));
}

TEST_CASE("GV-08 a walk through the epochs takes no step that its own set has not certified", "[epoch]") {
  ChainBuilder builder(config);
  const ValidatorSet five = with_fifth(config.validators, SeatStanding::Voter);
  const EpochStep first = step_of(builder.last_entry(five), five);
  const ValidatorSet left = without(five, 4);
  const EpochStep second = step_of(builder.last_entry(left), left);
  CHECK(refusal({}).empty());
  CHECK(refusal({first}).empty());
  CHECK(refusal({first, second}).empty());
  CHECK(*decode_epoch_step(encode_epoch_step(second)) == second);
  const auto after = [&](void (*change)(EpochStep&)) {
    EpochStep step = first;
    change(step);
    return refusal({step});
  };
  const std::string where = "the end of epoch 0: ";
  CHECK(refusal({second}) == where + "its last block is of another epoch");
  CHECK(after([](EpochStep& s) { s.next.validators[0].member = "thief"; }) ==
        where + "its last block names other validators");
  CHECK(after([](EpochStep& s) { s.next.epoch = Epoch{2}; }) == where + "the next set is not of the next epoch");
  CHECK(after([](EpochStep& s) { s.certificate.phase = Phase::Prepare; }) ==
        where + "its certificate is not a commit certificate");
  CHECK(after([](EpochStep& s) { s.last.time_ms += 1; }) == where + "its certificate is of another block");
  CHECK_FALSE(after([](EpochStep& s) { s.certificate.signatures.pop_back(); }).empty());
}

}  // namespace aval::ledger::epoch_test
