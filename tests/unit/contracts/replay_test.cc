#include "contracts/replay.h"

#include <catch2/catch.hpp>

#include "contracts/context.h"
#include "contracts/invariants.h"
#include "crypto/merkle.h"
#include "crypto/signer.h"
#include "ledger/chain.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::replay_test {
namespace {

/// Four honest validators in one: makes signed envelopes into certified blocks.
class Chain {
 public:
  Chain() : genesis_(make_genesis(sample_genesis()).value()), head_(ledger::genesis_header(genesis_.config)) {
    state_.apply(genesis_.state);
    tree_ = ledger::StateTree::of(state_);
  }

  ledger::EnvelopePtr envelope(const std::string& member, const std::vector<pb::Command>& commands,
                               const std::vector<std::string>& keys) {
    ledger::Body body;
    body.chain_id = genesis_.config.chain_id;
    body.member = member;
    body.client_ref = "ref-" + std::to_string(++references_);
    body.valid_until = ledger::Height{1000};
    for (const pb::Command& command : commands) body.commands.push_back(ledger::canonical(command));
    std::vector<crypto::MemorySigner> signers;
    for (const std::string& key : keys) {
      signers.emplace_back(crypto::PrivateKey::from_pkcs8_der(private_key(key).pkcs8_der()).value());
    }
    std::vector<crypto::Signer*> pointers;
    for (crypto::MemorySigner& signer : signers) pointers.push_back(&signer);
    return std::make_shared<const ledger::Envelope>(ledger::sign_envelope(body, pointers).value());
  }

  ledger::CertifiedBlock add(const std::vector<ledger::EnvelopePtr>& envelopes) {
    ledger::CertifiedBlock block;
    block.batches.push_back(ledger::make_batch(ledger::ReplicaId{1}, ++batches_, envelopes));
    ledger::Header& header = block.block.header;
    header = head_;
    header.height = ledger::next(head_.height);
    header.parent = ledger::hash_of(head_);
    header.time_ms = head_.time_ms + 1000;
    block.block.batches = {ledger::ref_of(*block.batches.front())};
    header.batches_root = ledger::batches_root(block.block.batches);
    ledger::Overlay changes(state_);
    const BlockContext context{genesis_.config.chain_id, header.height, header.time_ms,
                               genesis_.config.parameters.validity_window_blocks};
    const BlockOutcome outcome = run_block(context, block.batches, tree_, changes);
    header.tx_root = outcome.tx_root;
    header.receipt_root = outcome.receipt_root;
    header.state_root = outcome.state_root;
    state_.apply(changes.writes());
    tree_ = outcome.tree;
    head_ = header;
    block.certificate = certify(header);
    return block;
  }

  ledger::Certificate certify(const ledger::Header& header) const {
    ledger::Certificate certificate;
    certificate.epoch = header.epoch;
    certificate.height = header.height;
    certificate.block_hash = ledger::hash_of(header);
    const ledger::Vote vote{genesis_.config.chain_id, header.epoch,          ledger::View{0}, header.height,
                            ledger::Phase::Commit,    certificate.block_hash};
    const char* const banks[] = {"bank-a", "bank-b", "bank-c"};
    for (std::uint32_t i = 0; i < 3; ++i) {
      const auto signature = private_key(std::string(banks[i]) + "/vote").sign(ledger::signing_digest(vote));
      certificate.signatures.push_back({static_cast<ledger::ReplicaId>(i), signature});
    }
    return certificate;
  }

  const GenesisState& genesis() const { return genesis_; }
  const ledger::Header& head() const { return head_; }
  UnixMillis next_time_ms() const { return head_.time_ms + 1000; }

 private:
  GenesisState genesis_;
  ledger::MemoryState state_;
  ledger::StateTree tree_;
  ledger::Header head_;
  std::uint64_t references_ = 0;
  std::uint64_t batches_ = 0;
};

pb::Command attested_at(const Chain& chain, const std::string& device) {
  return attest(
      signed_statement(chain.genesis().config.chain_id, statement(device, 1, chain.next_time_ms()), device));
}

/// The whole story: cash, invoice, conditional acceptance, financing, two devices, payment.
std::vector<ledger::CertifiedBlock> trade_story(Chain& chain) {
  const auto by = [&](const std::string& member, const std::vector<pb::Command>& commands) {
    return chain.envelope(member, commands, {member + "/maker"});
  };
  const auto gateway = [&](const std::string& device) {
    return chain.envelope("logistics", {attested_at(chain, device)}, {"logistics/gateway"});
  };
  std::vector<ledger::CertifiedBlock> blocks;
  blocks.push_back(chain.add({by("bank-a", {issue("bank-b", 100'000'000), issue("buyer", 100'000'000)})}));
  blocks.push_back(chain.add({by("seller", {submit()}), by("seller", {submit({.id = "inv-2"})})}));
  blocks.push_back(chain.add({by("buyer", {accept_if(loaded())})}));
  blocks.push_back(chain.add({by("seller", {request("fin-1")}), by("bank-b", {approve("fin-1")}),
                              by("bank-b", {disburse("fin-1")})}));
  blocks.push_back(chain.add({gateway("device-1"), gateway("device-2")}));
  blocks.push_back(chain.add({by("bank-b", {disburse("fin-1")})}));
  blocks.push_back(chain.add({by("buyer", {pay("inv-1", 100'000, "e2e-1")})}));
  return blocks;
}

ledger::EnvelopePtr with_signature_of(const ledger::Envelope& envelope, const std::string& key) {
  ledger::Envelope forged = envelope;
  forged.signatures.front().signature = private_key(key).sign(envelope.tx_id);
  return std::make_shared<const ledger::Envelope>(std::move(forged));
}

bool names(const std::string& message, const std::string& what) {
  INFO(message);
  return message.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("an auditor replays the story to the same roots", "[replay]") {
  Chain chain;
  const auto blocks = trade_story(chain);
  Replay replay(chain.genesis());
  for (const auto& block : blocks) {
    const auto added = replay.add(block);
    INFO((added ? std::string() : added.error().message));
    REQUIRE(added);
  }
  REQUIRE(replay.finish());
  REQUIRE(replay.head() == chain.head());
  REQUIRE(replay.tree().root() == chain.head().state_root);
  REQUIRE(replay.certified() == ledger::Height{7});
  REQUIRE(replay.transactions() == 11);
  REQUIRE(replay.signatures_checked() == 11);
  REQUIRE(check_invariants(replay.state()));
  REQUIRE(find<pb::Obligation>(replay.state(), obligation_key("inv-1"))->status() ==
          pb::OBLIGATION_DISCHARGED);
}

TEST_CASE("a block without a certificate waits for the one above that carries it", "[replay]") {
  Chain chain;
  auto blocks = trade_story(chain);
  blocks[2].certificate.reset();
  blocks[3].certificate.reset();
  Replay replay(chain.genesis());
  for (std::size_t i = 0; i < 4; ++i) REQUIRE(replay.add(blocks[i]));
  REQUIRE(replay.certified() == ledger::Height{2});
  REQUIRE(names(replay.finish().error().message, "blocks 3 to 4"));
  REQUIRE(replay.add(blocks[4]));
  REQUIRE(replay.certified() == ledger::Height{5});
  REQUIRE(replay.finish());
}

TEST_CASE("every lie about a block is found and named with its height", "[replay]") {
  Chain chain;
  const auto blocks = trade_story(chain);
  const auto refusal = [&](auto change) {
    Replay replay(chain.genesis());
    REQUIRE(replay.add(blocks[0]));
    ledger::CertifiedBlock bad = blocks[1];
    change(bad);
    const auto added = replay.add(bad);
    REQUIRE_FALSE(added);
    REQUIRE(names(added.error().message, "block 2: "));
    REQUIRE_FALSE(replay.add(blocks[1]));  // nothing more is accepted
    REQUIRE_FALSE(replay.finish());
    return added.error().message;
  };
  const auto recertified = [&](auto change) {
    return refusal([&](ledger::CertifiedBlock& b) {
      change(b.block.header);
      b.certificate = chain.certify(b.block.header);
    });
  };
  using H = ledger::Header;
  REQUIRE(names(recertified([](H& h) { h.state_root.bytes[0] ^= 1U; }), "state_root"));
  REQUIRE(names(recertified([](H& h) { h.receipt_root.bytes[0] ^= 1U; }), "receipt_root"));
  REQUIRE(names(recertified([](H& h) { h.tx_root.bytes[0] ^= 1U; }), "tx_root"));
  REQUIRE(names(recertified([](H& h) { h.batches_root.bytes[0] ^= 1U; }), "batches_root"));
  recertified([](H& h) { h.parent.bytes[0] ^= 1U; });
  recertified([](H& h) { h.time_ms = genesis_time_ms; });
  recertified([](H& h) { h.validators_hash.bytes[0] ^= 1U; });
}

TEST_CASE("CS-29 a certificate that does not prove this block final is refused", "[replay]") {
  Chain chain;
  const auto blocks = trade_story(chain);
  const auto refused = [&](auto change) {
    Replay replay(chain.genesis());
    ledger::CertifiedBlock bad = blocks[0];
    change(*bad.certificate);
    return !replay.add(bad);
  };
  REQUIRE(refused([&](ledger::Certificate& c) { c = *blocks[1].certificate; }));
  REQUIRE(refused([](ledger::Certificate& c) { c.signatures.pop_back(); }));
  REQUIRE(refused([](ledger::Certificate& c) { c.signatures[1].signature.bytes[9] ^= 1U; }));
  REQUIRE(refused([](ledger::Certificate& c) { c.phase = ledger::Phase::Prepare; }));
  REQUIRE(refused([](ledger::Certificate& c) { c.view = ledger::View{1}; }));
  REQUIRE_FALSE(refused([](ledger::Certificate&) {}));
}

TEST_CASE("a client signature that does not verify is found, even in a certified block", "[replay]") {
  Chain chain;
  const auto good = chain.envelope("bank-a", {issue("buyer", 1)}, {"bank-a/maker"});
  const auto forged = with_signature_of(*good, "bank-b/maker");
  Replay replay(chain.genesis());
  const auto added = replay.add(chain.add({forged}));
  REQUIRE(names(added.error().message, "client signature"));
}

TEST_CASE("a batch other than the one ordered is refused", "[replay]") {
  Chain chain;
  auto blocks = trade_story(chain);
  Replay replay(chain.genesis());
  std::swap(blocks[0].batches, blocks[1].batches);
  REQUIRE(names(replay.add(blocks[0]).error().message, "not the one named"));
  Replay other(chain.genesis());
  blocks[0].batches.clear();
  REQUIRE(names(other.add(blocks[0]).error().message, "missing"));
}

TEST_CASE("an empty replay stands at genesis and is complete", "[replay]") {
  Chain chain;
  const Replay replay(chain.genesis());
  REQUIRE(replay.finish());
  REQUIRE(replay.head() == ledger::genesis_header(chain.genesis().config));
}

}  // namespace aval::contracts::replay_test
