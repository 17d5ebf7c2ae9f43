#include "consensus/view_change.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/consensus/toy_world.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

/// A chain of headers, and view changes that show parts of it.
struct World {
  ledger::ChainConfig config = toy_chain(4);
  Header genesis = ledger::genesis_header(config);

  std::vector<Header> chain(std::size_t length, std::uint64_t salt = 0) const {
    std::vector<Header> out;
    Header parent = genesis;
    for (std::size_t i = 0; i < length; ++i) {
      Header header;
      header.chain_id = config.chain_id;
      header.height = next(parent.height);
      header.parent = ledger::hash_of(parent);
      header.time_ms = parent.time_ms + 1 + salt;
      header.validators_hash = ledger::hash_of(config.validators);
      header.params_hash = ledger::hash_of(config.parameters);
      out.push_back(header);
      parent = header;
    }
    return out;
  }
  Certificate prepared(const Header& header, std::uint64_t view) const {
    return certificate_of(config, header, View{view}, Phase::Prepare, {0, 1, 2});
  }
  Certificate final(const Header& header, std::uint64_t view) const {
    return certificate_of(config, header, View{view}, Phase::Commit, {1, 2, 3});
  }
  /// `final_height` of `headers` are final by a certificate of `final_view`; the rest is prepared in `view`.
  ViewChange shows(std::uint32_t from, std::uint64_t to, const std::vector<Header>& headers,
                   std::size_t final_height, std::uint64_t final_view,
                   std::optional<std::uint64_t> view) const {
    ViewChange message;
    message.view = View{to};
    message.from = ReplicaId{from};
    message.final_header = final_height == 0 ? genesis : headers[final_height - 1];
    if (final_height > 0) message.final_certificate = final(headers[final_height - 1], final_view);
    if (view) {
      message.prepared = prepared(headers.back(), *view);
      message.headers.assign(headers.begin() + static_cast<std::ptrdiff_t>(final_height), headers.end());
    }
    return signed_by_sender(config, message);
  }
  ViewChange shows_nothing(std::uint32_t from, std::uint64_t to) const {
    return shows(from, to, {}, 0, 0, std::nullopt);
  }
  Tip tip(const std::vector<ViewChange>& view_changes) const {
    return tip_of(view_changes, genesis);
  }
};

}  // namespace

TEST_CASE("a view change stands on its own when everything in it is shown", "[view_change]") {
  const World world;
  const auto headers = world.chain(5);
  CHECK(validate(world.shows(1, 3, headers, 2, 0, 1), world.config, &check_toy));
  CHECK(validate(world.shows(1, 3, headers, 0, 0, 1), world.config, &check_toy));
  CHECK(validate(world.shows(1, 3, headers, 5, 2, std::nullopt), world.config, &check_toy));
  CHECK(validate(world.shows_nothing(1, 3), world.config, &check_toy));
}

TEST_CASE("a view change with anything wrong in it is refused alone", "[view_change]") {
  const World world;
  const auto headers = world.chain(5);
  const auto other = world.chain(5, 7);
  const std::vector<std::pair<const char*, std::function<void(ViewChange&)>>> changes = {
      {"view 0", [](ViewChange& m) { m.view = View{0}; }},
      {"epoch", [](ViewChange& m) { m.epoch = Epoch{1}; }},
      {"sender outside the set", [](ViewChange& m) { m.from = ReplicaId{4}; }},
      {"prepared in a view not left", [&](ViewChange& m) { m.prepared = world.prepared(headers.back(), 3); }},
      {"final in a view not left", [&](ViewChange& m) { m.final_certificate = world.final(headers[1], 3); }},
      {"no final certificate", [](ViewChange& m) { m.final_certificate.reset(); }},
      {"final certificate of another block",
       [&](ViewChange& m) { m.final_certificate = world.final(other[1], 0); }},
      {"final certificate below", [&](ViewChange& m) { m.final_certificate = world.final(headers[0], 0); }},
      {"final certificate of prepares",
       [&](ViewChange& m) { m.final_certificate = world.prepared(headers[1], 0); }},
      {"prepare certificate of commits", [&](ViewChange& m) { m.prepared = world.final(headers[4], 1); }},
      {"prepare certificate with a signature short",
       [](ViewChange& m) { m.prepared->signatures.pop_back(); }},
      {"prepare certificate with a signer twice",
       [](ViewChange& m) { m.prepared->signatures[2] = m.prepared->signatures[1]; }},
      {"prepare certificate with a wrong signature",
       [](ViewChange& m) { m.prepared->signatures[0].signature.bytes[3] ^= 1; }},
      {"prepare certificate of another block at that height",
       [&](ViewChange& m) { m.prepared = world.prepared(other.back(), 1); }},
      {"headers of another chain",
       [&](ViewChange& m) {
         m.headers = {other.begin() + 2, other.end()};
       }},
      {"a header left out", [](ViewChange& m) { m.headers.erase(m.headers.begin()); }},
      {"a header too few at the end", [](ViewChange& m) { m.headers.pop_back(); }},
      {"no headers", [](ViewChange& m) { m.headers.clear(); }},
      {"headers without a certificate", [](ViewChange& m) { m.prepared.reset(); }},
      {"a genesis that is not ours", [](ViewChange& m) { m.final_header.height = Height{0}; }},
  };
  for (const auto& [what, change] : changes) {
    INFO(what);
    ViewChange message = world.shows(1, 3, headers, 2, 0, 1);
    change(message);
    if (number(message.from) < 4) message = signed_by_sender(world.config, message);
    CHECK_FALSE(validate(message, world.config, &check_toy));
  }
  ViewChange message = world.shows(1, 3, headers, 2, 0, 1);
  message.signature.bytes[0] ^= 1;
  CHECK_FALSE(validate(message, world.config, &check_toy));
}

TEST_CASE("a view change cannot show more headers than two windows", "[view_change]") {
  const World world;
  const std::size_t window = world.config.parameters.pipeline_window;
  CHECK(validate(world.shows(1, 3, world.chain(2 * window), 0, 0, 1), world.config, &check_toy));
  CHECK_FALSE(validate(world.shows(1, 3, world.chain(2 * window + 1), 0, 0, 1), world.config, &check_toy));
}

TEST_CASE("CS-07 the highest certificate by view, then by height, is the tip and its chain is taken whole",
          "[view_change]") {
  const World world;
  const auto in_view_1 = world.chain(6, 1);
  const auto in_view_2 = world.chain(5, 2);
  const auto in_view_3 = world.chain(4, 3);
  const Tip tip = world.tip({world.shows(0, 4, in_view_1, 0, 0, 1), world.shows(1, 4, in_view_3, 0, 0, 3),
                             world.shows(2, 4, in_view_2, 0, 0, 2)});
  CHECK(tip.view == View{3});
  CHECK(tip.height == Height{4});
  CHECK(tip.hash == ledger::hash_of(in_view_3.back()));
  CHECK_FALSE(tip.is_final);
  REQUIRE(tip.chain.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(tip.chain[i] == ledger::hash_of(in_view_3[i]));
  CHECK(tip.holders == std::vector{ReplicaId{1}});
}

TEST_CASE("of one view the greater height is the tip", "[view_change]") {
  const World world;
  const auto headers = world.chain(5);
  const std::vector<Header> lower(headers.begin(), headers.begin() + 3);
  const Tip tip = world.tip({world.shows(0, 2, lower, 0, 0, 1), world.shows(1, 2, headers, 2, 0, 1),
                             world.shows(3, 2, headers, 0, 0, 1)});
  CHECK(tip.height == Height{5});
  CHECK(tip.chain.size() == 5);  // of those who show it, the one whose headers reach furthest down
  CHECK(tip.holders == std::vector{ReplicaId{1}, ReplicaId{3}});
}

TEST_CASE("a commit certificate outranks prepares of earlier views, and then the tip is final",
          "[view_change]") {
  const World world;
  const auto decided = world.chain(3, 1);
  const auto abandoned = world.chain(5, 2);
  const Tip tip = world.tip({world.shows(0, 4, abandoned, 0, 0, 2),
                             world.shows(1, 4, decided, 3, 3, std::nullopt), world.shows_nothing(2, 4)});
  CHECK(tip.hash == ledger::hash_of(decided.back()));
  CHECK(tip.is_final);
  CHECK(tip.chain.empty());
}

TEST_CASE("a tip prepared again after it was final somewhere is final", "[view_change]") {
  const World world;
  const auto headers = world.chain(3);
  const Tip tip = world.tip({world.shows(0, 4, headers, 0, 0, 2),
                             world.shows(1, 4, headers, 3, 1, std::nullopt), world.shows_nothing(2, 4)});
  CHECK(tip.view == View{2});
  CHECK(tip.is_final);
}

TEST_CASE("the genesis is the tip when nobody has anything to show", "[view_change]") {
  const World world;
  const Tip tip =
      world.tip({world.shows_nothing(0, 1), world.shows_nothing(1, 1), world.shows_nothing(2, 1)});
  CHECK(tip.height == Height{0});
  CHECK(tip.hash == ledger::hash_of(world.genesis));
  CHECK(tip.is_final);
}

TEST_CASE("a new view quotes exactly a quorum of valid view changes by its primary", "[view_change]") {
  const World world;
  const auto headers = world.chain(2);
  const auto quoting = [&](std::vector<ViewChange> quoted, std::uint64_t view = 5, std::uint32_t from = 1) {
    return validate(
        signed_by_sender(world.config, NewView{Epoch{0}, View{view}, ReplicaId{from}, std::move(quoted), {}}),
        world.config, &check_toy);
  };
  const auto a = world.shows(0, 5, headers, 0, 0, 1);
  const auto b = world.shows_nothing(1, 5);
  const auto c = world.shows_nothing(3, 5);
  CHECK(quoting({a, b, c}));
  CHECK_FALSE(quoting({a, b}));
  CHECK_FALSE(quoting({a, b, world.shows_nothing(2, 5), c}));
  CHECK_FALSE(quoting({a, b, b}));
  CHECK_FALSE(quoting({b, a, c}));
  CHECK_FALSE(quoting({a, b, world.shows_nothing(3, 6)}));
  CHECK_FALSE(quoting({a, b, c}, 5, 2));
  ViewChange swapped = a;
  swapped.headers[0].time_ms += 1;
  CHECK_FALSE(quoting({swapped, b, c}));
  ViewChange emptied = a;  // what the sender has shown cannot be taken out of its message
  emptied.prepared.reset();
  emptied.headers.clear();
  CHECK_FALSE(quoting({emptied, b, c}));
}

TEST_CASE("a view is wanted by an honest replica only when more than f want it or a later one",
          "[view_change]") {
  CHECK(reached_by_more_than(1, {}) == View{0});
  CHECK(reached_by_more_than(1, {View{UINT64_MAX}}) == View{0});
  CHECK(reached_by_more_than(1, {View{UINT64_MAX}, View{3}}) == View{3});
  CHECK(reached_by_more_than(1, {View{2}, View{9}, View{5}}) == View{5});
  CHECK(reached_by_more_than(2, {View{8}, View{9}, View{5}, View{1}}) == View{5});
}
