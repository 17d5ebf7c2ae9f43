#include "consensus/wire.h"

#include <catch2/catch.hpp>
#include <set>

#include "consensus/limits.h"
#include "consensus/verified.h"
#include "tests/unit/consensus/samples.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

TEST_CASE("every message comes back from its bytes as it was", "[wire]") {
  const Samples samples;
  for (const Message& message : samples.messages()) {
    INFO(kind_of(message));
    const Bytes bytes = encode(message);
    const auto back = decode_message(bytes, samples.config);
    REQUIRE(back);
    CHECK(back->index() == message.index());
    CHECK(encode(*back) == bytes);
    CHECK(verify(*back, ReplicaId{0}, samples.config, &check_toy));
  }
}

TEST_CASE("where a new view stands can be read without knowing the validators of its epoch", "[wire]") {
  const Samples samples;
  for (const Message& message : samples.messages()) {
    const auto place = place_of_new_view(encode(message));
    const auto* opened = std::get_if<NewView>(&message);
    REQUIRE(place.has_value() == (opened != nullptr));
    if (opened == nullptr) continue;
    CHECK(place->epoch == opened->epoch);
    CHECK(place->view == opened->view);
    CHECK(place->from == opened->from);
    CHECK_FALSE(place_of_new_view(encode(message) + encode(message)));
  }
}

TEST_CASE("every record comes back from its bytes as it was", "[wire]") {
  const Samples samples;
  for (const Record& record : samples.records()) {
    const Bytes bytes = encode(record);
    const auto back = decode_record(bytes, samples.config);
    REQUIRE(back);
    CHECK(back->index() == record.index());
    CHECK(encode(*back) == bytes);
  }
}

TEST_CASE("no bytes, however they are cut or changed, do more than being refused", "[wire]") {
  const Samples samples;
  std::size_t refused = 0;
  const auto try_bytes = [&](const Bytes& bytes) {
    const auto message = decode_message(bytes, samples.config);
    if (!message)
      ++refused;
    else if (!verify(*message, ReplicaId{0}, samples.config, &check_toy))
      ++refused;
    (void)decode_record(bytes, samples.config);
  };
  for (const Message& message : samples.messages()) {
    const Bytes bytes = encode(message);
    const std::size_t stride = bytes.size() > 600 ? 7 : 1;
    for (std::size_t i = 0; i < bytes.size(); i += stride) {
      try_bytes(bytes.substr(0, i));
      Bytes changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 0x41);
      try_bytes(changed);
      changed[i] = static_cast<char>(0xff);
      try_bytes(changed);
    }
    try_bytes(bytes + bytes);
    try_bytes(bytes + '\0');
  }
  CHECK(refused > 1'000);
}

TEST_CASE("a request that asks for one batch twice is refused", "[wire]") {
  const Samples samples;
  const crypto::Digest other = crypto::sha256("another");
  CHECK(verify(FetchBatches{{samples.batch->digest, other}}, ReplicaId{0}, samples.config, &check_toy));
  CHECK_FALSE(verify(FetchBatches{{other, samples.batch->digest, other}}, ReplicaId{0}, samples.config, &check_toy));
}

TEST_CASE("lists longer than their bound do not decode", "[wire]") {
  const Samples samples;
  const auto refuses = [&](const Message& message) {
    return !decode_message(encode(message), samples.config);
  };
  FetchBatches fetch;
  fetch.digests.assign(samples.config.parameters.block_batches_max + 1, samples.batch->digest);
  CHECK(refuses(fetch));
  ViewChange view_change = samples.view_change(0, true);
  view_change.headers.assign(window_factor * samples.config.parameters.pipeline_window + 1,
                             samples.block.header);
  CHECK(refuses(view_change));
  NewView new_view = samples.new_view();
  new_view.view_changes.assign(5, new_view.view_changes.front());
  CHECK(refuses(new_view));
  FinalBlocks blocks;
  blocks.blocks.assign(final_blocks_max + 1, {samples.block, {samples.batch}, samples.committed});
  CHECK(refuses(blocks));
}

TEST_CASE("a sender outside the set does not decode", "[wire]") {
  const Samples samples;
  SignedVote vote = vote_of(samples.config, 3, samples.block.header, View{0}, Phase::Prepare);
  vote.from = ReplicaId{4};
  CHECK_FALSE(decode_message(encode(vote), samples.config));
  CHECK_FALSE(verify(vote, ReplicaId{0}, samples.config, &check_toy));
  CHECK_FALSE(verify(StatusMessage{}, ReplicaId{4}, samples.config, &check_toy));
}

TEST_CASE("CS-13 a signature counts in no other context than the one it was made in", "[verify]") {
  const Samples samples;
  const auto& config = samples.config;
  const auto holds = [&](const Message& message) {
    return verify(message, ReplicaId{0}, config, &check_toy).has_value();
  };
  const SignedVote vote = vote_of(config, 0, samples.block.header, View{0}, Phase::Prepare);
  REQUIRE(holds(vote));
  const auto changed = [&](auto change) {
    SignedVote other = vote;
    change(other);
    return holds(other);
  };
  CHECK_FALSE(changed([](SignedVote& m) { m.vote.phase = Phase::Commit; }));
  CHECK_FALSE(changed([](SignedVote& m) { m.vote.view = View{4}; }));
  CHECK_FALSE(changed([](SignedVote& m) { m.vote.height = Height{2}; }));
  CHECK_FALSE(changed([](SignedVote& m) { m.vote.epoch = Epoch{1}; }));
  CHECK_FALSE(changed([](SignedVote& m) { m.vote.chain_id.bytes[0] ^= 1; }));
  CHECK_FALSE(changed([](SignedVote& m) { m.vote.block_hash.bytes[0] ^= 1; }));
  CHECK_FALSE(changed([](SignedVote& m) { m.from = ReplicaId{1}; }));
  CHECK_FALSE(changed([](SignedVote& m) { m.signature.bytes[40] ^= 1; }));

  // Each kind of signature under each kind of message.
  const Proposal proposal = proposal_of(config, samples.block, View{0});
  const ViewChange view_change = samples.view_change(2, true);
  const NewView new_view = samples.new_view();
  const crypto::Signature signatures[] = {vote.signature, proposal.signature, view_change.signature,
                                          new_view.signature};
  for (std::size_t i = 0; i < 4; ++i) {
    INFO(i);
    SignedVote as_vote = vote;
    as_vote.signature = signatures[i];
    CHECK(holds(as_vote) == (i == 0));
    Proposal as_proposal = proposal;
    as_proposal.signature = signatures[i];
    CHECK(holds(as_proposal) == (i == 1));
    ViewChange as_view_change = view_change;
    as_view_change.signature = signatures[i];
    CHECK(holds(as_view_change) == (i == 2));
    NewView as_new_view = new_view;
    as_new_view.signature = signatures[i];
    CHECK(holds(as_new_view) == (i == 3));
  }
}

TEST_CASE("CS-13 a proposal's signature counts for one view and one chain", "[verify]") {
  const Samples samples;
  Proposal proposal = proposal_of(samples.config, samples.block, View{0});
  REQUIRE(verify(proposal, ReplicaId{0}, samples.config, &check_toy));
  proposal.view = View{4};  // the same primary
  CHECK_FALSE(verify(proposal, ReplicaId{0}, samples.config, &check_toy));
  proposal = proposal_of(samples.config, samples.block, View{0});
  auto other = samples.config;
  other.chain_id.bytes[0] ^= 1;
  CHECK_FALSE(verify(proposal, ReplicaId{0}, other, &check_toy));
}

TEST_CASE("CS-16 a digest that is not of the bytes beside it is refused wherever it stands", "[verify]") {
  const Samples samples;
  const auto holds = [&](const Message& message) {
    return verify(message, ReplicaId{0}, samples.config, &check_toy).has_value();
  };
  auto forged = std::make_shared<ledger::Batch>(*samples.batch);
  forged->digest.bytes[0] ^= 1;
  CHECK_FALSE(holds(BatchMessage{forged}));

  Block block = samples.block;
  block.batches.push_back({ReplicaId{3}, 1, crypto::sha256("x")});
  block.batches = ledger::in_block_order(block.header.parent, block.batches);
  CHECK_FALSE(holds(BlockReply{block}));
  CHECK_FALSE(holds(proposal_of(samples.config, block, View{0})));

  CHECK_FALSE(holds(FinalBlocks{{{samples.block, {forged}, samples.committed}}}));
  ledger::CertifiedBlock renamed{samples.block, {samples.batch}, samples.committed};
  renamed.block.header.time_ms += 1;
  CHECK_FALSE(holds(FinalBlocks{{renamed}}));
}

TEST_CASE("a batch with a client signature that does not verify is refused", "[verify]") {
  const Samples samples;
  auto envelope = std::make_shared<ledger::Envelope>(*samples.batch->envelopes.front());
  envelope->signatures.front().signature.bytes[10] ^= 1;
  const BatchPtr batch = ledger::make_batch(ReplicaId{2}, 4, {envelope});
  CHECK_FALSE(verify(BatchMessage{batch}, ReplicaId{2}, samples.config, &check_toy));
  CHECK_FALSE(verify(BatchMessage{nullptr}, ReplicaId{2}, samples.config, &check_toy));
}

TEST_CASE("NW-21 final blocks follow each other and end with a certificate of a quorum", "[verify]") {
  const Samples samples;
  const auto& config = samples.config;
  const BatchPtr batch = samples.probe.batch(3, 8);
  const Block two = block_on(config, samples.block.header, View{0}, {batch}, samples.probe.wall_clock() + 1);
  const auto holds = [&](std::vector<ledger::CertifiedBlock> blocks) {
    return verify(FinalBlocks{std::move(blocks)}, ReplicaId{0}, config, &check_toy).has_value();
  };
  const ledger::CertifiedBlock first{samples.block, {samples.batch}, std::nullopt};
  const auto certified = [&](std::vector<std::uint32_t> signers, Phase phase) {
    return ledger::CertifiedBlock{two, {batch}, certificate_of(config, two.header, View{0}, phase, signers)};
  };
  CHECK(holds({first, certified({0, 1, 2}, Phase::Commit)}));
  CHECK_FALSE(holds({first}));
  CHECK_FALSE(holds({}));
  CHECK_FALSE(holds({first, first, certified({0, 1, 2}, Phase::Commit)}));
  CHECK_FALSE(holds({first, certified({0, 1}, Phase::Commit)}));
  CHECK_FALSE(holds({first, certified({0, 1, 1}, Phase::Commit)}));
  CHECK_FALSE(holds({first, certified({0, 2, 1}, Phase::Commit)}));
  CHECK_FALSE(holds({first, certified({0, 1, 2}, Phase::Prepare)}));
}

TEST_CASE("each kind of message has a name of its own", "[wire]") {
  std::set<std::string> names;
  for (const Message& message : Samples().messages()) names.insert(kind_of(message));
  CHECK(names.size() == 12);
}
