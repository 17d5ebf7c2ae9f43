#include <fstream>
#include <thread>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "crypto/signer.h"
#include "node/chunk_fetch.h"
#include "node/snapshot_answer.h"
#include "node/snapshot_choice.h"
#include "node/snapshot_taker.h"

namespace aval::node::snapshot_test {
namespace {

using ledger::Height;
using ledger::ReplicaId;

const auto at = [](int seconds) { return TimePoint{} + std::chrono::seconds(seconds); };

ledger::ChainConfig a_chain() {
  ledger::ChainConfig chain;
  chain.chain_id = crypto::sha256("chain");
  return chain;
}

/// A folder that goes away with the test.
class SnapshotFolder {
 public:
  SnapshotFolder() : path_(std::filesystem::temp_directory_path() / ("aval-snapshots-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~SnapshotFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path of(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A chain of one block, at any height, with as many state entries as wanted.
class ToyLedger final : public ledger::LedgerSnapshot {
 public:
  ToyLedger(const ledger::ChainConfig& chain, std::uint64_t height, std::size_t entries) : entries_(entries) {
    head_ = ledger::genesis_header(chain);
    head_.height = Height{height};
  }
  std::optional<Bytes> get(ByteView) const override { return std::nullopt; }
  void scan(ByteView, const std::function<bool(ByteView, ByteView)>& visit) const override {
    for (std::size_t i = 0; i < entries_; ++i)
      if (!visit("key/" + big_endian(i), Bytes(200'000, 'v'))) return;
  }
  ledger::Header head() const override { return head_; }
  std::optional<ledger::CertifiedBlock> block(Height) const override { return std::nullopt; }
  std::optional<ledger::Header> header(Height height) const override {
    ledger::Header header = head_;
    header.height = height;
    return header;
  }
  std::vector<ledger::BatchRef> batch_refs(Height) const override { return {}; }
  std::vector<ledger::Receipt> receipts(Height) const override { return {}; }
  std::optional<ledger::TxLocation> find(const ledger::TxId&) const override { return std::nullopt; }
  std::optional<ledger::ReceiptProof> receipt_proof(const ledger::TxId&) const override { return std::nullopt; }
  std::optional<ledger::FinalityProof> finality_proof(Height) const override { return finality; }
  std::optional<ledger::ValidatorSet> validators(ledger::Epoch) const override { return std::nullopt; }
  std::vector<ledger::EpochStep> epoch_steps(ledger::Epoch, ledger::Epoch) const override { return {}; }

  std::optional<ledger::FinalityProof> finality;

 private:
  ledger::Header head_;
  std::size_t entries_;
};

/// A chain of real signatures, and offers of its block at height 20.
class Offers {
 public:
  explicit Offers(std::size_t voters = 4) {
    for (std::size_t i = 0; i < voters; ++i) {
      signers.emplace_back(crypto::PrivateKey::generate());
      const auto tls_key = crypto::PrivateKey::generate().public_key();
      chain.validators.validators.push_back({"bank-" + std::to_string(i), signers.back().public_key(), tls_key, "h:1"});
    }
  }

  /// `chunk` tells manifests apart.
  SnapshotOffer offer(std::uint64_t height, const char* chunk) const {
    ledger::Header header = ledger::genesis_header(chain);
    header.height = Height{height};
    const ledger::Vote vote{chain.chain_id, header.epoch, ledger::View{1}, header.height, ledger::Phase::Commit, hash_of(header)};
    ledger::Certificate certificate{vote.epoch, vote.view, vote.height, vote.phase, vote.block_hash, {}};
    for (std::uint32_t i = 0; i < chain.validators.quorum(); ++i)
      certificate.signatures.push_back({ReplicaId{i}, signers[i].sign(signing_digest(vote)).value()});
    return {SnapshotOffer::Snapshot{{chain.chain_id, header.height, hash_of(header), {crypto::sha256(chunk)}},
                                    {{header}, certificate, {}}}};
  }

  ledger::ChainConfig chain = a_chain();
  mutable std::vector<crypto::MemorySigner> signers;
};

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool never() { return false; }

}  // namespace

TEST_CASE("what is said about snapshots has one encoding, and nothing else is taken", "[snapshot]") {
  const Offers offers;
  const std::vector<SnapshotMessage> messages = {AskSnapshot{}, SnapshotOffer{}, offers.offer(20, "one"),
                                                 AskChunk{Height{7}, 3}, SnapshotChunk{Height{7}, 3, "bytes"},
                                                 SnapshotChunk{Height{7}, 3, ""}};
  for (const SnapshotMessage& message : messages) {
    const Bytes bytes = encode(message);
    const auto read = decode_snapshot_message(bytes);
    REQUIRE(read);
    CHECK(read->index() == message.index());
    CHECK(encode(*read) == bytes);
  }
  for (const Bytes& bytes : {Bytes(), Bytes("\x00", 1), Bytes("\x05"), Bytes("\x01x"), Bytes("\x03short"),
                             encode(AskChunk{Height{7}, 3}) + "x", Bytes("\x04short"), Bytes("\x02\xff\xff\xff\xff", 5),
                             encode(offers.offer(20, "one")) + "x"})
    CHECK_FALSE(decode_snapshot_message(bytes));
}

TEST_CASE("a snapshot is there whole or not at all, also after a stop in the midst of it", "[snapshot]") {
  const SnapshotFolder folder;
  const auto chain = a_chain();
  const auto store = SnapshotStore::open(folder.path(), chain.chain_id).value();
  CHECK_FALSE(store->newest());
  int chunks = 0;
  CHECK_FALSE(store->take(ToyLedger(chain, 10, 20), [&] { return ++chunks == 3; }));
  CHECK_FALSE(store->newest());
  CHECK(names_in(folder.path()) == std::vector<std::string>{"unfinished"});
  const auto again = SnapshotStore::open(folder.path(), chain.chain_id).value();
  CHECK(names_in(folder.path()).empty());
  REQUIRE(again->take(ToyLedger(chain, 10, 20), never));
  const auto manifest = again->newest();
  REQUIRE(manifest);
  CHECK(manifest->height == Height{10});
  REQUIRE(manifest->chunks.size() > 2);
  for (std::uint32_t i = 0; i < manifest->chunks.size(); ++i)
    CHECK(crypto::sha256(again->chunk(Height{10}, i).value()) == manifest->chunks[i]);
  CHECK_FALSE(again->chunk(Height{10}, static_cast<std::uint32_t>(manifest->chunks.size())));
  CHECK_FALSE(again->chunk(Height{11}, 0));
}

TEST_CASE("the newest two snapshots stay, and a later start finds them", "[snapshot]") {
  const SnapshotFolder folder;
  const auto chain = a_chain();
  {
    const auto store = SnapshotStore::open(folder.path(), chain.chain_id).value();
    for (const std::uint64_t height : {10U, 20U, 20U, 30U}) REQUIRE(store->take(ToyLedger(chain, height, 1), never));
    CHECK_FALSE(store->chunk(Height{10}, 0));
  }
  CHECK(names_in(folder.path()) == std::vector<std::string>{"0000000020", "0000000030"});
  std::filesystem::create_directory(folder.of("0000000040"));
  std::ofstream(folder.of("0000000040") / "manifest") << "not one";
  std::filesystem::copy(folder.of("0000000030"), folder.of("0000000050"));
  const auto store = SnapshotStore::open(folder.path(), chain.chain_id).value();
  CHECK(store->newest()->height == Height{30});
  CHECK(store->chunk(Height{20}, 0));
  CHECK(names_in(folder.path()).size() == 4);  // what it does not know stays
  const auto other_chain = SnapshotStore::open(folder.path(), crypto::sha256("other")).value();
  CHECK_FALSE(other_chain->newest());
}

TEST_CASE("a snapshot is taken in the background, and one that comes meanwhile is passed over", "[snapshot]") {
  const SnapshotFolder folder;
  const auto chain = a_chain();
  const auto store = SnapshotStore::open(folder.path(), chain.chain_id).value();
  SnapshotTaker taker(*store);
  taker.take(std::make_shared<ToyLedger>(chain, 10, 30));
  taker.take(std::make_shared<ToyLedger>(chain, 20, 1));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!store->newest() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  REQUIRE(store->newest());
  CHECK(store->newest()->height == Height{10});
  taker.stop();
  CHECK(store->newest()->height == Height{10});
}

TEST_CASE("a peer that asks gets an offer of what is final here, and the chunks of it", "[snapshot]") {
  const SnapshotFolder folder;
  const auto chain = a_chain();
  const auto store = SnapshotStore::open(folder.path(), chain.chain_id).value();
  const auto answer_to = [&](const SnapshotMessage& question, const ToyLedger& ledger) {
    return decode_snapshot_message(answer_snapshot_question(encode(question), *store, ledger).value()).value();
  };
  ToyLedger ledger(chain, 10, 2);
  CHECK_FALSE(std::get<SnapshotOffer>(answer_to(AskSnapshot{}, ledger)).newest);
  REQUIRE(store->take(ledger, never));
  CHECK_FALSE(std::get<SnapshotOffer>(answer_to(AskSnapshot{}, ledger)).newest);  // nothing shows it final yet
  ledger.finality = Offers().offer(10, "x").newest->finality;
  const auto offer = std::get<SnapshotOffer>(answer_to(AskSnapshot{}, ledger));
  REQUIRE(offer.newest);
  CHECK(offer.newest->manifest == store->newest());
  CHECK(offer.newest->finality == ledger.finality);
  const auto chunk = std::get<SnapshotChunk>(answer_to(AskChunk{Height{10}, 0}, ledger));
  CHECK(crypto::sha256(chunk.bytes) == offer.newest->manifest.chunks[0]);
  CHECK(std::get<SnapshotChunk>(answer_to(AskChunk{Height{10}, 99}, ledger)).bytes.empty());
  CHECK_FALSE(answer_snapshot_question("?", *store, ledger));
  CHECK_FALSE(answer_snapshot_question(encode(SnapshotOffer{}), *store, ledger));
}

TEST_CASE("CS-20 a snapshot is trusted when f+1 voters offer it, the highest of those", "[snapshot]") {
  const Offers offers;
  SnapshotChoice choice(offers.chain);
  CHECK_FALSE(choice.best());
  REQUIRE(choice.on_offer(ReplicaId{0}, offers.offer(40, "poisoned")));
  CHECK_FALSE(choice.best());
  REQUIRE(choice.on_offer(ReplicaId{1}, offers.offer(20, "one")));
  REQUIRE(choice.on_offer(ReplicaId{2}, offers.offer(40, "other")));
  CHECK_FALSE(choice.best());
  REQUIRE(choice.on_offer(ReplicaId{3}, offers.offer(20, "one")));
  REQUIRE(choice.best());
  CHECK(choice.best()->manifest.height == Height{20});
  CHECK(choice.best()->sources == std::vector{ReplicaId{1}, ReplicaId{3}});
  REQUIRE(choice.on_offer(ReplicaId{1}, offers.offer(40, "other")));
  REQUIRE(choice.best());
  CHECK(choice.best()->manifest == offers.offer(40, "other").newest->manifest);
  CHECK(choice.answers() == 4);
  REQUIRE(choice.on_offer(ReplicaId{1}, SnapshotOffer{}));
  CHECK_FALSE(choice.best());
}

TEST_CASE("CS-20 an offer of another chain, another block or without a quorum counts for nothing", "[snapshot]") {
  const Offers offers;
  const auto refused = [&](void (*change)(SnapshotOffer::Snapshot&)) {
    SnapshotChoice choice(offers.chain);
    SnapshotOffer offer = offers.offer(20, "one");
    change(*offer.newest);
    const bool taken = choice.on_offer(ReplicaId{0}, offer).has_value();
    (void)choice.on_offer(ReplicaId{1}, offer);
    return !taken && !choice.best() && choice.answers() == 2;
  };
  CHECK(refused([](auto& offer) { offer.manifest.chain_id = crypto::sha256("another"); }));
  CHECK(refused([](auto& offer) { offer.manifest.height = Height{21}; }));
  CHECK(refused([](auto& offer) { offer.manifest.block_hash = crypto::sha256("block"); }));
  CHECK(refused([](auto& offer) { offer.finality.headers.front().state_root = crypto::sha256("root"); }));
  CHECK(refused([](auto& offer) { offer.finality.certificate.signatures.pop_back(); }));
  CHECK(refused([](auto& offer) { offer.finality.certificate.phase = ledger::Phase::Prepare; }));
}

TEST_CASE("who has no vote, or another key than we know it by, does not speak for a snapshot but may give it", "[snapshot]") {
  Offers offers;
  offers.chain.validators.validators.push_back(offers.chain.validators.validators[3]);
  offers.chain.validators.validators[4].standing = ledger::SeatStanding::Observer;
  SnapshotChoice choice(offers.chain);
  REQUIRE(choice.on_offer(ReplicaId{0}, offers.offer(20, "one")));
  REQUIRE(choice.on_offer(ReplicaId{4}, offers.offer(20, "one")));
  CHECK_FALSE(choice.best());
  REQUIRE(choice.on_offer(ReplicaId{3}, offers.offer(20, "one")));
  REQUIRE(choice.best());
  CHECK(choice.best()->sources == std::vector{ReplicaId{0}, ReplicaId{3}, ReplicaId{4}});
}

TEST_CASE("chunks are asked of all sources at once, each of one at a time", "[snapshot]") {
  ChunkFetch fetch({ReplicaId{1}, ReplicaId{2}}, {0, 1, 2});
  CHECK(fetch.ask(at(0)) == std::vector<ChunkFetch::Ask>{{ReplicaId{1}, 0}, {ReplicaId{2}, 1}});
  CHECK(fetch.ask(at(0)).empty());
  CHECK(fetch.expects(ReplicaId{1}, 0));
  CHECK_FALSE(fetch.expects(ReplicaId{1}, 1));
  CHECK_FALSE(fetch.expects(ReplicaId{3}, 0));
  fetch.took(ReplicaId{2});
  CHECK(fetch.ask(at(1)) == std::vector<ChunkFetch::Ask>{{ReplicaId{2}, 2}});
  fetch.took(ReplicaId{1});
  CHECK_FALSE(fetch.is_done());
  fetch.took(ReplicaId{2});
  CHECK(fetch.is_done());
  CHECK(fetch.ask(at(2)).empty());
  CHECK(ChunkFetch({ReplicaId{1}}, {}).is_done());
}

TEST_CASE("CS-20 a poisoned source is asked no more, and the others give its chunk", "[snapshot]") {
  ChunkFetch fetch({ReplicaId{1}, ReplicaId{2}}, {0, 1});
  REQUIRE(fetch.ask(at(0)).size() == 2);
  fetch.refused(ReplicaId{1});
  CHECK(fetch.ask(at(60)) == std::vector<ChunkFetch::Ask>{});  // 2 has not answered in time and rests
  CHECK_FALSE(fetch.is_stuck());
  CHECK(fetch.ask(at(70)) == std::vector<ChunkFetch::Ask>{{ReplicaId{2}, 0}});
  fetch.took(ReplicaId{2});
  CHECK(fetch.ask(at(70)) == std::vector<ChunkFetch::Ask>{{ReplicaId{2}, 1}});
  fetch.refused(ReplicaId{2});
  CHECK(fetch.is_stuck());
}

TEST_CASE("a source that never answers gets fewer and fewer chances", "[snapshot]") {
  ChunkFetch fetch({ReplicaId{1}}, {5});
  int asked = 0;
  for (int second = 0; second < 600 && !fetch.is_stuck(); ++second) asked += static_cast<int>(fetch.ask(at(second)).size());
  CHECK(asked == 3);
  CHECK(fetch.is_stuck());
}

}  // namespace aval::node::snapshot_test
