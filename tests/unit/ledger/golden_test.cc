#include <catch2/catch.hpp>

#include <algorithm>

#include "crypto/merkle.h"
#include "ledger/evidence.h"
#include "ledger/export.h"
#include "ledger/leveldb_store.h"
#include "tests/unit/ledger/fixtures.h"

/// CR-16: bytes written by the first version. They are never written anew: a difference is a change of
/// format, which needs a new version of it. README.md names them as its worked examples, and
/// tests/golden/ledger/verify.py reads them with nothing but that page to go by.
namespace aval::ledger::golden_test {
namespace {

const ChainConfig config = chain_of(4);
const std::filesystem::path golden_directory = AVAL_GOLDEN_DIR "/ledger";

Bytes golden(const std::string& name) {
  Bytes text = read_file(golden_directory / (name + ".hex"));
  std::erase(text, '\n');
  return from_hex(text).value();
}

CertifiedBlock golden_block(const char* name) { return decode_certified_block(golden(name)).value(); }

/// The golden block as the ledger takes it, with the receipts and writes that fixtures.cc gives it.
LedgerEntry entry_of(CertifiedBlock block) {
  LedgerEntry entry;
  for (const BatchPtr& batch : block.batches)
    for (const EnvelopePtr& envelope : batch->envelopes) {
      const auto status = static_cast<std::uint32_t>(entry.transactions.size() % 2);
      entry.transactions.push_back(envelope);
      entry.receipts.push_back(sample_receipt(envelope->tx_id, status));
      entry.writes["invoice/" + envelope->body.client_ref] = "open";
      entry.writes["~tx/" + Bytes(envelope->tx_id.view())] = "seen";
    }
  entry.block = std::move(block);
  return entry;
}

Ledger::Options options() {
  Ledger::Options out;
  out.on_fatal = [](const std::string& what) { throw std::runtime_error(what); };
  return out;
}

std::unique_ptr<Ledger> golden_ledger(const TemporaryDirectory& directory) {
  auto ledger = Ledger::open(directory / "db", config, {}, options()).value();
  ledger->append(entry_of(golden_block("certified_block_1")), true);
  ledger->append(entry_of(golden_block("certified_block_2")), true);
  return ledger;
}

StateTree golden_tree() {
  return StateTree()
      .with(entry_of(golden_block("certified_block_1")).writes)
      .with(entry_of(golden_block("certified_block_2")).writes);
}

}  // namespace

TEST_CASE("CR-16 the golden genesis values are still the same", "[golden]") {
  CHECK(encode_parameters(config.parameters) == golden("parameters"));
  CHECK(encode_validators(config.validators) == golden("validators"));
  CHECK(encode_header(genesis_header(config)) == golden("genesis_header"));
}

TEST_CASE("CR-16 the golden envelope and batch are still the same", "[golden]") {
  const Envelope envelope = decode_envelope(golden("envelope")).value();
  CHECK(signatures_valid(envelope));
  CHECK(envelope.body == sample_body(config.chain_id, 0));
  CHECK(encode_body(sample_body(config.chain_id, 0)) == golden("body"));
  CHECK(envelope.body_bytes == golden("body"));
  const Batch batch = decode_batch(golden("batch")).value();
  CHECK(batch.envelopes.front()->bytes == envelope.bytes);
  CHECK(make_batch(batch.origin, batch.counter, batch.envelopes)->bytes == golden("batch"));
}

TEST_CASE("CR-16 the golden evidence is still the same, and holds", "[golden]") {
  const Evidence evidence = decode_evidence(golden("evidence")).value();
  CHECK(encode_evidence(evidence) == golden("evidence"));
  CHECK(verify_evidence(evidence, config.chain_id, config.validators));
  CHECK(evidence.validator == ReplicaId{1});
  CHECK(evidence.second.hash == hash_of(golden_block("certified_block_2").block.header));
}

TEST_CASE("CR-16 the golden blocks are still the same", "[golden]") {
  const CertifiedBlock first = golden_block("certified_block_1");
  const CertifiedBlock second = golden_block("certified_block_2");
  CHECK(first.batches.front()->bytes == golden("batch"));
  CHECK(encode_header(first.block.header) == golden("header"));
  CHECK(encode_block(first.block) == golden("block"));
  CHECK(encode_certified_block(first) == golden("certified_block_1"));
  CHECK(encode_certified_block(second) == golden("certified_block_2"));
  CHECK(first.block.header.parent == hash_of(genesis_header(config)));
  CHECK(second.block.header.parent == hash_of(first.block.header));
}

TEST_CASE("CR-16 the golden vote and certificate are still the same", "[golden]") {
  const CertifiedBlock second = golden_block("certified_block_2");
  REQUIRE(second.certificate);
  CHECK(encode_certificate(*second.certificate) == golden("certificate"));
  CHECK(encode_vote(commit_vote(second.block.header)) == golden("vote"));
  CHECK(verify_certificate(*second.certificate, config.chain_id, config.validators));
}

TEST_CASE("CR-16 the golden receipt and its proof are still the same", "[golden]") {
  const LedgerEntry first = entry_of(golden_block("certified_block_1"));
  CHECK(encode_receipt(first.receipts[1]) == golden("receipt"));
  const TemporaryDirectory directory;
  const auto proof = golden_ledger(directory)->snapshot()->receipt_proof(first.transactions[1]->tx_id);
  REQUIRE(proof);
  CHECK(encode_receipt_proof(*proof) == golden("receipt_proof"));
  CHECK(verify_receipt_proof(*proof, config.chain_id, config.validators));
}

TEST_CASE("CR-16 the golden state proofs are still the same", "[golden]") {
  const StateTree tree = golden_tree();
  CHECK(tree.root() == golden_block("certified_block_2").block.header.state_root);
  CHECK(encode_state_proof(tree.prove("invoice/INV-0")) == golden("state_proof_present"));
  CHECK(encode_state_proof(tree.prove("invoice/INV-9")) == golden("state_proof_absent"));
}

TEST_CASE("CR-16 the golden export is still the same", "[golden]") {
  const TemporaryDirectory directory;
  auto writer = ExportWriter::create(directory / "ledger", config.chain_id).value();
  REQUIRE(writer.add(golden_block("certified_block_1")));
  REQUIRE(writer.add(golden_block("certified_block_2")));
  REQUIRE(writer.finish());
  CHECK(read_file(directory / "ledger") == golden("export"));
}

TEST_CASE("CR-16 the golden blocks still make the same database", "[golden]") {
  const TemporaryDirectory directory;
  golden_ledger(directory)->put_note("tip", "7", true);
  const auto store =
      LevelDbStore::open(directory / "db", {1U << 20U, 1U << 20U, options().on_fatal, nullptr}).value();
  std::string listing;
  store->latest()->scan({}, [&](ByteView key, ByteView value) {
    listing += to_hex(key) + " " + to_hex(value) + "\n";
    return true;
  });
  CHECK(listing == read_file(golden_directory / "database.txt"));
}

TEST_CASE("the page names the hash of each of its worked examples", "[golden]") {
  const std::string page = read_file(golden_directory / "../../../ledger/README.md");
  const auto is_named = [&](const crypto::Digest& digest) {
    return page.find(digest.hex()) != std::string::npos;
  };
  CHECK(is_named(decode_envelope(golden("envelope"))->tx_id));
  CHECK(is_named(decode_batch(golden("batch"))->digest));
  CHECK(is_named(hash_of(decode_header(golden("header")).value())));
  CHECK(is_named(signing_digest(commit_vote(golden_block("certified_block_2").block.header))));
  CHECK(is_named(hash_of(config.validators)));
  CHECK(is_named(hash_of(config.parameters)));
  CHECK(is_named(leaf_of(decode_receipt(golden("receipt")).value())));
  CHECK(is_named(golden_tree().root()));
  for (const char* whole : {"body", "vote", "receipt", "state_proof_absent"})
    CHECK(page.find(to_hex(golden(whole)).substr(0, 64)) != std::string::npos);
}

}  // namespace aval::ledger::golden_test
