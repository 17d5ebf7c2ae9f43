#include "node/hello.h"

#include <catch2/catch.hpp>

namespace aval::node::hello_test {
namespace {

Hello sample() {
  Hello hello;
  hello.chain_id = crypto::sha256("chain");
  hello.epoch = ledger::Epoch{3};
  hello.validators = crypto::sha256("validators");
  hello.parameters = crypto::sha256("parameters");
  hello.replica = ledger::ReplicaId{2};
  return hello;
}

std::string refusal(const Hello& theirs) {
  const auto fits = compatible(sample(), theirs);
  return fits ? "" : fits.error().message.substr(0, fits.error().message.find(':'));
}

}  // namespace

TEST_CASE("a hello reads back as it was written", "[hello]") {
  REQUIRE(encode_hello(sample()).size() == hello_bytes);
  REQUIRE(decode_hello(encode_hello(sample())).value() == sample());
}

TEST_CASE("a hello of any other length or magic is refused", "[hello]") {
  const Bytes good = encode_hello(sample());
  for (std::size_t cut = 0; cut < good.size(); ++cut) REQUIRE_FALSE(decode_hello(good.substr(0, cut)));
  REQUIRE_FALSE(decode_hello(good + "x"));
  Bytes other = good;
  other[0] = 'B';
  REQUIRE_FALSE(decode_hello(other));
}

TEST_CASE("ends that differ refuse each other by the name of the difference", "[hello]") {
  REQUIRE(compatible(sample(), sample()));
  Hello theirs = sample();
  theirs.chain_id = crypto::sha256("other");
  REQUIRE(refusal(theirs) == "CHAIN_MISMATCH");
  theirs = sample();
  theirs.parameters = crypto::sha256("other");
  REQUIRE(refusal(theirs) == "PARAMS_MISMATCH");
  theirs = sample();
  theirs.validators = crypto::sha256("other");
  REQUIRE(refusal(theirs) == "VALIDATORS_MISMATCH");
}

TEST_CASE("ends in different epochs link up, for one of them has to catch up", "[hello]") {
  Hello theirs = sample();
  theirs.epoch = ledger::Epoch{4};
  theirs.validators = crypto::sha256("other");
  theirs.parameters = crypto::sha256("other");
  REQUIRE(compatible(sample(), theirs));
  theirs.chain_id = crypto::sha256("other");
  REQUIRE(refusal(theirs) == "CHAIN_MISMATCH");
}

TEST_CASE("protocol ranges that touch fit, ranges apart do not", "[hello]") {
  Hello ours = sample();
  ours.protocol_min = 2;
  ours.protocol_max = 4;
  Hello theirs = sample();
  theirs.protocol_min = 4;
  theirs.protocol_max = 9;
  REQUIRE(compatible(ours, theirs));
  theirs.protocol_min = 5;
  REQUIRE_FALSE(compatible(ours, theirs));
  theirs.protocol_min = theirs.protocol_max = 1;
  REQUIRE_FALSE(compatible(ours, theirs));
}

}  // namespace aval::node::hello_test
