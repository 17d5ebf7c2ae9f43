#include <catch2/catch.hpp>

#include "consensus/fetches.h"
#include "consensus/invariants.h"
#include "consensus/limits.h"
#include "consensus/pipeline.h"
#include "consensus/pool.h"
#include "consensus/promises.h"
#include "consensus/timers.h"
#include "tests/unit/consensus/toy_world.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

struct PoolWorld {
  explicit PoolWorld(const ledger::Parameters& parameters = {}) : config(config_with(parameters)) {}
  static ReplicaConfig config_with(const ledger::Parameters& parameters) {
    ReplicaConfig out;
    out.chain = toy_chain(4);
    out.chain.parameters = parameters;
    out.self = ReplicaId{1};
    return out;
  }
  BatchPtr batch(std::uint32_t origin, std::uint64_t counter) {
    return ledger::make_batch(ReplicaId{origin}, counter, {envelope(config.chain, next_number++)});
  }
  Step step(std::uint64_t milliseconds_now) const {
    return {TimePoint{} + milliseconds(milliseconds_now), 0, {}};
  }

  ReplicaConfig config;
  ToySigner signer{1};
  Self self{config, signer};
  Pool pool{self};
  std::uint32_t next_number = 0;
};

std::vector<ledger::EnvelopePtr> packed(const Step& step) {
  std::vector<ledger::EnvelopePtr> out;
  for (const auto& send : step.actions.disseminate) {
    const auto& batch = *std::get<BatchMessage>(send.message).batch;
    out.insert(out.end(), batch.envelopes.begin(), batch.envelopes.end());
  }
  return out;
}

}  // namespace

TEST_CASE("the first envelope is packed at once, and those behind it wait for company", "[pool]") {
  PoolWorld world;
  Step first = world.step(0);
  world.pool.submit(envelope(world.config.chain, 1), first.now);
  world.pool.pack(first);
  CHECK(packed(first).size() == 1);

  Step second = world.step(1);
  for (std::uint32_t i = 2; i < 6; ++i) world.pool.submit(envelope(world.config.chain, i), second.now);
  world.pool.pack(second);
  CHECK(packed(second).empty());
  REQUIRE(world.pool.pack_due());
  CHECK(*world.pool.pack_due() == second.now + milliseconds(world.self.parameters().batch_delay_ms));
  Step third = world.step(3);
  world.pool.pack(third);
  CHECK(packed(third).size() == 4);
  CHECK(third.actions.disseminate.size() == 1);
  CHECK_FALSE(world.pool.pack_due());
}

TEST_CASE("a full batch does not wait", "[pool]") {
  ledger::Parameters parameters;
  parameters.batch_envelopes_max = 3;
  PoolWorld world(parameters);
  Step step = world.step(0);
  for (std::uint32_t i = 0; i < 7; ++i) world.pool.submit(envelope(world.config.chain, i), step.now);
  world.pool.pack(step);
  CHECK(step.actions.disseminate.size() == 2);
  CHECK(world.pool.envelope_count() == 1);
}

TEST_CASE("a batch never has more bytes than it may", "[pool]") {
  ledger::Parameters parameters;
  parameters.batch_bytes_max = 1'024;
  parameters.envelope_bytes_max = 1'024;
  PoolWorld world(parameters);
  Step step = world.step(0);
  for (std::uint32_t i = 0; i < 50; ++i) world.pool.submit(envelope(world.config.chain, i), step.now);
  world.pool.pack(step);
  Step later = world.step(5);
  world.pool.pack(later);
  std::size_t envelopes = 0;
  for (const Step* each : {&step, &later}) {
    for (const auto& send : each->actions.disseminate) {
      const auto& batch = *std::get<BatchMessage>(send.message).batch;
      CHECK(batch.bytes.size() <= 1'024);
      envelopes += batch.envelopes.size();
    }
  }
  CHECK(envelopes == 50);
}

TEST_CASE("a transaction is taken once, whether it waits or is in a batch", "[pool]") {
  PoolWorld world;
  const auto one = envelope(world.config.chain, 1);
  Step step = world.step(0);
  CHECK(world.pool.submit(one, step.now));
  CHECK_FALSE(world.pool.submit(one, step.now));
  world.pool.pack(step);
  CHECK_FALSE(world.pool.submit(one, step.now));
  CHECK(world.pool.contains(one->tx_id));
  world.pool.on_final({ledger::ref_of(*std::get<BatchMessage>(step.actions.disseminate.front().message).batch)});
  CHECK_FALSE(world.pool.contains(one->tx_id));
}

TEST_CASE("a transaction in somebody else's batch is taken all the same, as that one may be a forgery",
          "[pool]") {
  PoolWorld world;
  const auto one = envelope(world.config.chain, 1);
  CHECK(world.pool.add(ledger::make_batch(ReplicaId{3}, 1, {one}), ReplicaId{3}, TimePoint{}));
  // Whoever claims this replica's name gains nothing by it.
  CHECK(world.pool.add(ledger::make_batch(ReplicaId{1}, 1, {one}), ReplicaId{3}, TimePoint{}));
  CHECK_FALSE(world.pool.contains(one->tx_id));
  CHECK(world.pool.submit(one, TimePoint{}));
}

TEST_CASE("members take turns in a batch", "[pool]") {
  ledger::Parameters parameters;
  parameters.batch_envelopes_max = 4;
  PoolWorld world(parameters);
  EnvelopeQueue queue;
  for (std::uint32_t i = 0; i < 20; ++i) queue.add(envelope(world.config.chain, i, "big"), TimePoint{});
  queue.add(envelope(world.config.chain, 100, "small"), TimePoint{});
  queue.add(envelope(world.config.chain, 101, "tiny"), TimePoint{});
  std::multiset<std::string> members;
  for (const auto& taken : queue.take(world.self.parameters(), TimePoint{}))
    members.insert(taken->body.member);
  CHECK(members.count("small") == 1);
  CHECK(members.count("tiny") == 1);
  CHECK(members.count("big") == 2);
}

TEST_CASE("one member cannot fill the queue", "[pool]") {
  PoolWorld world;
  EnvelopeQueue queue;
  const auto fill = [&](const std::string& member, std::size_t count) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
      auto made = std::make_shared<ledger::Envelope>();
      made->body.member = member;
      made->tx_id = crypto::sha256(member + std::to_string(i));
      taken += queue.add(made, TimePoint{}) ? 1U : 0U;
    }
    return taken;
  };
  CHECK(fill("big", own_envelopes_per_member_max + 10) == own_envelopes_per_member_max);
  CHECK(fill("small", 10) == 10);
  CHECK(fill("third", own_envelopes_max) == own_envelopes_max - own_envelopes_per_member_max - 10);
}

TEST_CASE("NW-12 a peer cannot bring more batches than its share, and others are not touched by it",
          "[pool]") {
  PoolWorld world;
  std::size_t taken = 0;
  for (std::uint64_t i = 0; i < batches_per_peer_max + 5; ++i)
    taken += world.pool.add(world.batch(3, i), ReplicaId{3}, TimePoint{}) ? 1U : 0U;
  CHECK(taken == batches_per_peer_max);
  taken = 0;
  for (std::uint64_t i = 0; i < handed_on_batches_per_peer_max + 5; ++i)
    taken += world.pool.add(world.batch(2, i), ReplicaId{3}, TimePoint{}) ? 1U : 0U;
  CHECK(taken == handed_on_batches_per_peer_max);
  CHECK(world.pool.add(world.batch(0, 1), ReplicaId{0}, TimePoint{}));
}

TEST_CASE("a block takes from the peers in turn, in the order in which each brought its batches", "[pool]") {
  ledger::Parameters parameters;
  parameters.block_batches_max = 4;
  PoolWorld world(parameters);
  std::vector<BatchPtr> of_0;
  for (std::uint64_t i = 0; i < 6; ++i) of_0.push_back(world.batch(0, i));
  for (const BatchPtr& batch : of_0) world.pool.add(batch, ReplicaId{0}, TimePoint{});
  const BatchPtr of_2 = world.batch(2, 1);
  world.pool.add(of_2, ReplicaId{2}, TimePoint{});
  const auto chosen = world.pool.choose({});
  REQUIRE(chosen.size() == 4);
  CHECK(chosen == std::vector{of_0[0], of_2, of_0[1], of_0[2]});
  std::set<crypto::Digest> in_flight;
  for (const BatchPtr& batch : chosen) in_flight.insert(batch->digest);
  CHECK(world.pool.choose(in_flight) == std::vector{of_0[3], of_0[4], of_0[5]});
}

TEST_CASE("a batch that is final is not taken again", "[pool]") {
  PoolWorld world;
  const BatchPtr batch = world.batch(0, 1);
  world.pool.add(batch, ReplicaId{0}, TimePoint{});
  world.pool.on_final({ledger::ref_of(*batch)});
  CHECK(world.pool.is_empty());
  CHECK_FALSE(world.pool.add(batch, ReplicaId{2}, TimePoint{}));
}

TEST_CASE("which batches were final lately is the same after a restart as before it", "[pool]") {
  std::vector<std::vector<ledger::BatchRef>> chain(final_digests_max * 2);
  RecentBatches there;
  for (std::uint64_t i = 0; i < chain.size(); ++i) {
    // Every tenth block orders an older batch once more, which a hostile primary may do.
    const std::uint64_t number = i % 10 == 9 ? i / 2 : i;
    chain[i] = {ledger::BatchRef{ReplicaId{0}, number, crypto::tagged(crypto::Tag::TestSigner, std::to_string(number))}};
    there.add(chain[i].front().digest);
  }
  RecentBatches started;
  const auto refs_at = [&](Height height) { return chain.at(ledger::number(height) - 1); };
  const auto read = recent_batches(Height{chain.size()}, refs_at);
  CHECK(read.size() == final_digests_max);
  for (const auto& digest : read) started.add(digest);
  std::size_t known = 0;  // places in the chain
  for (const auto& refs : chain) {
    CHECK(there.contains(refs.front().digest) == started.contains(refs.front().digest));
    known += there.contains(refs.front().digest) ? 1U : 0U;
  }
  CHECK(known > final_digests_max);  // some stand twice in the chain
  CHECK(known < chain.size());
}

TEST_CASE("own batches are sent again at growing intervals", "[pool]") {
  PoolWorld world;
  Step step = world.step(0);
  world.pool.submit(envelope(world.config.chain, 1), step.now);
  world.pool.pack(step);
  std::vector<std::uint64_t> sent;
  for (std::uint64_t now = 250; now <= 20'000; now += 250) {
    Step tick = world.step(now);
    world.pool.resend(tick, {}, true);
    if (!tick.actions.disseminate.empty()) sent.push_back(now);
  }
  CHECK(sent == std::vector<std::uint64_t>{250, 750, 1'750, 3'750, 7'750, 11'750, 15'750, 19'750});
}

TEST_CASE("while blocks become final only a batch that was passed over is sent again or handed on",
          "[pool]") {
  PoolWorld world;
  Step step = world.step(0);
  world.pool.submit(envelope(world.config.chain, 900), step.now);
  world.pool.pack(step);
  world.pool.add(world.batch(2, 1), ReplicaId{2}, step.now);
  world.pool.add(world.batch(2, 2), ReplicaId{2}, step.now);
  const auto sent_at = [&](std::uint64_t now) {
    Step tick = world.step(now);
    world.pool.resend(tick, {}, false);
    world.pool.forward(tick, ReplicaId{0}, milliseconds(500), {}, false);
    return tick.actions.disseminate;
  };
  CHECK(sent_at(1'000).empty());
  for (std::uint64_t i = 0; i < 4; ++i) world.pool.on_final({ledger::ref_of(*world.batch(3, i))});
  const auto sent = sent_at(2'000);
  REQUIRE(sent.size() == 3);
  CHECK_FALSE(sent[0].to);  // its own, to everybody
  CHECK(sent[1].to == ReplicaId{0});
  CHECK(sent[2].to == ReplicaId{0});
  CHECK(std::get<BatchMessage>(sent[2].message).batch->counter == 1);
}

TEST_CASE("timeouts double up to the cap and return to the base with progress", "[timers]") {
  ledger::Parameters parameters;
  parameters.view_timeout_base_ms = 100;
  parameters.view_timeout_max_ms = 700;
  Timers timers(parameters);
  std::vector<Duration> seen;
  for (int i = 0; i < 5; ++i) {
    seen.push_back(timers.view_timeout());
    timers.on_view_left();
  }
  CHECK(seen == std::vector<Duration>{milliseconds(100), milliseconds(200), milliseconds(400),
                                      milliseconds(700), milliseconds(700)});
  for (int i = 0; i < 200; ++i) timers.on_view_left();
  CHECK(timers.view_timeout() == milliseconds(700));
  timers.on_progress(TimePoint{});
  CHECK(timers.view_timeout() == milliseconds(100));
}

TEST_CASE("promises forbid a second hash at one place and every vote below what was left", "[promises]") {
  Promises promises({});
  const auto config = toy_chain(4);
  const auto vote = [&](std::uint64_t view, std::uint64_t height, char salt) {
    return Vote{config.chain_id, Epoch{0},       View{view},
                Height{height},  Phase::Prepare, crypto::sha256({&salt, 1})};
  };
  CHECK(promises.allows(vote(0, 1, 'a')));
  promises.cast(vote(0, 1, 'a'));
  CHECK(promises.allows(vote(0, 1, 'a')));
  CHECK_FALSE(promises.allows(vote(0, 1, 'b')));
  CHECK(promises.allows(vote(0, 2, 'b')));
  ViewChange left;
  left.view = View{3};
  promises.left(left);
  CHECK(promises.in_view_change());
  CHECK_FALSE(promises.allows(vote(0, 2, 'b')));
  CHECK_FALSE(promises.allows(vote(2, 1, 'a')));
  NewView entered;
  entered.view = View{3};
  promises.entered(entered);
  CHECK_FALSE(promises.in_view_change());
  CHECK(promises.allows(vote(3, 1, 'b')));
  CHECK(promises.votes().empty());
}

TEST_CASE("the prepare certificate that is remembered is the highest by view, then by height", "[promises]") {
  Promises promises({});
  const auto certificate = [](std::uint64_t view, std::uint64_t height) {
    Certificate out;
    out.view = View{view};
    out.height = Height{height};
    return out;
  };
  CHECK(promises.raise_prepared(certificate(1, 7)));
  CHECK_FALSE(promises.raise_prepared(certificate(1, 6)));
  CHECK_FALSE(promises.raise_prepared(certificate(0, 9)));
  CHECK(promises.raise_prepared(certificate(2, 3)));
  CHECK(promises.prepared()->view == View{2});
}

TEST_CASE("NW-12 early messages of one sender push out only its own", "[pipeline]") {
  EarlyMessages early;
  SignedVote vote;
  vote.vote.view = View{1};
  early.add(ReplicaId{0}, vote);
  for (std::uint64_t i = 0; i < 500; ++i) {
    vote.vote.view = View{2 + i};
    early.add(ReplicaId{3}, vote);
  }
  CHECK(early.size() == early_messages_per_peer_max + 1);
  CHECK(early.take(View{1}).size() == 1);
}

TEST_CASE("the window does not overflow at the end of numbers", "[pipeline]") {
  Pipeline pipeline(4);
  pipeline.advance(Height{UINT64_MAX - 3});
  CHECK(pipeline.in_window(Height{UINT64_MAX}));
  CHECK_FALSE(pipeline.in_window(Height{0}));
  CHECK_FALSE(pipeline.in_window(Height{UINT64_MAX - 3}));
}

TEST_CASE("a fact that does not hold is named", "[invariants]") {
  Facts good;
  good.validators = 4;
  good.window = 4;
  good.final_height = Height{10};
  good.view = good.entered = View{2};
  good.slots = {Height{11}, Height{18}};
  good.votes = {{{}, Epoch{0}, View{2}, Height{11}, Phase::Prepare, crypto::sha256("a")}};
  REQUIRE_FALSE(broken_fact(good));
  const auto broken = [&](auto change) {
    Facts facts = good;
    change(facts);
    return broken_fact(facts).has_value();
  };
  CHECK(broken([](Facts& f) { f.view = View{1}; }));
  CHECK(broken([](Facts& f) { f.in_view_change = true; }));
  CHECK(broken([](Facts& f) { f.tip = Height{12}; }));
  CHECK(broken([](Facts& f) { f.slots.push_back(Height{19}); }));
  CHECK(broken([](Facts& f) { f.slots.push_back(Height{10}); }));
  CHECK(broken([](Facts& f) { f.votes[0].phase = Phase::Commit; }));
  CHECK(broken([](Facts& f) { f.votes[0].height = Height{10}; }));
  CHECK(broken([](Facts& f) { f.certificates = certificates_max + window_factor * 4 + 1; }));
  CHECK(broken([](Facts& f) { f.proofs = 4 * proofs_per_validator_max + 1; }));
  CHECK(broken([](Facts& f) { f.envelopes = own_envelopes_max + 1; }));

  const auto broken_between = [&](auto change) {
    Facts facts = good;
    change(facts);
    return broken_fact(good, facts).has_value();
  };
  CHECK_FALSE(broken_between([](Facts&) {}));
  CHECK(broken_between([](Facts& f) { f.final_height = Height{9}; }));
  CHECK(broken_between([](Facts& f) { f.final_hash.bytes[0] ^= 1; }));
  CHECK(broken_between([](Facts& f) { f.view = View{1}; }));
  CHECK(broken_between([](Facts& f) { f.votes[0].block_hash.bytes[0] ^= 1; }));
  CHECK(broken_between([](Facts& f) { f.votes.clear(); }));
  CHECK_FALSE(broken_between([](Facts& f) {
    f.votes.clear();
    f.final_height = Height{11};
  }));
}

TEST_CASE("what is missing is asked of the likely ones first and then of everybody in turn", "[fetches]") {
  PoolWorld world;
  Fetches fetches(world.self);
  const Want want{Want::Kind::Block, crypto::sha256("block"), {ReplicaId{3}, ReplicaId{1}}};
  std::vector<std::uint32_t> asked;
  for (std::uint64_t now = 0; now < 1'500; now += 250) {
    Step step = world.step(now);
    fetches.ask(step, {want});
    for (const auto& send : step.actions.disseminate) asked.push_back(number(*send.to));
  }
  CHECK(asked == std::vector<std::uint32_t>{3, 0, 2, 3, 0, 2});
  Step step = world.step(5'000);
  fetches.ask(step, {});
  CHECK_FALSE(fetches.due());
}
