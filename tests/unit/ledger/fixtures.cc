#include "tests/unit/ledger/fixtures.h"

#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "crypto/merkle.h"

namespace aval::ledger {
namespace {

std::vector<crypto::Digest> leaves_of(const std::vector<Receipt>& receipts) {
  std::vector<crypto::Digest> leaves;
  for (const Receipt& receipt : receipts) leaves.push_back(leaf_of(receipt));
  return leaves;
}

std::vector<crypto::Digest> leaves_of(const std::vector<EnvelopePtr>& transactions) {
  std::vector<crypto::Digest> leaves;
  for (const auto& transaction : transactions)
    leaves.push_back(crypto::merkle_leaf(transaction->tx_id.view()));
  return leaves;
}

}  // namespace

std::uint64_t Numbers::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

Bytes Numbers::bytes(std::size_t count) {
  Bytes out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<char>(next()));
  return out;
}

crypto::MemorySigner signer(std::uint32_t number) {
  Bytes scalar = Bytes(24, '\0') + big_endian(number + 1);
  return crypto::MemorySigner(crypto::PrivateKey::from_scalar(scalar).value());
}

crypto::Digest digest_of(ByteView text) { return crypto::sha256(text); }

ChainConfig chain_of(std::size_t count) {
  ChainConfig config;
  config.chain_id = digest_of("a chain");
  config.genesis_time_ms = 1'700'000'000'000;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto vote_key = signer(i).public_key();
    const auto tls_key = signer(1000 + i).public_key();
    config.validators.validators.push_back(
        {"bank-" + std::to_string(i), vote_key, tls_key, "bank-" + std::to_string(i) + ":7000"});
  }
  return config;
}

ChainConfig chain_without_state(std::size_t count) {
  ChainConfig config = chain_of(count);
  config.genesis_state_root = crypto::Digest{};
  return config;
}

Body sample_body(const crypto::Digest& chain_id, std::uint64_t number) {
  return {chain_id, "acme", "INV-" + std::to_string(number), Height{1000}, false, {"a command", "another"}};
}

EnvelopePtr sample_envelope(const crypto::Digest& chain_id, std::uint64_t number) {
  auto client = signer(500);
  return std::make_shared<const Envelope>(sign_envelope(sample_body(chain_id, number), {&client}).value());
}

Receipt sample_receipt(const TxId& tx_id, std::uint32_t status) {
  return {tx_id, status, {{0, {{"invoice.registered", "INV-1", "details"}}}, {status, {}}}};
}

Header sample_header() {
  ChainBuilder builder(chain_of(4));
  return builder.next_entry(2, false).block.block.header;
}

ReceiptProof sample_receipt_proof() {
  ChainBuilder builder(chain_of(4));
  const LedgerEntry first = builder.next_entry(3, false);
  const LedgerEntry second = builder.next_entry(1, true);
  ReceiptProof proof;
  proof.body_bytes = first.transactions[1]->body_bytes;
  proof.receipt = first.receipts[1];
  proof.path = crypto::merkle_prove(leaves_of(first.receipts), 1);
  proof.finality.headers = {first.block.block.header, second.block.block.header};
  proof.finality.certificate = *second.block.certificate;
  return proof;
}

Certificate certify(const Vote& vote, std::size_t count) {
  Certificate out{vote.epoch, vote.view, vote.height, vote.phase, vote.block_hash, {}};
  for (std::uint32_t i = 0; i < count; ++i)
    out.signatures.push_back({ReplicaId{i}, signer(i).sign(signing_digest(vote)).value()});
  return out;
}

Vote commit_vote(const Header& header) {
  return {header.chain_id, header.epoch, View{2}, header.height, Phase::Commit, hash_of(header)};
}

LedgerEntry ChainBuilder::next_entry(std::size_t count, bool with_certificate) {
  LedgerEntry entry;
  for (std::size_t i = 0; i < count; ++i) {
    const auto envelope = sample_envelope(config_.chain_id, made_++);
    entry.transactions.push_back(envelope);
    entry.receipts.push_back(sample_receipt(envelope->tx_id, static_cast<std::uint32_t>(i % 2)));
    entry.writes["invoice/" + envelope->body.client_ref] = "open";
    entry.writes["~tx/" + Bytes(envelope->tx_id.view())] = "seen";
  }
  const auto middle = entry.transactions.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::vector<BatchPtr> batches;
  if (count > 1) batches.push_back(make_batch(ReplicaId{1}, made_, {entry.transactions.begin(), middle}));
  if (count > 0) batches.push_back(make_batch(ReplicaId{1}, made_ + 1, {middle, entry.transactions.end()}));

  Header header = head_;
  header.epoch = config_.validators.epoch;
  header.height = next(head_.height);
  header.parent = hash_of(head_);
  header.proposer = ReplicaId{1};
  header.time_ms = head_.time_ms + 10;
  std::vector<BatchRef> refs;
  for (const BatchPtr& batch : batches) refs.push_back(ref_of(*batch));
  header.batches_root = batches_root(refs);
  header.tx_root = crypto::merkle_root(leaves_of(entry.transactions));
  header.receipt_root = crypto::merkle_root(leaves_of(entry.receipts));
  entry.block = {{header, refs}, batches, std::nullopt};
  finish(entry, std::move(header), with_certificate);
  return entry;
}

LedgerEntry ChainBuilder::last_entry(const ValidatorSet& next) {
  const StateTree tree = tree_;
  LedgerEntry entry = next_entry(1, false);
  tree_ = tree;
  entry.writes[Bytes(validators_key)] = encode_validators(next);
  entry.writes[Bytes(parameters_key)] = encode_parameters(config_.parameters);
  Header header = entry.block.block.header;
  header.validators_hash = hash_of(next);
  finish(entry, std::move(header), true);
  config_.validators = next;
  return entry;
}

LedgerEntry ChainBuilder::changed(LedgerEntry entry) {
  finish(entry, entry.block.block.header, true);
  return entry;
}

void ChainBuilder::finish(LedgerEntry& entry, Header header, bool with_certificate) {
  tree_ = tree_.with(entry.writes);
  header.state_root = tree_.root();
  head_ = header;
  entry.block.block.header = header;
  if (with_certificate) entry.block.certificate = certify(commit_vote(header), config_.validators.quorum());
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "aval-ledger-XXXXXX").string();
  AVAL_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  AVAL_CHECK(file.is_open());
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  AVAL_CHECK(file.good());
}

void write_byte(const std::filesystem::path& path, std::size_t offset, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
  AVAL_CHECK(file.good());
}

}  // namespace aval::ledger
