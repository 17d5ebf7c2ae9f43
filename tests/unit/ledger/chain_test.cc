#include "ledger/chain.h"

#include <catch2/catch.hpp>

#include "crypto/merkle.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::chain_test {
namespace {

const ChainConfig config = chain_of(4);

Header first_header() {
  ChainBuilder builder(config);
  return builder.next_entry(1, false).block.block.header;
}

std::string refusal(const Header& header) {
  const auto result = follows(genesis_header(config), header, config);
  return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("the genesis header stands at height 0 with the roots of empty lists", "[chain]") {
  const Header header = genesis_header(config);
  CHECK(header.height == Height{0});
  CHECK(header.parent.is_zero());
  CHECK(header.chain_id == config.chain_id);
  CHECK(header.time_ms == config.genesis_time_ms);
  CHECK(header.batches_root == crypto::merkle_root({}));
  CHECK(header.tx_root == crypto::merkle_root({}));
  CHECK(header.receipt_root == crypto::merkle_root({}));
  CHECK(header.state_root == config.genesis_state_root);
  CHECK(header.validators_hash == hash_of(config.validators));
  CHECK(header.params_hash == hash_of(config.parameters));
}

TEST_CASE("the next header of the chain follows", "[chain]") { CHECK(refusal(first_header()).empty()); }

TEST_CASE("a header that does not follow is refused, saying why", "[chain]") {
  const auto after = [](void (*change)(Header&)) {
    Header header = first_header();
    change(header);
    return refusal(header);
  };
  CHECK(after([](Header& h) { h.chain_id.bytes[0] ^= 1U; }) == "header: of another chain");
  CHECK(after([](Header& h) { h.epoch = Epoch{1}; }) == "header: of another epoch");
  CHECK(after([](Header& h) { h.height = Height{0}; }) == "header: not the next height");
  CHECK(after([](Header& h) { h.height = Height{2}; }) == "header: not the next height");
  CHECK(after([](Header& h) { h.parent.bytes[3] ^= 1U; }) == "header: names another parent");
  CHECK(after([](Header& h) { h.proposer = ReplicaId{4}; }) ==
        "header: proposed by nobody in the validator set");
}

TEST_CASE("nothing of an epoch follows the block that ended it", "[chain]") {
  const auto above = [](void (*change)(Header&)) {
    Header last = first_header();
    change(last);
    Header header = first_header();
    header.height = next(last.height);
    header.parent = hash_of(last);
    header.time_ms = last.time_ms + 1;
    const auto result = follows(last, header, config);
    return result ? "" : result.error().message;
  };
  CHECK(above([](Header&) {}).empty());
  CHECK(above([](Header& h) { h.validators_hash.bytes[0] ^= 1U; }) ==
        "header: its parent leaves it to other validators");
  CHECK(above([](Header& h) { h.params_hash.bytes[0] ^= 1U; }) == "header: its parent names other parameters");
}

TEST_CASE("CR-22 block time grows strictly", "[chain]") {
  Header header = first_header();
  header.time_ms = config.genesis_time_ms;
  CHECK(refusal(header) == "header: not later than its parent");
  header.time_ms = config.genesis_time_ms - 1;
  CHECK(refusal(header) == "header: not later than its parent");
  header.time_ms = config.genesis_time_ms + 1;
  CHECK(refusal(header).empty());
}

TEST_CASE("CR-22 nothing follows a block at the end of time", "[chain]") {
  ChainConfig late = config;
  late.genesis_time_ms = UINT64_MAX;
  Header header = first_header();
  header.parent = hash_of(genesis_header(late));
  for (const UnixMillis time_ms : {UnixMillis{0}, config.genesis_time_ms, UnixMillis{UINT64_MAX}}) {
    header.time_ms = time_ms;
    const auto result = follows(genesis_header(late), header, late);
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "header: not later than its parent");
  }
}

}  // namespace aval::ledger::chain_test
