#include "ledger/ledger.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "ledger/ledger_keys.h"
#include "ledger/leveldb_store.h"
#include "ledger/state_tree.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::ledger_test {
namespace {

struct Stopped {
  std::string what;
};

const WriteSet genesis_state = {{"member/acme", "supplier"}, {"member/bank-0", "bank"}, {"~index", "1"}};

ChainConfig sample_config() {
  ChainConfig config = chain_of(4);
  config.genesis_state_root = StateTree().with(genesis_state).root();
  return config;
}

const ChainConfig config = sample_config();

Ledger::Options options() {
  Ledger::Options out;
  out.on_fatal = [](const std::string& what) { throw Stopped{what}; };
  return out;
}

Result<std::unique_ptr<Ledger>> try_open(const TemporaryDirectory& directory,
                                         const ChainConfig& chain = config) {
  return Ledger::open(directory / "db", chain, genesis_state, options());
}

std::unique_ptr<Ledger> open(const TemporaryDirectory& directory) { return try_open(directory).value(); }

/// Changes the database behind the ledger's back.
void tamper(const TemporaryDirectory& directory, const std::function<void(StoreBatch&)>& change) {
  const auto store =
      LevelDbStore::open(directory / "db", {1U << 20U, 1U << 20U, [](const std::string&) {}, nullptr})
          .value();
  StoreBatch batch;
  change(batch);
  store->write(batch, true);
}

Bytes keys_under(const StateReader& state, ByteView prefix) {
  Bytes out;
  state.scan(prefix, [&](ByteView key, ByteView) {
    out += Bytes(key) + " ";
    return true;
  });
  return out;
}

void check_holds(const LedgerSnapshot& snapshot, const LedgerEntry& entry) {
  const Height height = entry.block.block.header.height;
  CHECK(snapshot.header(height) == entry.block.block.header);
  const auto block = snapshot.block(height);
  REQUIRE(block);
  CHECK(encode_certified_block(*block) == encode_certified_block(entry.block));
  CHECK(snapshot.receipts(height) == entry.receipts);
  for (std::uint32_t i = 0; i < entry.transactions.size(); ++i) {
    const auto location = snapshot.find(entry.transactions[i]->tx_id);
    REQUIRE(location);
    CHECK(location->height == height);
    CHECK(location->index == i);
  }
  for (const auto& [key, value] : entry.writes) CHECK(snapshot.get(key) == value);
}

/// While it lives, no file of this process can grow beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    AVAL_CHECK(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    AVAL_CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a new ledger holds the genesis state at height 0", "[ledger]") {
  const TemporaryDirectory directory;
  const auto ledger = open(directory);
  CHECK(ledger->head() == genesis_header(config));
  CHECK(ledger->durable_height() == Height{0});
  CHECK(ledger->state().get("member/acme") == Bytes("supplier"));
  CHECK(StateTree::of(ledger->state()).root() == config.genesis_state_root);
  const auto snapshot = ledger->snapshot();
  CHECK(snapshot->head() == genesis_header(config));
  CHECK(snapshot->header(Height{0}) == genesis_header(config));
  CHECK(keys_under(*snapshot, {}) == "member/acme member/bank-0 ~index ");
  CHECK_FALSE(snapshot->block(Height{0}));
  CHECK_FALSE(snapshot->header(Height{1}));
  CHECK(snapshot->receipts(Height{1}).empty());
}

TEST_CASE("what was appended can be read, before and after the ledger was closed", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  std::vector<LedgerEntry> entries;
  for (const std::size_t count : {3U, 0U, 1U, 6U}) entries.push_back(builder.next_entry(count, count != 1));
  {
    const auto ledger = open(directory);
    for (const LedgerEntry& entry : entries) ledger->append(entry, false);
    for (const LedgerEntry& entry : entries) check_holds(*ledger->snapshot(), entry);
    CHECK(ledger->head() == builder.head());
  }
  const auto ledger = open(directory);
  CHECK(ledger->head() == builder.head());
  CHECK(ledger->durable_height() == builder.head().height);
  for (const LedgerEntry& entry : entries) check_holds(*ledger->snapshot(), entry);
}

TEST_CASE("the live state shows writes and removals at once", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const auto ledger = open(directory);
  CHECK(ledger->state().get("member/acme") == Bytes("supplier"));
  CHECK(ledger->state().get("member/new") == std::nullopt);
  LedgerEntry entry = builder.next_entry(0, true);
  entry.writes = {{"member/acme", std::nullopt}, {"member/new", "supplier"}};
  ledger->append(entry, false);
  CHECK(ledger->state().get("member/acme") == std::nullopt);
  CHECK(ledger->state().get("member/new") == Bytes("supplier"));
  CHECK(keys_under(ledger->state(), "member/") == "member/bank-0 member/new ");
}

TEST_CASE("a snapshot stays as it was while the ledger goes on", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  auto ledger = open(directory);
  ledger->append(builder.next_entry(2, true), false);
  const auto snapshot = ledger->snapshot();
  const Header head = ledger->head();
  const LedgerEntry later = builder.next_entry(2, true);
  ledger->append(later, false);
  CHECK(snapshot->head() == head);
  CHECK_FALSE(snapshot->header(Height{2}));
  CHECK_FALSE(snapshot->find(later.transactions[0]->tx_id));
  CHECK(keys_under(*snapshot, "invoice/") == "invoice/INV-0 invoice/INV-1 ");
  ledger.reset();
  CHECK(snapshot->block(Height{1}).has_value());
}

TEST_CASE("the durable height is that of the last synced write", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const auto ledger = open(directory);
  ledger->append(builder.next_entry(1, true), false);
  CHECK(ledger->durable_height() == Height{0});
  ledger->append(builder.next_entry(1, true), true);
  CHECK(ledger->durable_height() == Height{2});
  ledger->append(builder.next_entry(1, true), false);
  CHECK(ledger->durable_height() == Height{2});
  ledger->put_note("name", "value", true);
  CHECK(ledger->durable_height() == Height{3});
}

TEST_CASE("a transaction's receipt is proved by its block's certificate", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const auto ledger = open(directory);
  const LedgerEntry entry = builder.next_entry(7, true);
  ledger->append(entry, false);
  const auto snapshot = ledger->snapshot();
  for (std::size_t i = 0; i < entry.transactions.size(); ++i) {
    const auto proof = snapshot->receipt_proof(entry.transactions[i]->tx_id);
    REQUIRE(proof);
    CHECK(proof->body_bytes == entry.transactions[i]->body_bytes);
    CHECK(proof->receipt == entry.receipts[i]);
    CHECK(proof->finality.headers.size() == 1);
    CHECK(verify_receipt_proof(*proof, config.chain_id, config.validators));
  }
  CHECK_FALSE(snapshot->receipt_proof(digest_of("no transaction")));
}

TEST_CASE("a transaction in a block that rides is proved by the certificate above it, once there is one",
          "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const auto ledger = open(directory);
  ledger->append(builder.next_entry(1, true), false);
  const LedgerEntry riding = builder.next_entry(2, false);
  ledger->append(riding, false);
  ledger->append(builder.next_entry(1, false), false);
  const TxId tx_id = riding.transactions[1]->tx_id;
  CHECK_FALSE(ledger->snapshot()->receipt_proof(tx_id));
  ledger->append(builder.next_entry(0, true), false);
  const auto proof = ledger->snapshot()->receipt_proof(tx_id);
  REQUIRE(proof);
  CHECK(proof->finality.headers.size() == 3);
  CHECK(proof->finality.headers.front().height == Height{2});
  CHECK(proof->finality.certificate.height == Height{4});
  CHECK(verify_receipt_proof(*proof, config.chain_id, config.validators));
}

TEST_CASE("transactions that a block passes over do not disturb the ones it includes", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const auto ledger = open(directory);
  LedgerEntry entry = builder.next_entry(6, true);
  const auto keep_odd = [](auto& list) {
    for (std::size_t i = 0; i < list.size(); ++i) list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
  };
  keep_odd(entry.transactions);
  keep_odd(entry.receipts);
  ledger->append(entry, false);
  CHECK(entry.transactions.size() == 3);
  const auto proof = ledger->snapshot()->receipt_proof(entry.transactions[2]->tx_id);
  REQUIRE(proof);
  CHECK(proof->body_bytes == entry.transactions[2]->body_bytes);
  CHECK(proof->receipt == entry.receipts[2]);
}

TEST_CASE("notes are kept beside the state", "[ledger]") {
  const TemporaryDirectory directory;
  {
    const auto ledger = open(directory);
    CHECK(ledger->note("tip") == std::nullopt);
    ledger->put_note("tip", "1", false);
    ledger->put_note("tip", "2", true);
    CHECK(ledger->note("tip") == Bytes("2"));
    CHECK(keys_under(ledger->state(), {}) == "member/acme member/bank-0 ~index ");
  }
  CHECK(open(directory)->note("tip") == Bytes("2"));
}

TEST_CASE("ST-32 the ledger of another chain is refused, naming both", "[ledger]") {
  const TemporaryDirectory directory;
  open(directory);
  ChainConfig other = config;
  other.chain_id = digest_of("another chain");
  const auto refused = try_open(directory, other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Refused);
  CHECK(refused.error().message.find(config.chain_id.hex()) != std::string::npos);
  CHECK(refused.error().message.find(other.chain_id.hex()) != std::string::npos);
  CHECK(try_open(directory));
}

TEST_CASE("ST-27 a ledger of an unknown format, and a database that is none, are refused", "[ledger]") {
  const TemporaryDirectory directory;
  open(directory);
  tamper(directory, [](StoreBatch& batch) { batch.put(keys::format, "aval-ledger/1\n" + Bytes(32, 'c')); });
  CHECK(try_open(directory).error().message ==
        "the ledger has an unknown format; this program reads aval-ledger/2 only");
  tamper(directory, [](StoreBatch& batch) {
    batch.remove(keys::format);
    batch.remove(keys::head);
  });
  CHECK(try_open(directory).error().message == "the directory holds a database that is not an Aval ledger");
}

TEST_CASE("ST-07 a ledger that has lost its first records is damaged, not another database", "[ledger]") {
  const TemporaryDirectory directory;
  open(directory);
  tamper(directory, [](StoreBatch& batch) { batch.remove(keys::format); });
  CHECK(try_open(directory).error().code == Error::Code::Corrupt);
}

TEST_CASE("ST-25 a ledger in use by another is refused", "[ledger]") {
  const TemporaryDirectory directory;
  const auto ledger = open(directory);
  const auto second = try_open(directory);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Error::Code::Conflict);
}

TEST_CASE("a genesis state with another root than the genesis names is refused", "[ledger]") {
  const TemporaryDirectory directory;
  ChainConfig other = config;
  other.genesis_state_root = digest_of("another state");
  CHECK_FALSE(try_open(directory, other));
  CHECK(try_open(directory));
}

TEST_CASE("ST-03 a failed append is fatal, and so is everything after it", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const auto ledger = open(directory);
  ledger->append(builder.next_entry(1, true), true);
  const LedgerEntry failing = builder.next_entry(200, true);
  {
    const FileSizeLimit limit(16'384);
    CHECK_THROWS_AS(ledger->append(failing, true), Stopped);
  }
  CHECK(ledger->head().height == Height{1});
  CHECK(ledger->durable_height() == Height{1});
  CHECK_THROWS_AS(ledger->append(failing, true), Stopped);
  CHECK_THROWS_AS(ledger->put_note("name", "value", true), Stopped);
}

TEST_CASE("ST-09 a ledger with a hole near its end is refused", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  std::vector<LedgerEntry> entries;
  for (int i = 0; i < 4; ++i) entries.push_back(builder.next_entry(1, true));
  {
    const auto ledger = open(directory);
    for (const LedgerEntry& entry : entries) ledger->append(entry, true);
  }
  const auto refusal_with = [&](Height height, ByteView block) {
    tamper(directory, [&](StoreBatch& batch) { batch.put(keys::block(height), block); });
    const auto refused = try_open(directory);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Error::Code::Corrupt);
    tamper(directory, [&](StoreBatch& batch) {
      batch.put(keys::block(height), encode_block(entries.at(number(height) - 1).block.block));
    });
    return refused.error().message;
  };
  CHECK(refusal_with(Height{2}, "noise") == "the ledger is damaged: the block at height 2 cannot be read");
  CHECK(refusal_with(Height{4}, encode_block(entries[2].block.block)) ==
        "the ledger is damaged: the block at height 4 is of another height");
  ChainBuilder other(chain_of(5));
  other.next_entry(1, true);
  CHECK(refusal_with(Height{2}, encode_block(other.next_entry(1, true).block.block)) ==
        "the ledger is damaged: the block at height 3 does not name the one below it");
  tamper(directory, [](StoreBatch& batch) { batch.remove(keys::block(Height{2})); });
  CHECK(try_open(directory).error().message == "the ledger is damaged: the block at height 2 is missing");
  tamper(directory, [](StoreBatch& batch) { batch.remove(keys::head); });
  CHECK(try_open(directory).error().message == "the ledger is damaged: no head");
}

TEST_CASE("ST-14 a record that stands in another's place is fatal when it is read", "[ledger]") {
  const TemporaryDirectory directory;
  ChainBuilder builder(config);
  const LedgerEntry first = builder.next_entry(4, true);
  const LedgerEntry second = builder.next_entry(4, true);
  {
    const auto ledger = open(directory);
    ledger->append(first, false);
    ledger->append(second, false);
  }
  tamper(directory, [&](StoreBatch& batch) {
    batch.put(keys::body(Height{1}, 0), second.block.batches[0]->bytes);
    batch.put(keys::receipts(Height{2}), Bytes(3, '\0'));
    batch.put(keys::transaction(first.transactions[0]->tx_id.view()), Bytes(19, 'x'));
  });
  const auto snapshot = open(directory)->snapshot();
  CHECK_THROWS_AS(snapshot->block(Height{1}), Stopped);
  CHECK_THROWS_AS(snapshot->receipts(Height{2}), Stopped);
  CHECK_THROWS_AS(snapshot->find(first.transactions[0]->tx_id), Stopped);
  CHECK_THROWS_AS(snapshot->receipt_proof(second.transactions[0]->tx_id), Stopped);
}

}  // namespace aval::ledger::ledger_test
