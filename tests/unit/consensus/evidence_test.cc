#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "consensus/limits.h"
#include "tests/unit/consensus/probe.h"

/// What is kept of those who contradict themselves in front of one replica.

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;
using ledger::Evidence;
using ledger::Statement;

namespace {


/// One of many headers for a place; nothing but their hashes matters to votes.
Header header_at(const Probe& probe, std::uint64_t height, std::uint64_t which) {
  Header header = probe.genesis();
  header.height = Height{height};
  header.time_ms += which;
  return header;
}

void hear_vote(Probe& probe, std::uint32_t from, const Header& header, View view, Phase phase) {
  REQUIRE(probe.receive(from, vote_of(probe.config(), from, header, view, phase)));
}

/// That somebody put two blocks of one view, at the height of both headers, in the place of one.
void check_proof(const Probe& probe, const Evidence& proof, std::uint32_t validator, Statement statement,
                 View view, const Header& one, const Header& two) {
  CHECK(ledger::verify_evidence(proof, probe.config().chain_id, probe.config().validators, &check_toy));
  CHECK(proof.validator == ReplicaId{validator});
  CHECK(proof.statement == statement);
  CHECK(proof.view == view);
  CHECK(proof.height == one.height);
  const std::set<BlockHash> shown{proof.first.hash, proof.second.hash};
  CHECK(shown == std::set<BlockHash>{ledger::hash_of(one), ledger::hash_of(two)});
}

}  // namespace

TEST_CASE("CS-01 both blocks that a primary signed for one height are kept as evidence", "[evidence]") {
  Probe probe(1);
  const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
  const Block two = probe.fresh_block(probe.genesis(), view_0, 2);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), one, view_0)));
  CHECK(probe.evidence().empty());
  REQUIRE(probe.receive(0, proposal_of(probe.config(), two, view_0)));
  REQUIRE(probe.evidence().size() == 1);
  check_proof(probe, probe.evidence()[0], 0, Statement::Proposal, view_0, one.header, two.header);
  CHECK(probe.wishes_to_leave());
}

TEST_CASE("a block that was too old to be taken counts as signed", "[evidence]") {
  Probe probe(1);
  const Block old = block_on(probe.config(), probe.genesis(), view_0, {probe.known_batch(0, 1)},
                             probe.genesis().time_ms + 1);
  const Block fresh = probe.fresh_block(probe.genesis(), view_0, 2);
  probe.set_wall_clock(probe.wall_clock() + 10 * probe.config().parameters.clock_tolerance_ms);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), old, view_0)));
  REQUIRE(probe.receive(0, proposal_of(probe.config(), fresh, view_0)));
  REQUIRE(probe.evidence().size() == 1);
  check_proof(probe, probe.evidence()[0], 0, Statement::Proposal, view_0, old.header, fresh.header);
}

TEST_CASE("CS-02 two votes of one kind and place for two blocks are evidence against who cast them",
          "[evidence]") {
  for (const Phase phase : {Phase::Prepare, Phase::Commit}) {
    Probe probe(1);
    const Header one = header_at(probe, 2, 1);
    const Header two = header_at(probe, 2, 2);
    hear_vote(probe, 3, one, view_0, phase);
    CHECK(probe.evidence().empty());
    hear_vote(probe, 3, two, view_0, phase);
    REQUIRE(probe.evidence().size() == 1);
    check_proof(probe, probe.evidence()[0], 3, static_cast<Statement>(phase), view_0, one, two);
    // One proof of a place is enough, whatever else is said of it.
    hear_vote(probe, 3, two, view_0, phase);
    hear_vote(probe, 3, header_at(probe, 2, 3), view_0, phase);
    CHECK(probe.evidence().size() == 1);
  }
}

TEST_CASE("what is said again, or of another place, contradicts nothing", "[evidence]") {
  Probe probe(1);
  const auto& config = probe.config();
  const Header one = header_at(probe, 2, 1);
  const Header two = header_at(probe, 2, 2);
  hear_vote(probe, 3, one, view_0, Phase::Prepare);
  hear_vote(probe, 3, one, view_0, Phase::Prepare);
  hear_vote(probe, 3, two, view_0, Phase::Commit);
  hear_vote(probe, 3, two, view_1, Phase::Prepare);
  hear_vote(probe, 3, header_at(probe, 3, 1), view_0, Phase::Prepare);
  hear_vote(probe, 2, two, view_0, Phase::Prepare);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  for (const Block& each : {block, block, probe.fresh_block(block.header, view_0, 2)})
    REQUIRE(probe.receive(0, proposal_of(config, each, view_0)));
  REQUIRE(probe.receive(3, showing(config, 3, view_1, {block}, view_0)));
  CHECK(probe.evidence().empty());
}

TEST_CASE("a vote that somebody else collected is held against what its caster said here", "[evidence]") {
  Probe probe(1);
  const auto& config = probe.config();
  const BatchPtr batch = probe.known_batch(0, 1);
  const Block one = block_on(config, probe.genesis(), view_0, {batch}, probe.wall_clock());
  const Header two = header_at(probe, 1, 2);
  hear_vote(probe, 2, two, view_0, Phase::Prepare);
  hear_vote(probe, 3, two, view_0, Phase::Commit);
  SECTION("in the certificate that a view change shows") {
    REQUIRE(probe.receive(0, showing(config, 0, view_1, {one}, view_0)));
    REQUIRE(probe.evidence().size() == 1);
    check_proof(probe, probe.evidence()[0], 2, Statement::Prepare, view_0, one.header, two);
  }
  SECTION("in a new view") {
    std::vector<ViewChange> quoted;
    for (const std::uint32_t from : {0U, 2U, 3U})
      quoted.push_back(showing(config, from, View{2}, {one}, view_0));
    REQUIRE(probe.receive(2, new_view(config, View{2}, quoted)));
    REQUIRE(probe.evidence().size() == 1);
    check_proof(probe, probe.evidence()[0], 2, Statement::Prepare, view_0, one.header, two);
  }
  SECTION("in the certificate of a final block") {
    const Certificate committed = certificate_of(config, one.header, view_0, Phase::Commit, {0, 2, 3});
    REQUIRE(probe.receive(0, FinalBlocks{{{one, {batch}, committed}}}));
    REQUIRE(probe.evidence().size() == 1);
    check_proof(probe, probe.evidence()[0], 3, Statement::Commit, view_0, one.header, two);
  }
}

TEST_CASE("votes of a view that has not opened here are held against each other when it opens",
          "[evidence]") {
  Probe probe(2);
  const auto& config = probe.config();
  const Header one = header_at(probe, 1, 1);
  const Header two = header_at(probe, 1, 2);
  for (const Header& each : {one, two}) hear_vote(probe, 3, each, view_1, Phase::Prepare);
  CHECK(probe.evidence().empty());
  std::vector<ViewChange> quoted;
  for (const std::uint32_t from : {0U, 1U, 3U}) quoted.push_back(showing(config, from, view_1, {}, view_0));
  REQUIRE(probe.receive(1, new_view(config, view_1, quoted)));
  REQUIRE(probe.evidence().size() == 1);
  check_proof(probe, probe.evidence()[0], 3, Statement::Prepare, view_1, one, two);
}

TEST_CASE("a header of another chain or epoch is in no evidence", "[evidence]") {
  Probe probe(1);
  const auto& config = probe.config();
  const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
  Block of_another_chain = one;
  of_another_chain.header.chain_id.bytes[0] ^= 1;
  Block of_another_epoch = one;
  of_another_epoch.header.epoch = Epoch{1};
  for (const Block& each : {of_another_chain, one, of_another_epoch})
    REQUIRE(probe.receive(0, proposal_of(config, each, view_0)));
  CHECK(probe.evidence().empty());
}

TEST_CASE("of one liar no more than eight contradictions are kept, and of the others as many", "[evidence]") {
  Probe probe(1);
  const std::uint64_t heights = number(window_end(Height{0}, probe.config().parameters.pipeline_window));
  REQUIRE(2 * heights > proofs_per_validator_max);
  for (const std::uint32_t liar : {3U, 2U}) {
    for (std::uint64_t height = 1; height <= heights; ++height) {
      for (const Phase phase : {Phase::Prepare, Phase::Commit}) {
        for (const std::uint64_t which : {1U, 2U})
          hear_vote(probe, liar, header_at(probe, height, which), view_0, phase);
      }
    }
  }
  CHECK(std::ranges::count(probe.evidence(), ReplicaId{3}, &Evidence::validator) ==
        static_cast<std::ptrdiff_t>(proofs_per_validator_max));
  CHECK(probe.evidence().size() == 2 * proofs_per_validator_max);
}
