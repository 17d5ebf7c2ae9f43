#include "node/peer_book.h"

#include <catch2/catch.hpp>

#include "ledger/chain.h"
#include "node/epoch_proof.h"

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

struct Book : Consortium {
  ValidatorSet first = after(chain.validators, 1);
  ValidatorSet second = after(first, 2);
  Bytes proof = encode_epoch_proof({step(chain.validators, first), step(first, second)});
  Config config;
  PeerBook book{config, chain};
};

}  // namespace

TEST_CASE("who has a key of a later epoch is recognised by the steps that lead there", "[peers]") {
  Book at;
  CHECK_FALSE(at.book.directory().find(tls_key(at.second, 1)));
  CHECK(at.book.recognise(tls_key(at.second, 2), at.proof) == ReplicaId{2});
  CHECK(at.book.directory().find(tls_key(at.second, 1)) == ReplicaId{1});  // by the same proof
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
  REQUIRE(at.book.recognise(tls_key(at.second, 2), at.proof));
  ledger::ChainConfig chain = at.chain;
  chain.validators = at.first;
  at.book.enter(chain);
  CHECK(at.book.directory().find(tls_key(at.second, 2)) == ReplicaId{2});
  chain.validators = after(at.first, 3);  // not what was proved: the ledger decides
  at.book.enter(chain);
  CHECK(at.book.directory().find(tls_key(chain.validators, 3)) == ReplicaId{3});
  CHECK_FALSE(at.book.directory().find(tls_key(at.second, 2)));
}

TEST_CASE("steps that do not hold prove nothing", "[peers]") {
  Book at;
  const auto& key = tls_key(at.second, 2);
  const EpochStep sound = at.step(at.chain.validators, at.first);
  EpochStep changed = at.step(at.first, at.second);
  changed.next.validators[0].tls_key = key;
  const Bytes proofs[] = {Bytes(),
                          "x",
                          at.proof.substr(0, at.proof.size() - 1),
                          encode_epoch_proof({sound}),
                          encode_epoch_proof({at.step(at.first, at.second)}),
                          encode_epoch_proof({sound, at.step(at.first, at.second, 2)}),
                          encode_epoch_proof({sound, changed})};
  for (const Bytes& proof : proofs) {
    PeerBook book(at.config, at.chain);
    CHECK_FALSE(book.recognise(key, proof));
    CHECK(book.directory().find(tls_key(at.chain.validators, 2)) == ReplicaId{2});
  }
}

TEST_CASE("a stranger with the steps of others is still nobody", "[peers]") {
  Book at;
  CHECK_FALSE(at.book.recognise(crypto::PrivateKey::generate().public_key(), at.proof));
  CHECK_FALSE(at.book.directory().find(tls_key(at.second, 2)));
}

TEST_CASE("a seat that only the later epoch has waits until then", "[peers]") {
  Book at;
  const ValidatorSet five = after(at.second, 4);
  const Bytes proof = at.proof + encode_epoch_proof({at.step(at.second, five)});
  CHECK_FALSE(at.book.recognise(tls_key(five, 4), proof));
  CHECK(at.book.recognise(tls_key(five, 2), proof) == ReplicaId{2});
  CHECK(at.book.seats(ReplicaId{0}).seats.size() == 4);
}

TEST_CASE("four proofs a second are looked at, whoever sends them", "[peers]") {
  Book at;
  for (int i = 0; i < 4; ++i) CHECK_FALSE(at.book.recognise(tls_key(at.second, 2), "no proof"));
  CHECK_FALSE(at.book.recognise(tls_key(at.second, 2), at.proof));
}

TEST_CASE("the steps of a proof come back from its bytes, cut ones are refused", "[peers]") {
  const Book at;
  const auto steps = decode_epoch_proof(at.proof);
  REQUIRE(steps);
  CHECK(encode_epoch_proof(*steps) == at.proof);
  CHECK(decode_epoch_proof("")->empty());
  const std::size_t first = encode_epoch_proof({steps->front()}).size();
  for (std::size_t size = 1; size < at.proof.size(); ++size)
    CHECK(decode_epoch_proof(at.proof.substr(0, size)).has_value() == (size == first));
}

}  // namespace aval::node::peer_book_test
