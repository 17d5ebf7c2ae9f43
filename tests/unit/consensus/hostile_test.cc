#include <catch2/catch.hpp>
#include <functional>

#include "consensus/view_change.h"
#include "tests/unit/consensus/probe.h"

/// What up to f liars can bring one replica to: nothing that an honest majority would have to take back.

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {


SignedVote signed_as(SignedVote vote, std::uint32_t key) {
  vote.signature = ToySigner(key).sign(ledger::signing_digest(vote.vote)).value();
  return vote;
}

/// Everybody but `probe` leaves view 0; nobody has anything prepared.
void leave_view_0(Probe& probe, std::vector<std::uint32_t> leaving) {
  for (const auto from : leaving)
    REQUIRE(probe.receive(from, showing(probe.config(), from, view_1, {}, view_0)));
}

void check_nothing_is_final(const Probe& probe) {
  CHECK(probe.ledger().empty());
  CHECK(probe.status().final_header == probe.genesis());
}

}  // namespace

TEST_CASE("CS-06 a poisoned certificate drops its sender's view change alone, and the valid ones decide",
          "[hostile]") {
  using Poison = std::function<void(ViewChange&)>;
  const std::vector<std::pair<const char*, Poison>> poisons = {
      {"another block", [](ViewChange& m) { m.prepared->block_hash.bytes[0] ^= 1; }},
      {"a later view", [](ViewChange& m) { m.prepared->view = View{0x7fffffff}; }},
      {"a higher place", [](ViewChange& m) { m.prepared->height = Height{7}; }},
      {"a signature that does not hold",
       [](ViewChange& m) { m.prepared->signatures[1].signature.bytes[7] ^= 1; }},
      {"one signer short of a quorum", [](ViewChange& m) { m.prepared->signatures.pop_back(); }},
      {"commits for prepares", [](ViewChange& m) { m.prepared->phase = Phase::Commit; }},
  };
  for (const auto& [what, poison] : poisons) {
    INFO(what);
    Probe probe(1);  // the primary of view 1
    const auto& config = probe.config();
    const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
    ViewChange poisoned = showing(config, 0, view_1, {one}, view_0);
    poison(poisoned);
    CHECK_FALSE(probe.receive(0, signed_by_sender(config, poisoned)));
    REQUIRE(probe.receive(2, showing(config, 2, view_1, {one}, view_0)));
    REQUIRE(probe.receive(3, showing(config, 3, view_1, {}, view_0)));
    const auto opened = probe.sent<NewView>();
    REQUIRE(opened.size() == 1);
    CHECK(tip_of(opened[0].view_changes, Header{}).hash == ledger::hash_of(one.header));
    REQUIRE(probe.receive(2, BlockReply{one}));
    CHECK(probe.has_voted(one.header, view_1, Phase::Prepare));
  }
}

TEST_CASE("CS-08 a new view that omits, swaps or invents view changes opens nothing, and the backup moves on",
          "[hostile]") {
  Probe probe(2);
  const auto& config = probe.config();
  const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
  const ViewChange a = showing(config, 0, view_1, {one}, view_0);
  const ViewChange b = showing(config, 1, view_1, {}, view_0);
  const ViewChange c = showing(config, 3, view_1, {}, view_0);
  ViewChange invented = showing(config, 1, view_1, {}, view_0);
  invented.from = ReplicaId{0};
  ViewChange emptied = a;
  emptied.prepared.reset();
  emptied.headers.clear();
  const std::vector<std::pair<const char*, std::vector<ViewChange>>> lies = {
      {"omitted", {b, c}},
      {"twice the same", {b, b, c}},
      {"of another view", {showing(config, 0, View{5}, {one}, view_0), b, c}},
      {"in another's name", {invented, b, c}},
      {"with what was shown taken out", {emptied, b, c}},
      {"one too many", {a, b, showing(config, 2, view_1, {}, view_0), c}},
  };
  for (const auto& [what, quoted] : lies) {
    INFO(what);
    CHECK_FALSE(probe.receive(1, new_view(config, view_1, quoted)));
    CHECK(probe.status().view == view_0);
  }
  for (const ViewChange& each : {a, b, c}) REQUIRE(probe.receive(number(each.from), each));
  REQUIRE(probe.status().view == view_1);
  probe.tick(2'001);  // the timeout has doubled
  REQUIRE_FALSE(probe.sent<ViewChange>().empty());
  CHECK(probe.sent<ViewChange>().back().view == View{2});
  CHECK(probe.sent<SignedVote>().empty());
}

TEST_CASE("CS-12 the votes of those who are not in the set count for nothing", "[hostile]") {
  Probe probe(1);
  const auto& config = probe.config();
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  REQUIRE(probe.receive(0, proposal_of(config, block, view_0)));
  for (const Phase phase : {Phase::Prepare, Phase::Commit}) {
    SignedVote never_member = vote_of(config, 2, block.header, view_0, phase);
    never_member.from = ReplicaId{4};
    CHECK_FALSE(probe.receive(2, signed_as(never_member, 4)));
    CHECK_FALSE(probe.receive(2, signed_as(vote_of(config, 2, block.header, view_0, phase), 9)));
    SignedVote of_next_epoch = vote_of(config, 2, block.header, view_0, phase);
    of_next_epoch.vote.epoch = Epoch{1};
    CHECK_FALSE(probe.receive(2, signed_as(of_next_epoch, 2)));
    CHECK_FALSE(probe.receive(4, vote_of(config, 2, block.header, view_0, phase)));
  }
  REQUIRE(probe.receive(0, vote_of(config, 0, block.header, view_0, Phase::Prepare)));
  CHECK(probe.votes(Phase::Commit).empty());
  check_nothing_is_final(probe);
}

TEST_CASE("CS-19 commits for other roots make no quorum, and are in no certificate", "[hostile]") {
  Probe probe(1);
  const auto& config = probe.config();
  const Block block = probe.fresh_block(probe.genesis(), view_0, 1);
  Header other_root = block.header;
  other_root.state_root.bytes[0] ^= 1;
  REQUIRE(probe.receive(0, proposal_of(config, block, view_0)));
  for (const auto from : {0U, 2U})
    REQUIRE(probe.receive(from, vote_of(config, from, block.header, view_0, Phase::Prepare)));
  REQUIRE(probe.receive(0, vote_of(config, 0, block.header, view_0, Phase::Commit)));
  REQUIRE(probe.receive(3, vote_of(config, 3, other_root, view_0, Phase::Commit)));
  check_nothing_is_final(probe);
  REQUIRE(probe.receive(2, vote_of(config, 2, block.header, view_0, Phase::Commit)));
  REQUIRE(probe.ledger().size() == 1);
  std::vector<ReplicaId> signers;
  for (const auto& each : probe.ledger()[0].certificate->signatures) signers.push_back(each.validator);
  CHECK(signers == std::vector{ReplicaId{0}, ReplicaId{1}, ReplicaId{2}});
}

TEST_CASE(
    "CS-21 a block that comes by catching up while the new view brings it too is executed and final once",
    "[hostile]") {
  for (const bool new_view_first : {true, false}) {
    INFO(new_view_first);
    Probe probe(2);
    const auto& config = probe.config();
    const BatchPtr batch = probe.batch(0, 1);
    const Block one = block_on(config, probe.genesis(), view_0, {batch}, probe.wall_clock());
    const FinalBlocks as_final{
        {{one, {batch}, certificate_of(config, one.header, view_0, Phase::Commit, {0, 1, 3})}}};
    const NewView opened =
        new_view(config, view_1,
                 {showing(config, 0, view_1, {one}, view_0), showing(config, 1, view_1, {}, view_0),
                  showing(config, 3, view_1, {}, view_0)});
    if (new_view_first) {
      REQUIRE(probe.receive(1, opened));
      REQUIRE(probe.receive(0, BlockReply{one}));
      REQUIRE(probe.receive(0, BatchMessage{batch}));
      REQUIRE(probe.receive(0, as_final));
    } else {
      REQUIRE(probe.receive(0, as_final));
      REQUIRE(probe.receive(1, opened));
      REQUIRE(probe.receive(0, BlockReply{one}));
    }
    for (const auto from : {0U, 1U, 3U}) {
      REQUIRE(probe.receive(from, vote_of(config, from, one.header, view_1, Phase::Prepare)));
      REQUIRE(probe.receive(from, vote_of(config, from, one.header, view_1, Phase::Commit)));
    }
    CHECK(probe.ledger().size() == 1);
    CHECK(probe.executions() == 1);
    CHECK_FALSE(probe.fatal());
  }
}

TEST_CASE("CS-22 a commit quorum that completes with the view's deadline is neither lost nor doubled",
          "[hostile]") {
  for (const bool commit_first : {true, false}) {
    INFO(commit_first);
    Probe probe(2);
    const auto& config = probe.config();
    const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
    REQUIRE(probe.receive(0, proposal_of(config, one, view_0)));
    for (const auto from : {0U, 1U})
      REQUIRE(probe.receive(from, vote_of(config, from, one.header, view_0, Phase::Prepare)));
    REQUIRE(probe.receive(0, vote_of(config, 0, one.header, view_0, Phase::Commit)));
    const SignedVote last = vote_of(config, 1, one.header, view_0, Phase::Commit);
    probe.tick(999);
    if (commit_first) REQUIRE(probe.receive(1, last));
    probe.tick(1);
    CHECK(probe.status().in_view_change == !commit_first);
    if (!commit_first) REQUIRE(probe.receive(1, last));
    CHECK(probe.ledger().size() == 1);
    // Whatever was said when the view was left shows the block.
    for (const ViewChange& said : probe.sent<ViewChange>()) {
      REQUIRE(said.prepared.has_value());
      CHECK(said.prepared->block_hash == ledger::hash_of(one.header));
    }
    // Everybody else leaves too: the next view begins on top of it.
    leave_view_0(probe, {0, 1, 3});
    REQUIRE(probe.receive(
        1, new_view(config, view_1,
                    {showing(config, 0, view_1, {one}, view_0), showing(config, 1, view_1, {one}, view_0),
                     showing(config, 3, view_1, {}, view_0)})));
    CHECK(probe.status().view == view_1);
    CHECK(probe.ledger().size() == 1);
    CHECK(probe.executions() == 1);
  }
}

TEST_CASE("CS-29 a forged certificate is refused wherever a message carries it", "[hostile]") {
  Probe probe(2);
  const auto& config = probe.config();
  const BatchPtr batch = probe.batch(0, 1);
  const Block block = block_on(config, probe.genesis(), view_0, {batch}, probe.wall_clock());
  using Forgery = std::function<void(Certificate&)>;
  const std::vector<std::pair<const char*, Forgery>> forgeries = {
      {"a signer twice", [](Certificate& c) { c.signatures[1] = c.signatures[0]; }},
      {"one signer short", [](Certificate& c) { c.signatures.pop_back(); }},
      {"one signer too many",
       [](Certificate& c) {
         c.signatures.push_back({ReplicaId{3}, c.signatures[0].signature});
       }},
      {"no signers", [](Certificate& c) { c.signatures.clear(); }},
      {"not ascending", [](Certificate& c) { std::swap(c.signatures[0], c.signatures[1]); }},
      {"a stranger", [](Certificate& c) { c.signatures[2].validator = ReplicaId{4}; }},
      {"another epoch", [](Certificate& c) { c.epoch = Epoch{1}; }},
      {"another view", [](Certificate& c) { c.view = view_1; }},
      {"another height", [](Certificate& c) { c.height = Height{2}; }},
      {"another block", [](Certificate& c) { c.block_hash.bytes[31] ^= 1; }},
      {"signatures of the other phase",
       [](Certificate& c) { c.phase = c.phase == Phase::Prepare ? Phase::Commit : Phase::Prepare; }},
  };
  const Certificate committed = certificate_of(config, block.header, view_0, Phase::Commit, {0, 1, 2});
  const ViewChange shows_prepared = showing(config, 0, View{3}, {block}, view_0);
  ViewChange shows_final = showing(config, 0, View{3}, {}, view_0);
  shows_final.final_header = block.header;
  shows_final.final_certificate = committed;
  const FinalBlocks as_final{{{block, {batch}, committed}}};
  const auto holds = [&](const Message& message) {
    return verify(message, ReplicaId{0}, config, &check_toy).has_value();
  };
  REQUIRE(holds(shows_prepared));
  REQUIRE(holds(signed_by_sender(config, shows_final)));
  REQUIRE(holds(as_final));
  for (const auto& [what, forge] : forgeries) {
    INFO(what);
    ViewChange forged_prepared = shows_prepared;
    forge(*forged_prepared.prepared);
    CHECK_FALSE(holds(signed_by_sender(config, forged_prepared)));
    ViewChange forged_final = shows_final;
    forge(*forged_final.final_certificate);
    CHECK_FALSE(holds(signed_by_sender(config, forged_final)));
    FinalBlocks forged_blocks = as_final;
    forge(*forged_blocks.blocks[0].certificate);
    CHECK_FALSE(holds(forged_blocks));
  }
}

TEST_CASE("CS-30 nothing is final, neither in actions nor in the status, before a quorum of commits",
          "[hostile]") {
  Probe probe(2);
  const auto& config = probe.config();
  const Block one = probe.fresh_block(probe.genesis(), view_0, 1);
  const Block fork = probe.fresh_block(probe.genesis(), view_0, 2);
  REQUIRE(probe.receive(0, proposal_of(config, one, view_0)));
  check_nothing_is_final(probe);
  for (const auto from : {0U, 1U, 3U})
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, view_0, Phase::Prepare)));
  CHECK(probe.has_voted(one.header, view_0, Phase::Commit));
  REQUIRE(probe.receive(0, vote_of(config, 0, one.header, view_0, Phase::Commit)));
  check_nothing_is_final(probe);
  // The primary lies, the view changes, and the next one carries the block over.
  REQUIRE(probe.receive(0, proposal_of(config, fork, view_0)));
  probe.others_say_the_same();
  REQUIRE(probe.status().in_view_change);
  check_nothing_is_final(probe);
  REQUIRE(probe.receive(
      1, new_view(config, view_1,
                  {showing(config, 0, view_1, {}, view_0), showing(config, 1, view_1, {one}, view_0),
                   showing(config, 3, view_1, {one}, view_0)})));
  for (const auto from : {0U, 1U, 3U})
    REQUIRE(probe.receive(from, vote_of(config, from, one.header, view_1, Phase::Prepare)));
  REQUIRE(probe.receive(0, vote_of(config, 0, one.header, view_1, Phase::Commit)));
  check_nothing_is_final(probe);
  REQUIRE(probe.receive(3, vote_of(config, 3, one.header, view_1, Phase::Commit)));
  CHECK(probe.ledger().size() == 1);
  CHECK(probe.status().final_header == one.header);
}
