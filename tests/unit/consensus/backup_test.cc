#include <catch2/catch.hpp>
#include <functional>

#include "consensus/limits.h"
#include "consensus/view_change.h"
#include "tests/unit/consensus/probe.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {


void receive_votes(Probe& probe, const Header& header, View view, Phase phase,
                   std::vector<std::uint32_t> voters) {
  for (const auto from : voters)
    REQUIRE(probe.receive(from, vote_of(probe.config(), from, header, view, phase)));
}

}  // namespace

TEST_CASE("a backup prepares a valid block, commits it with a quorum, and finalises it with another",
          "[consensus]") {
  Probe probe(1);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  CHECK(probe.has_voted(block.header, view_0, Phase::Prepare));

  receive_votes(probe, block.header, view_0, Phase::Prepare, {0});
  CHECK(probe.votes(Phase::Commit).empty());
  receive_votes(probe, block.header, view_0, Phase::Prepare, {2});
  CHECK(probe.has_voted(block.header, view_0, Phase::Commit));

  receive_votes(probe, block.header, view_0, Phase::Commit, {0});
  CHECK(probe.ledger().empty());
  receive_votes(probe, block.header, view_0, Phase::Commit, {3});
  REQUIRE(probe.ledger().size() == 1);
  CHECK(probe.ledger().front().certificate->signatures.size() == 3);
}

TEST_CASE("CS-10 of six validators it takes four to prepare and four to commit", "[consensus]") {
  Probe probe(1, 6);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  receive_votes(probe, block.header, view_0, Phase::Prepare, {0, 2});
  CHECK(probe.votes(Phase::Commit).empty());
  receive_votes(probe, block.header, view_0, Phase::Prepare, {3});
  CHECK(probe.has_voted(block.header, view_0, Phase::Commit));
  receive_votes(probe, block.header, view_0, Phase::Commit, {0, 2});
  CHECK(probe.ledger().empty());
  receive_votes(probe, block.header, view_0, Phase::Commit, {3});
  CHECK(probe.ledger().size() == 1);
}

TEST_CASE("CS-04 batches, block and vote are in the journal before the vote is sent, in this order",
          "[consensus]") {
  Probe probe(1);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  REQUIRE(probe.journal().size() == 3);
  CHECK(std::holds_alternative<BatchRecord>(probe.journal()[0]));
  CHECK(std::holds_alternative<BlockRecord>(probe.journal()[1]));
  CHECK(std::holds_alternative<VoteRecord>(probe.journal()[2]));
  receive_votes(probe, block.header, view_0, Phase::Prepare, {0, 2});
  REQUIRE(probe.journal().size() == 5);
  CHECK(std::holds_alternative<PreparedRecord>(probe.journal()[3]));
  CHECK(std::holds_alternative<VoteRecord>(probe.journal()[4]));
}

TEST_CASE("CS-11 a vote that comes again, or again with another hash, counts once", "[consensus]") {
  Probe probe(1);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  Header other = block.header;
  other.time_ms += 1;
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  for (int i = 0; i < 5; ++i) receive_votes(probe, block.header, view_0, Phase::Prepare, {0});
  receive_votes(probe, other, view_0, Phase::Prepare, {2});
  receive_votes(probe, block.header, view_0, Phase::Prepare, {2});
  CHECK(probe.votes(Phase::Commit).empty());
  // Over another link it is still the same sender's vote.
  REQUIRE(probe.receive(3, vote_of(probe.config(), 0, block.header, view_0, Phase::Prepare)));
  CHECK(probe.votes(Phase::Commit).empty());
  // With other signature bytes it is nobody's.
  SignedVote malleated = vote_of(probe.config(), 3, block.header, view_0, Phase::Prepare);
  malleated.signature.bytes[63] ^= 1;
  CHECK_FALSE(probe.receive(3, malleated));
}

TEST_CASE("CS-17 a header that is wrong in any field gets no prepare", "[consensus]") {
  const std::vector<std::pair<const char*, std::function<void(Header&)>>> changes = {
      {"chain_id", [](Header& h) { h.chain_id.bytes[0] ^= 1; }},
      {"epoch", [](Header& h) { h.epoch = next(h.epoch); }},
      {"height", [](Header& h) { h.height = next(h.height); }},
      {"height 0", [](Header& h) { h.height = Height{0}; }},
      {"parent", [](Header& h) { h.parent.bytes[0] ^= 1; }},
      {"proposer", [](Header& h) { h.proposer = ReplicaId{2}; }},
      {"proposer outside the set", [](Header& h) { h.proposer = ReplicaId{77}; }},
      {"origin_view", [](Header& h) { h.origin_view = View{1}; }},
      {"time not later than the parent's", [](Header& h) { h.time_ms = 1'000; }},
      {"time too far ahead", [](Header& h) { h.time_ms += 5'001; }},
      {"time too far behind", [](Header& h) { h.time_ms -= 5'001; }},
      {"batches_root", [](Header& h) { h.batches_root.bytes[0] ^= 1; }},
      {"tx_root", [](Header& h) { h.tx_root.bytes[0] ^= 1; }},
      {"receipt_root", [](Header& h) { h.receipt_root.bytes[0] ^= 1; }},
      {"state_root", [](Header& h) { h.state_root.bytes[0] ^= 1; }},
      {"validators_hash", [](Header& h) { h.validators_hash.bytes[0] ^= 1; }},
      {"params_hash", [](Header& h) { h.params_hash.bytes[0] ^= 1; }},
  };
  for (const auto& [field, change] : changes) {
    INFO(field);
    Probe probe(1);
    Block block = probe.fresh_block(probe.genesis(), view_0, 1);
    change(block.header);
    block.batches = ledger::in_block_order(block.header.parent, block.batches);
    probe.receive(0, proposal_of(probe.config(), block, view_0));
    CHECK(probe.votes(Phase::Prepare).empty());
    CHECK(probe.journal().size() <= 1);  // at most the view change that answers the lie
    CHECK_FALSE(probe.fatal());
  }
}

TEST_CASE("CL-24 a block of another time gets no vote and ends the view, though nobody waits for anything else",
          "[consensus]") {
  // The primary came back late with a block that only it had: it may not make another one in this view.
  Probe probe(1);
  const Block block = Probe(2).fresh_block(probe.genesis(), view_0, 1);
  probe.set_wall_clock(block.header.time_ms + 60'000);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  CHECK(probe.votes(Phase::Prepare).empty());
  CHECK_FALSE(probe.wishes_to_leave());
  probe.tick(20'000);
  CHECK(probe.status().view > view_0);
}

TEST_CASE("a block whose roots execution does not give makes the backup wish to leave the view", "[consensus]") {
  Probe probe(1);
  Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  block.header.state_root.bytes[5] ^= 1;
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  CHECK(probe.wishes_to_leave());
  probe.others_say_the_same();
  CHECK(probe.status().in_view_change);
  CHECK(probe.sent<ViewChange>().size() == 1);
}

TEST_CASE("CS-18 a replica whose own executor is wrong stops when a quorum has prepared the block", "[consensus]") {
  Probe probe(1);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  probe.corrupt_executor();
  receive_votes(probe, block.header, view_0, Phase::Prepare, {0, 2, 3});
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  CHECK(probe.votes(Phase::Prepare).empty());
  CHECK(probe.fatal().has_value());
}

TEST_CASE("two blocks signed for one height prove the primary faulty", "[consensus]") {
  Probe probe(1);
  const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
  const Block two = probe.fresh_block(probe.genesis(), view_0, 2);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), one, view_0)));
  REQUIRE(probe.receive(0, proposal_of(probe.config(), one, view_0)));
  CHECK_FALSE(probe.wishes_to_leave());
  REQUIRE(probe.receive(0, proposal_of(probe.config(), two, view_0)));
  CHECK(probe.wishes_to_leave());
  CHECK(probe.votes(Phase::Prepare).size() == 1);
}

TEST_CASE("only the primary of the view can propose", "[consensus]") {
  Probe probe(1);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  Proposal proposal = proposal_of(probe.config(), block, view_0);
  proposal.from = ReplicaId{2};
  proposal.signature =
      ToySigner(2)
          .sign(proposal_digest(probe.config().chain_id, Epoch{0}, view_0, ledger::hash_of(block.header)))
          .value();
  CHECK_FALSE(probe.receive(2, proposal));
}

TEST_CASE("proposals that arrive in any order are voted on in the order of heights", "[consensus]") {
  Probe probe(1);
  std::vector<Block> blocks = {probe.fresh_block(probe.genesis(), view_0, 1)};
  for (std::uint64_t i = 2; i <= 4; ++i) blocks.push_back(probe.fresh_block(blocks.back().header, view_0, i));
  for (const std::size_t i : {3U, 1U, 2U})
    REQUIRE(probe.receive(0, proposal_of(probe.config(), blocks[i], view_0)));
  CHECK(probe.votes(Phase::Prepare).empty());
  REQUIRE(probe.receive(0, proposal_of(probe.config(), blocks[0], view_0)));
  const auto votes = probe.votes(Phase::Prepare);
  REQUIRE(votes.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(votes[i].height == Height{i + 1});
}

TEST_CASE("a missing batch is asked for from the primary first, then from others, and then voted on",
          "[consensus]") {
  ledger::Parameters parameters;
  parameters.view_timeout_base_ms = 4'000;  // nobody is replaced over it yet
  Probe probe(1, 4, parameters);
  const BatchPtr batch = probe.batch(2, 9);
  const Block block = block_on(probe.config(), probe.genesis(), view_0, {batch}, probe.wall_clock());
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  CHECK(probe.votes(Phase::Prepare).empty());
  std::vector<ReplicaId> asked;
  for (int i = 0; i < 4; ++i) {
    probe.forget_sent();
    probe.tick(i == 0 ? 10 : 250);
    for (const auto& send : probe.all_sent()) {
      if (std::holds_alternative<FetchBatches>(send.message)) asked.push_back(*send.to);
    }
  }
  CHECK(asked == std::vector{ReplicaId{0}, ReplicaId{2}, ReplicaId{3}, ReplicaId{0}});
  REQUIRE(probe.receive(3, BatchMessage{batch}));
  CHECK(probe.has_voted(block.header, view_0, Phase::Prepare));
}

TEST_CASE("CS-14 edge numbers change nothing outside the window", "[consensus]") {
  const std::uint64_t window = Probe(1).config().parameters.pipeline_window * std::uint64_t{window_factor};
  const std::uint64_t edges[] = {0,         window + 1, window + 2, std::uint64_t{1} << 63U, UINT64_MAX - 1,
                                 UINT64_MAX};
  for (const auto edge : edges) {
    INFO(edge);
    Probe probe(1);
    const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
    Header header = block.header;
    header.height = Height{edge};
    for (const Phase phase : {Phase::Prepare, Phase::Commit})
      receive_votes(probe, header, view_0, phase, {0, 2, 3});
    Block moved = block;
    moved.header = header;
    probe.receive(0, proposal_of(probe.config(), moved, view_0));
    CHECK(probe.journal().empty());
    CHECK(probe.status().in_flight == 0);
    CHECK(probe.status().prepared_height == Height{0});
    // Votes of views that will not come change nothing either.
    for (const Phase phase : {Phase::Prepare, Phase::Commit})
      receive_votes(probe, block.header, View{edge == 0 ? 5 : edge}, phase, {0, 2, 3});
    SignedVote of_other_epoch = vote_of(probe.config(), 3, block.header, view_0, Phase::Commit);
    of_other_epoch.vote.epoch = Epoch{edge};
    if (edge != 0) CHECK_FALSE(probe.receive(3, of_other_epoch));
    CHECK(probe.status().view == view_0);
    CHECK(probe.ledger().empty());
    // The block itself is still taken.
    REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
    CHECK(probe.votes(Phase::Prepare).size() == 1);
  }
}

TEST_CASE("CS-14 votes at the end of the window are taken and those beyond it are not", "[consensus]") {
  Probe probe(1);
  const std::uint64_t window = probe.config().parameters.pipeline_window * std::uint64_t{window_factor};
  Header header = probe.fresh_block(probe.genesis(), view_0, 1).header;
  header.height = Height{window + 1};
  receive_votes(probe, header, view_0, Phase::Commit, {0, 2, 3});
  probe.tick(300);
  CHECK(probe.sent<FetchFinal>().empty());
  header.height = Height{window};
  receive_votes(probe, header, view_0, Phase::Commit, {0, 2, 3});
  probe.tick(300);
  CHECK_FALSE(probe.sent<FetchFinal>().empty());  // a certificate shows that the others are there
}

TEST_CASE("CS-21 a block that a commit certificate finds unexecuted becomes final when it has been executed once",
          "[consensus]") {
  ledger::Parameters parameters;
  parameters.view_timeout_base_ms = 4'000;  // nobody is replaced over it yet
  Probe probe(1, 4, parameters);
  const BatchPtr batch = probe.batch(2, 9);
  const Block block = block_on(probe.config(), probe.genesis(), view_0, {batch}, probe.wall_clock());
  receive_votes(probe, block.header, view_0, Phase::Commit, {0, 2, 3});
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  CHECK(probe.ledger().empty());
  // Both ways at once: the batch, and the whole block as final.
  REQUIRE(probe.receive(2, BatchMessage{batch}));
  CHECK(probe.ledger().size() == 1);
  const auto certificate = certificate_of(probe.config(), block.header, view_0, Phase::Commit, {0, 2, 3});
  REQUIRE(probe.receive(2, FinalBlocks{{{block, {batch}, certificate}}}));
  CHECK(probe.ledger().size() == 1);
  CHECK(probe.executions() == 1);
}

TEST_CASE("a replica that sees views open and gets no block keeps a bounded number of certificates, and follows later",
          "[consensus]") {
  Probe probe(1);
  std::vector<ledger::CertifiedBlock> history;
  Header parent = probe.genesis();
  for (std::uint64_t i = 1; i <= 120; ++i) {
    const View view{i - 1};
    const BatchPtr batch = probe.batch(2, i);
    const Block block = block_on(probe.config(), parent, view, {batch}, probe.wall_clock() + i);
    history.push_back(
        {block, {batch}, certificate_of(probe.config(), block.header, view, Phase::Commit, {0, 2, 3})});
    parent = block.header;
    if (primary_of(View{i}, probe.config().validators) == ReplicaId{1}) continue;
    std::vector<ViewChange> quoted;
    for (const std::uint32_t from : {0U, 2U, 3U}) {
      ViewChange message = showing(probe.config(), from, View{i}, {}, view_0);
      message.final_header = block.header;
      message.final_certificate = history.back().certificate;
      quoted.push_back(signed_by_sender(probe.config(), message));
    }
    // What it keeps is checked after every step (invariants.h).
    REQUIRE(probe.receive(number(primary_of(View{i}, probe.config().validators)),
                          new_view(probe.config(), View{i}, quoted)));
    CHECK(probe.status().view == View{i});
  }
  CHECK(probe.ledger().empty());
  for (const auto& entry : history) REQUIRE(probe.receive(2, FinalBlocks{{entry}}));
  CHECK(probe.ledger().size() == history.size());
  for (const auto& entry : probe.ledger()) CHECK(entry.certificate);
}

TEST_CASE("an ancestor becomes final with the block that a quorum committed", "[consensus]") {
  Probe probe(1);
  const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
  const Block two = probe.fresh_block(one.header, view_0, 2);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), one, view_0)));
  REQUIRE(probe.receive(0, proposal_of(probe.config(), two, view_0)));
  receive_votes(probe, two.header, view_0, Phase::Commit, {0, 2, 3});
  REQUIRE(probe.ledger().size() == 2);
  CHECK_FALSE(probe.ledger()[0].certificate);
  CHECK(probe.ledger()[1].certificate.has_value());
}

TEST_CASE("a replica whose key device fails says nothing signed any more", "[consensus]") {
  Probe probe(1);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  probe.signer().is_broken = true;
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  probe.signer().is_broken = false;
  receive_votes(probe, block.header, view_0, Phase::Prepare, {0, 2, 3});
  probe.tick(5'000);
  CHECK(probe.sent<SignedVote>().empty());
  CHECK(probe.sent<ViewChange>().empty());
  CHECK_FALSE(probe.status().waiting_for.empty());
}

TEST_CASE("the status says whose votes are missing", "[consensus]") {
  Probe probe(1);
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), block, view_0)));
  CHECK(probe.status().waiting_for == "waiting for prepares of replicas 0, 2 and 3 at height 1, view 0");
  receive_votes(probe, block.header, view_0, Phase::Prepare, {0, 2});
  receive_votes(probe, block.header, view_0, Phase::Commit, {0});
  CHECK(probe.status().waiting_for == "waiting for commits of replicas 2 and 3 at height 1, view 0");
}

TEST_CASE("a block that is too long gets no prepare, and neither does one on top of it", "[consensus]") {
  ledger::Parameters parameters;
  parameters.block_bytes_max = static_cast<std::uint32_t>(Probe(1).batch(0, 1)->bytes.size());
  Probe probe(1, 4, parameters);
  const BatchPtr a = probe.known_batch(0, 1);
  const BatchPtr b = probe.known_batch(0, 2);
  const Block too_long = block_on(probe.config(), probe.genesis(), view_0, {a, b}, probe.wall_clock());
  const Block above = probe.fresh_block(too_long.header, view_0, 3);
  REQUIRE(probe.receive(0, proposal_of(probe.config(), too_long, view_0)));
  REQUIRE(probe.receive(0, proposal_of(probe.config(), above, view_0)));
  CHECK(probe.votes(Phase::Prepare).empty());
  CHECK(probe.wishes_to_leave());
}
