#include "node/peer_book.h"

#include <catch2/catch.hpp>

#include "ledger/chain.h"
#include "node/epoch_proof.h"
#include "tests/unit/node/http_fake_backend.h"

namespace aval::node::peer_book_test {
namespace {

using ledger::EpochStep;
using ledger::ReplicaId;
using ledger::ValidatorSet;

/// Four banks whose TLS keys change one after another, an epoch for each change.
struct Consortium {
  Consortium() {
    for (int i = 0; i < 4; ++i) {
      vote_keys.push_back(crypto::PrivateKey::generate());
      ledger::Validator bank;
      bank.member = "bank-" + std::to_string(i);
      bank.vote_key = vote_keys.back().public_key();
      bank.tls_key = crypto::PrivateKey::generate().public_key();
      bank.address = "10.0.0.1:700" + std::to_string(i);
      chain.validators.validators.push_back(bank);
    }
    chain.chain_id = crypto::sha256("chain");
  }

  /// The end of the epoch of `set`, in which `signers` name the next one.
  EpochStep step(const ValidatorSet& set, const ValidatorSet& next, std::uint32_t signers = 3) const {
    EpochStep out;
    out.next = next;
    out.last.chain_id = chain.chain_id;
    out.last.epoch = set.epoch;
    out.last.height = ledger::Height{10 + number(set.epoch)};
    out.last.validators_hash = hash_of(next);
    out.certificate = {set.epoch, {}, out.last.height, ledger::Phase::Commit, hash_of(out.last), {}};
    const ledger::Vote vote{chain.chain_id, set.epoch, {}, out.last.height, ledger::Phase::Commit, hash_of(out.last)};
    for (std::uint32_t i = 0; i < signers; ++i)
      out.certificate.signatures.push_back({ReplicaId{i}, vote_keys[i].sign(signing_digest(vote))});
    return out;
  }

  std::vector<crypto::PrivateKey> vote_keys;
  ledger::ChainConfig chain;
};

/// The next epoch, in which the bank with this number has another TLS key and address; 4 is a fifth bank.
ValidatorSet after(ValidatorSet set, std::uint32_t bank) {
  set.epoch = next(set.epoch);
  if (bank == set.validators.size()) set.validators.push_back(set.validators.front());
  set.validators[bank].tls_key = crypto::PrivateKey::generate().public_key();
  set.validators[bank].address = "10.0.0.2:7000";
  return set;
}

const crypto::PublicKey& tls_key(const ValidatorSet& set, std::uint32_t bank) { return set.validators[bank].tls_key; }

std::vector<EpochStep> steps_in(ByteView proof) {
  std::vector<EpochStep> out;
  while (!proof.empty()) out.push_back(take_epoch_step(proof).value());
  return out;
}

struct Book : Consortium {
  ValidatorSet first = after(chain.validators, 1);
  ValidatorSet second = after(first, 2);
  Bytes proof = encode_epoch_proof({step(chain.validators, first), step(first, second)});
  Config config;
  PeerBook book{config, chain};
};

}  // namespace

TEST_CASE("the keys and addresses of a later epoch are learned from the steps that lead there", "[peers]") {
  Book at;
  CHECK_FALSE(at.book.directory().find(tls_key(at.second, 1)));
  CHECK(at.book.learn(at.proof));
  CHECK(at.book.directory().find(tls_key(at.second, 2)) == ReplicaId{2});
  CHECK(at.book.directory().find(tls_key(at.second, 1)) == ReplicaId{1});
  CHECK(at.book.directory().find(tls_key(at.second, 0)) == ReplicaId{0});
  CHECK_FALSE(at.book.directory().find(tls_key(at.chain.validators, 1)));
  const auto seats = at.book.seats(ReplicaId{0});
  CHECK(seats.seats[2].tls_key == tls_key(at.second, 2));
  CHECK(seats.seats[2].address.host == "10.0.0.2");
  CHECK(seats.seats[3].address.host == "10.0.0.1");
  CHECK(seats.hello == hello_of(at.chain, ReplicaId{0}));  // the node itself is where it was
}

TEST_CASE("what was proved is kept until the ledger is there", "[peers]") {
  Book at;
  REQUIRE(at.book.learn(at.proof));
  ledger::ChainConfig chain = at.chain;
  chain.validators = at.first;
  at.book.enter(chain);
  CHECK(at.book.directory().find(tls_key(at.second, 2)) == ReplicaId{2});
  chain.validators = after(at.first, 3);  // not what was proved: the ledger decides
  at.book.enter(chain);
  CHECK(at.book.directory().find(tls_key(chain.validators, 3)) == ReplicaId{3});
  CHECK_FALSE(at.book.directory().find(tls_key(at.second, 2)));
}

TEST_CASE("what does not hold proves nothing, and takes nothing from what stands before it", "[peers]") {
  Book at;
  const EpochStep sound = at.step(at.chain.validators, at.first);
  EpochStep changed = at.step(at.first, at.second);
  changed.next.validators[0].tls_key = tls_key(at.second, 2);
  const Bytes nothing[] = {Bytes(), "x", at.proof.substr(1), encode_epoch_proof({at.step(at.first, at.second)}),
                           encode_epoch_proof({at.step(at.chain.validators, at.first, 2)})};
  for (const Bytes& proof : nothing) {
    PeerBook book(at.config, at.chain);
    CHECK_FALSE(book.learn(proof));
    CHECK(book.directory().find(tls_key(at.chain.validators, 1)) == ReplicaId{1});
  }
  const Bytes one_step[] = {at.proof.substr(0, at.proof.size() - 1), encode_epoch_proof({sound, changed}),
                            encode_epoch_proof({sound, at.step(at.first, at.second, 2)})};
  for (const Bytes& proof : one_step) {
    PeerBook book(at.config, at.chain);
    CHECK(book.learn(proof));
    CHECK(book.directory().find(tls_key(at.first, 1)) == ReplicaId{1});
    CHECK_FALSE(book.directory().find(tls_key(at.second, 2)));
  }
}

TEST_CASE("a proof may go on from where the one before it has come to", "[peers]") {
  Book at;
  CHECK(at.book.learn(encode_epoch_proof({at.step(at.chain.validators, at.first)})));
  CHECK(at.book.directory().find(tls_key(at.first, 1)) == ReplicaId{1});
  CHECK(at.book.learn(encode_epoch_proof({at.step(at.first, at.second)})));
  CHECK(at.book.directory().find(tls_key(at.second, 2)) == ReplicaId{2});
  CHECK_FALSE(at.book.learn(at.proof));  // nothing new
}

TEST_CASE("a seat that only the later epoch has waits until then", "[peers]") {
  Book at;
  const ValidatorSet five = after(at.second, 4);
  CHECK(at.book.learn(at.proof + encode_epoch_proof({at.step(at.second, five)})));
  CHECK_FALSE(at.book.directory().find(tls_key(five, 4)));
  CHECK(at.book.directory().find(tls_key(five, 2)) == ReplicaId{2});
  CHECK(at.book.seats(ReplicaId{0}).seats.size() == 4);
}

TEST_CASE("four proofs a second are looked at, whoever sends them", "[peers]") {
  Book at;
  for (int i = 0; i < 4; ++i) CHECK_FALSE(at.book.learn("no proof"));
  CHECK_FALSE(at.book.learn(at.proof));
}

/// Epochs of a ledger, one of whose steps is as long as is told.
class Epochs final : public FakeSnapshot {
 public:
  explicit Epochs(EpochStep step) : step_(std::move(step)) {}
  std::vector<EpochStep> epoch_steps(ledger::Epoch from, ledger::Epoch to) const override {
    std::vector<EpochStep> out;
    for (auto at = from; at < to; at = next(at)) {
      out.push_back(step_);
      out.back().last.epoch = at;
    }
    read += out.size();
    return out;
  }
  mutable std::size_t read = 0;

 private:
  EpochStep step_;
};

TEST_CASE("each step of a ledger is read once, and shown to whoever is behind in frames that can be read", "[peers]") {
  const Book at;
  EpochStep large = at.step(at.chain.validators, at.first);
  large.next.validators.resize(ledger::validators_max, large.next.validators.front());
  Epochs ledger(large);
  EpochSteps steps;
  steps.extend(ledger, ledger::Epoch{3});
  CHECK(steps.proofs_from(ledger::Epoch{3}).empty());
  REQUIRE(steps.proofs_from(ledger::Epoch{1}).size() == 1);
  const auto two = steps_in(steps.proofs_from(ledger::Epoch{1}).front());
  CHECK(two.size() == 2);
  CHECK(two.front().last.epoch == ledger::Epoch{1});
  steps.extend(ledger, ledger::Epoch{200});
  CHECK(ledger.read == 200);
  const auto proofs = steps.proofs_from(ledger::Epoch{});
  CHECK(proofs.size() == epoch_proofs_max);
  auto expected = ledger::Epoch{};
  for (const Bytes& proof : proofs) {
    CHECK(proof.size() <= epoch_proof_bytes_max);
    for (const EpochStep& step : steps_in(proof)) {
      CHECK(step.last.epoch == expected);
      expected = next(expected);
    }
  }
  CHECK(number(expected) < 200);
}

TEST_CASE("the steps of a proof come back from its bytes, cut ones are refused", "[peers]") {
  const Book at;
  CHECK(encode_epoch_proof(steps_in(at.proof)) == at.proof);
  const std::size_t first = encode_epoch_proof({steps_in(at.proof).front()}).size();
  for (std::size_t size = 1; size < at.proof.size(); ++size) {
    ByteView rest = ByteView(at.proof).substr(0, size);
    const auto step = take_epoch_step(rest);
    CHECK(step.has_value() == (size >= first));
    if (step) CHECK(take_epoch_step(rest).has_value() == false);
  }
}

}  // namespace aval::node::peer_book_test
