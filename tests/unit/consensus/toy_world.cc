#include "tests/unit/consensus/toy_world.h"

#include <algorithm>

#include "consensus/view_change.h"
#include "tests/support/signers.h"

namespace aval::consensus::test {
namespace {

crypto::Signature toy_signature(const crypto::PublicKey& key, const crypto::Digest& digest) {
  const auto first = crypto::tagged(crypto::Tag::TestSigner, {key.view(), digest.view()});
  const auto second = crypto::tagged(crypto::Tag::TestSigner, first.view());
  crypto::Signature signature;
  std::ranges::copy(first.bytes, signature.bytes.begin());
  std::ranges::copy(second.bytes, signature.bytes.begin() + 32);
  return signature;
}

crypto::Signer& client() {
  static support::UnitNonceSigner signer(7);
  return signer;
}

crypto::Digest digest_of(const std::string& text) { return crypto::tagged(crypto::Tag::TestSigner, text); }

}  // namespace

ToySigner::ToySigner(std::uint32_t number) {
  key_.bytes[0] = 2;
  key_.bytes[32] = static_cast<std::uint8_t>(number + 1);
}

Result<crypto::Signature> ToySigner::sign(const crypto::Digest& digest) {
  if (is_broken) return unexpected(Error::Code::Io, "the device is gone");
  return toy_signature(key_, digest);
}

bool check_toy(const crypto::PublicKey& key, const crypto::Digest& digest,
               const crypto::Signature& signature) {
  return toy_signature(key, digest) == signature;
}

ledger::ChainConfig toy_chain(std::size_t n) {
  ledger::ChainConfig config;
  config.chain_id = digest_of("chain");
  config.genesis_time_ms = 1'000;
  config.genesis_state_root = digest_of("genesis");
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto key = ToySigner(i).public_key();
    config.validators.validators.push_back({"bank-" + std::to_string(i), key, key, "localhost:1"});
  }
  return config;
}

ledger::EnvelopePtr envelope(const ledger::ChainConfig& config, std::uint32_t number,
                             const std::string& member) {
  ledger::Body body;
  body.chain_id = config.chain_id;
  body.member = member;
  body.client_ref = "ref-" + std::to_string(number);
  body.valid_until = Height{1'000'000};
  body.commands = {"command " + std::to_string(number)};
  return std::make_shared<const ledger::Envelope>(ledger::sign_envelope(body, {&client()}).value());
}

Roots execute(const crypto::Digest& parent_state, Height height, UnixMillis time_ms,
              const std::vector<BatchPtr>& batches) {
  Bytes all(parent_state.view());
  all += big_endian(number(height)) + big_endian(time_ms);
  for (const BatchPtr& batch : batches) all += batch->digest.view();
  return {digest_of("tx" + all), digest_of("receipt" + all), digest_of("state" + all)};
}

Block block_on(const ledger::ChainConfig& config, const Header& parent, View view,
               const std::vector<BatchPtr>& batches, UnixMillis time_ms) {
  Block block;
  Header& header = block.header;
  header.chain_id = config.chain_id;
  header.epoch = config.validators.epoch;
  header.height = next(parent.height);
  header.parent = ledger::hash_of(parent);
  header.proposer = primary_of(view, config.validators);
  header.origin_view = view;
  header.time_ms = time_ms;
  for (const BatchPtr& batch : batches) block.batches.push_back(ledger::ref_of(*batch));
  block.batches = ledger::in_block_order(header.parent, block.batches);
  std::vector<BatchPtr> ordered;
  for (const auto& ref : block.batches)
    ordered.push_back(
        *std::ranges::find_if(batches, [&](const auto& batch) { return batch->digest == ref.digest; }));
  header.batches_root = ledger::batches_root(block.batches);
  const Roots roots = execute(parent.state_root, header.height, time_ms, ordered);
  header.tx_root = roots.tx;
  header.receipt_root = roots.receipt;
  header.state_root = roots.state;
  header.validators_hash = ledger::hash_of(config.validators);
  header.params_hash = ledger::hash_of(config.parameters);
  return block;
}

SignedVote vote_of(const ledger::ChainConfig& config, std::uint32_t from, const Header& header, View view,
                   Phase phase) {
  const Vote vote{config.chain_id, config.validators.epoch, view, header.height,
                  phase,           ledger::hash_of(header)};
  return {vote, ReplicaId{from}, ToySigner(from).sign(ledger::signing_digest(vote)).value()};
}

Certificate certificate_of(const ledger::ChainConfig& config, const Header& header, View view, Phase phase,
                           const std::vector<std::uint32_t>& signers) {
  Certificate out{config.validators.epoch, view, header.height, phase, ledger::hash_of(header), {}};
  for (const auto from : signers)
    out.signatures.push_back({ReplicaId{from}, vote_of(config, from, header, view, phase).signature});
  return out;
}

Proposal proposal_of(const ledger::ChainConfig& config, const Block& block, View view) {
  const ReplicaId primary = primary_of(view, config.validators);
  const auto digest =
      proposal_digest(config.chain_id, config.validators.epoch, view, ledger::hash_of(block.header));
  return {config.validators.epoch, view, block, primary, ToySigner(number(primary)).sign(digest).value()};
}

ViewChange signed_by_sender(const ledger::ChainConfig& config, ViewChange message) {
  message.signature = ToySigner(number(message.from)).sign(signing_digest(config.chain_id, message)).value();
  return message;
}

NewView signed_by_sender(const ledger::ChainConfig& config, NewView message) {
  message.signature = ToySigner(number(message.from)).sign(signing_digest(config.chain_id, message)).value();
  return message;
}

ViewChange showing(const ledger::ChainConfig& config, std::uint32_t from, View view,
                   const std::vector<Block>& chain, View prepared_in) {
  ViewChange message;
  message.view = view;
  message.from = ReplicaId{from};
  message.final_header = ledger::genesis_header(config);
  if (!chain.empty()) {
    message.prepared = certificate_of(config, chain.back().header, prepared_in, Phase::Prepare, {0, 1, 2});
    for (const Block& block : chain) message.headers.push_back(block.header);
  }
  return signed_by_sender(config, message);
}

NewView new_view(const ledger::ChainConfig& config, View view, std::vector<ViewChange> quoted) {
  return signed_by_sender(
      config, NewView{config.validators.epoch, view, primary_of(view, config.validators), std::move(quoted), {}});
}

}  // namespace aval::consensus::test
