#include "ledger/evidence.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::evidence_test {
namespace {

const ChainConfig config = chain_of(4);

Header header_of(std::uint64_t time_ms) {
  Header header = genesis_header(config);
  header.height = Height{7};
  header.time_ms = time_ms;
  return header;
}

Evidence two_votes(Phase phase) {
  Evidence evidence{ReplicaId{2}, static_cast<Statement>(phase), Epoch{0}, View{3}, Height{7}, {}, {}};
  for (auto* block : {&evidence.first, &evidence.second}) {
    block->hash = digest_of(block == &evidence.first ? "one" : "two");
    const Vote vote{config.chain_id, Epoch{0}, View{3}, Height{7}, phase, block->hash};
    block->signature = signer(2).sign(signing_digest(vote)).value();
  }
  return in_order(evidence);
}

Evidence two_proposals() {
  Evidence evidence{ReplicaId{3}, Statement::Proposal, Epoch{0}, View{3}, Height{7}, {}, {}};
  for (auto* block : {&evidence.first, &evidence.second}) {
    block->header = header_of(block == &evidence.first ? 1 : 2);
    block->hash = hash_of(*block->header);
    const auto digest = proposal_digest(config.chain_id, Epoch{0}, View{3}, block->hash);
    block->signature = signer(3).sign(digest).value();
  }
  return in_order(evidence);
}

std::vector<Evidence> samples() {
  return {two_votes(Phase::Prepare), two_votes(Phase::Commit), two_proposals()};
}

bool holds(const Evidence& evidence) {
  return verify_evidence(evidence, config.chain_id, config.validators).has_value();
}

}  // namespace

TEST_CASE("OP-19 evidence verifies with nothing but the validator set", "[evidence]") {
  for (const Evidence& evidence : samples()) {
    CHECK(holds(evidence));
    CHECK(decode_evidence(encode_evidence(evidence)).value() == evidence);
  }
}

TEST_CASE("evidence in which anything was changed names nobody", "[evidence]") {
  const std::vector<std::function<void(Evidence&)>> changes = {
      [](Evidence& e) { e.validator = ReplicaId{1}; },
      [](Evidence& e) { e.validator = ReplicaId{4}; },
      [](Evidence& e) { e.epoch = Epoch{1}; },
      [](Evidence& e) { e.view = View{4}; },
      [](Evidence& e) { e.height = Height{8}; },
      [](Evidence& e) {
        e.statement = e.statement == Statement::Commit ? Statement::Prepare : Statement::Commit;
      },
      [](Evidence& e) { e.second = e.first; },
      [](Evidence& e) { std::swap(e.first, e.second); },
      [](Evidence& e) { std::swap(e.first.signature, e.second.signature); },
      [](Evidence& e) { e.first.hash.bytes[0] ^= 1U; },
  };
  for (const Evidence& evidence : samples()) {
    for (const auto& change : changes) {
      Evidence changed = evidence;
      change(changed);
      CHECK_FALSE(holds(changed));
    }
  }
}

TEST_CASE("proposals at two heights of one view are no contradiction", "[evidence]") {
  Evidence evidence = two_proposals();
  SignedBlock& block = evidence.second;
  block.header->height = Height{8};
  block.hash = hash_of(*block.header);
  block.signature = signer(3).sign(proposal_digest(config.chain_id, Epoch{0}, View{3}, block.hash)).value();
  CHECK_FALSE(holds(in_order(evidence)));
}

TEST_CASE("evidence has one encoding", "[evidence]") {
  for (const Evidence& evidence : samples()) {
    Evidence turned = evidence;
    std::swap(turned.first, turned.second);
    CHECK_FALSE(decode_evidence(encode_evidence(turned)));
    CHECK(in_order(turned) == evidence);
    const Bytes bytes = encode_evidence(evidence);
    for (std::size_t length = 0; length < bytes.size(); ++length)
      CHECK_FALSE(decode_evidence(ByteView(bytes).substr(0, length)));
  }
}

}  // namespace aval::ledger::evidence_test
