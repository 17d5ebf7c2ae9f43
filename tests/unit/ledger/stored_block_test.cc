#include "ledger/stored_block.h"

#include <catch2/catch.hpp>

#include "tests/unit/ledger/altered_ledger.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::stored_block_test {
namespace {

const ChainConfig config = chain_without_state(4);

/// Six blocks of two epochs, of which every second one has a certificate of its own.
class Stored {
 public:
  Stored() {
    ChainBuilder builder(config);
    for (int i = 1; i <= 6; ++i) {
      ValidatorSet next_set = config.validators;
      next_set.epoch = next(next_set.epoch);
      ledger->append(i == 4 ? builder.last_entry(next_set) : builder.next_entry(3, i % 2 == 0), false);
    }
  }

  TemporaryDirectory directory;
  std::unique_ptr<Ledger> ledger = Ledger::open(directory / "db", config, {}, options()).value();

 private:
  static Ledger::Options options() {
    Ledger::Options out;
    out.on_fatal = [](const std::string& what) { FAIL(what); };
    return out;
  }
};

std::string fault_of(const LedgerSnapshot& ledger, std::uint64_t height) {
  const auto checked = check_stored_block(ledger, Height{height});
  return checked ? "" : checked.error().message;
}

}  // namespace

TEST_CASE("ST-30 every block of a ledger is what it was when it became final", "[stored_block]") {
  const Stored stored;
  for (std::uint64_t height = 1; height <= 6; ++height) CHECK(fault_of(*stored.ledger->snapshot(), height).empty());
  CHECK(fault_of(*stored.ledger->snapshot(), 7) == "the block at height 7: it is not there");
}

TEST_CASE("ST-30 a stored block that is another one, or not whole, is named", "[stored_block]") {
  const Stored stored;
  const auto fault_of_two = [&](auto alter) {
    AlteredLedger altered(stored.ledger->snapshot());
    alter(altered);
    return fault_of(altered, 2);
  };
  const auto in_block = [&](auto change) {
    return fault_of_two([&](AlteredLedger& ledger) {
      ledger.alter_block = [change](Height, std::optional<CertifiedBlock>& block) { change(*block); };
    });
  };
  const auto in_receipts = [&](auto change) {
    return fault_of_two([&](AlteredLedger& ledger) {
      ledger.alter_receipts = [change](Height, std::vector<Receipt>& receipts) { change(receipts); };
    });
  };
  const std::string at_two = "the block at height 2: ";
  CHECK(in_block([](CertifiedBlock&) {}).empty());
  CHECK(in_block([](CertifiedBlock& b) { b.block.header.parent.bytes[0] ^= 1; }) == at_two + "another one stands there");
  CHECK(in_block([](CertifiedBlock& b) { b.block.header.height = Height{3}; }) == at_two + "another one stands there");
  CHECK(in_block([](CertifiedBlock& b) { b.batches.pop_back(); }) == at_two + "its batches are not those it names");
  CHECK(in_block([](CertifiedBlock& b) { std::swap(b.batches[0], b.batches[1]); }) ==
        at_two + "its batches are not those it names");
  CHECK(in_block([](CertifiedBlock& b) { b.certificate->signatures[1].signature.bytes[9] ^= 1; }) ==
        at_two + "its certificate is not of it");
  CHECK(in_block([](CertifiedBlock& b) { b.block.header.state_root.bytes[9] ^= 1; }) == at_two + "another one stands there");
  CHECK(in_block([](CertifiedBlock& b) { b.certificate->height = Height{3}; }) == at_two + "its certificate is not of it");
  CHECK(in_receipts([](std::vector<Receipt>& r) { r.pop_back(); }) == at_two + "its receipts do not have the roots it names");
  CHECK(in_receipts([](std::vector<Receipt>& r) { r[0].status ^= 1; }) ==
        at_two + "its receipts do not have the roots it names");
  CHECK(fault_of_two([](AlteredLedger& ledger) {
          ledger.alter_location = [](std::optional<TxLocation>& location) { location.reset(); };
        }) == at_two + "a transaction of it is not to be found");
  CHECK(fault_of_two([](AlteredLedger& ledger) {
          ledger.alter_location = [](std::optional<TxLocation>& location) { ++location->index; };
        }) == at_two + "a transaction of it is not to be found");
}

TEST_CASE("ST-30 a block without a certificate is held by the one above it, and the last one by the head", "[stored_block]") {
  const Stored stored;
  AlteredLedger altered(stored.ledger->snapshot());
  altered.alter_block = [](Height, std::optional<CertifiedBlock>& block) { block->block.header.time_ms += 1; };
  for (const std::uint64_t height : {1U, 6U}) {
    INFO(height);
    CHECK_FALSE(fault_of(altered, height).empty());
  }
}

}  // namespace aval::ledger::stored_block_test
