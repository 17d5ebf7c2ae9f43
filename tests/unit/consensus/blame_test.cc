#include "consensus/blame.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/consensus/toy_world.h"

using namespace aval;
using namespace aval::consensus;
using namespace aval::consensus::test;

namespace {

using Ids = std::vector<std::uint32_t>;

/// Numbers that are the same in every run.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33U) % bound;
  }
  void shuffle(Ids& ids) {
    for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[below(i)]);
  }

 private:
  std::uint64_t state_;
};

/// In every other draw a later epoch, which stands on a block of the one before.
ledger::ChainConfig some_chain(Draw& draw) {
  ledger::ChainConfig config = toy_chain(draw.below(2) == 0 ? 4 : 7);
  if (draw.below(2) == 0) return config;
  Header base = ledger::genesis_header(config);
  base.height = Height{50};
  base.time_ms += 50;
  base.epoch = Epoch{2};
  config.validators.epoch = Epoch{3};
  base.validators_hash = ledger::hash_of(config.validators);
  config.base = base;
  return config;
}

/// f+1 validators whose keys are used twice make a fork, and n-f-1 keep to the protocol: one half of
/// them sees one block committed at `height`, the other another one.
struct Fork {
  explicit Fork(std::uint64_t seed) : draw(seed), config(some_chain(draw)) {
    Ids ids;
    for (std::uint32_t id = 0; id < config.validators.size(); ++id) ids.push_back(id);
    draw.shuffle(ids);
    const std::size_t hostile_count = config.validators.faulty_max() + 1;
    hostile.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(hostile_count));
    honest.assign(ids.begin() + static_cast<std::ptrdiff_t>(hostile_count), ids.end());
    common = draw.below(4);
    first_view = draw.below(3);
    const auto shared = chain({}, common, 0);
    left.headers = chain(shared, 1 + draw.below(3), 0);
    right.headers = chain(shared, 1 + draw.below(3), 7);
  }

  std::vector<Header> chain(std::vector<Header> below, std::uint64_t length, std::uint64_t salt) const {
    for (std::uint64_t i = 0; i < length; ++i) {
      const Header& parent = below.empty() ? base : below.back();
      Header header = base;
      header.epoch = config.validators.epoch;
      header.height = next(parent.height);
      header.parent = ledger::hash_of(parent);
      header.time_ms = parent.time_ms + 1 + salt;
      below.push_back(header);
    }
    return below;
  }

  /// The hostile ones and as many honest ones as a quorum needs, counted from one end or the other.
  Ids quorum(bool from_the_left) const {
    Ids out = hostile;
    const std::size_t wanted = config.validators.quorum() - hostile.size();
    for (std::size_t i = 0; i < wanted; ++i)
      out.push_back(from_the_left ? honest[i] : honest[honest.size() - 1 - i]);
    std::sort(out.begin(), out.end());
    return out;
  }

  Certificate certify(const Header& header, std::uint64_t view, Phase phase, bool from_the_left) const {
    return certificate_of(config, header, View{view}, phase, quorum(from_the_left));
  }

  const Header& committed_left() const { return left.headers[common]; }
  const Header& committed_right() const { return right.headers[common]; }

  void commit_both(std::uint64_t view_of_the_right) {
    left.certificates.push_back(certify(committed_left(), first_view, Phase::Commit, true));
    right.certificates.push_back(certify(committed_right(), view_of_the_right, Phase::Commit, false));
  }

  /// With `shown`, as an honest one that committed on the left; without, as one that prepared nothing.
  ViewChange change(std::uint32_t from, std::uint64_t to, bool shown) const {
    ViewChange message;
    message.view = View{to};
    message.from = ReplicaId{from};
    message.epoch = config.validators.epoch;
    message.final_header = base;
    if (shown) {
      message.prepared = certify(committed_left(), first_view, Phase::Prepare, true);
      message.headers.assign(left.headers.begin(),
                             left.headers.begin() + static_cast<std::ptrdiff_t>(common) + 1);
    }
    return signed_by_sender(config, message);
  }

  /// A new view that leaves the block of the left out: the hostile ones hide it, and of the honest ones
  /// only those that have not committed it are asked.
  NewView hiding(std::uint64_t to) const {
    std::vector<ViewChange> quoted;
    for (const auto from : quorum(false)) quoted.push_back(change(from, to, false));
    return new_view(config, View{to}, std::move(quoted));
  }
  /// A new view of later, in which the honest ones show what they have, and the hostile ones too.
  NewView telling(std::uint64_t to) const {
    std::vector<ViewChange> quoted;
    for (const auto from : quorum(true)) quoted.push_back(change(from, to, true));
    return new_view(config, View{to}, std::move(quoted));
  }

  bool is_hostile(ReplicaId id) const { return std::count(hostile.begin(), hostile.end(), number(id)) == 1; }
  std::size_t culprits_min() const { return config.validators.faulty_max() + 1; }

  Result<Verdict> verdict(const std::vector<NewView>& transcript = {}) const {
    return blame(config, left, right, {}, transcript, &check_toy);
  }

  void requires_the_guilty(const Verdict& verdict) const {
    REQUIRE(verdict.fork == committed_left().height);
    REQUIRE(verdict.culprits.size() >= culprits_min());
    for (const auto& [validator, reasons] : verdict.culprits) REQUIRE(is_hostile(validator));
  }

  Draw draw;
  ledger::ChainConfig config;
  Header base = ledger::base_header(config);
  Ids hostile;
  Ids honest;
  std::uint64_t common = 0;
  std::uint64_t first_view = 0;
  History left;
  History right;
};

}  // namespace

TEST_CASE("CS-24 a fork within one view names f+1 culprits and nobody honest", "[blame]") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Fork fork(seed);
    fork.commit_both(fork.first_view);
    fork.requires_the_guilty(fork.verdict().value());
  }
}

TEST_CASE("CS-24 a fork across views names f+1 culprits by the new view that hid a block", "[blame]") {
  for (std::uint64_t seed = 500; seed < 1000; ++seed) {
    Fork fork(seed);
    const std::uint64_t later = fork.first_view + 1 + fork.draw.below(4);
    fork.commit_both(later);
    const auto verdict = fork.verdict({fork.hiding(later), fork.telling(later + 1)});
    fork.requires_the_guilty(verdict.value());
  }
}

TEST_CASE("without the new view a fork across views names nobody", "[blame]") {
  Fork fork(1);
  fork.commit_both(fork.first_view + 1);
  const auto verdict = fork.verdict().value();
  CHECK(verdict.fork);
  CHECK(verdict.culprits.empty());
}

TEST_CASE("an honest validator that shows what it committed is not named", "[blame]") {
  Fork fork(2);
  fork.commit_both(fork.first_view + 1);
  CHECK(fork.verdict({fork.telling(fork.first_view + 1)}).value().culprits.empty());
}

TEST_CASE("one that went on to a final block of another chain has hidden nothing", "[blame]") {
  Fork fork(3);
  while (fork.common == 0) fork = Fork(fork.draw.below(1000));
  fork.commit_both(fork.first_view + 9);
  const auto elsewhere = fork.chain({}, fork.common, 3);
  NewView opened = fork.hiding(fork.first_view + 5);
  for (ViewChange& entry : opened.view_changes) {
    entry.final_header = elsewhere.back();
    entry.final_certificate = fork.certify(elsewhere.back(), fork.first_view + 4, Phase::Commit, false);
    entry = signed_by_sender(fork.config, entry);
  }
  CHECK(fork.verdict({signed_by_sender(fork.config, opened)}).value().culprits.empty());
}

TEST_CASE("one whose final block has reached the committed one has hidden nothing", "[blame]") {
  Fork fork(7);
  fork.commit_both(fork.first_view + 9);
  NewView opened = fork.telling(fork.first_view + 5);
  for (ViewChange& entry : opened.view_changes) {
    entry.final_header = fork.committed_left();
    entry.final_certificate = fork.left.certificates.front();
    entry.prepared.reset();
    entry.headers.clear();
    entry = signed_by_sender(fork.config, entry);
  }
  CHECK(fork.verdict({signed_by_sender(fork.config, opened)}).value().culprits.empty());
}

TEST_CASE("a primary that opened one view twice is named", "[blame]") {
  Fork fork(4);
  fork.commit_both(fork.first_view + 9);
  const NewView honest = fork.telling(fork.first_view + 5);
  NewView other = honest;
  other.view_changes.front() =
      fork.change(number(other.view_changes.front().from), fork.first_view + 5, false);
  const auto verdict = fork.verdict({honest, signed_by_sender(fork.config, other)}).value();
  CHECK(verdict.culprits.contains(honest.from));
}

TEST_CASE("histories of which one continues the other are no fork", "[blame]") {
  Fork fork(5);
  fork.commit_both(fork.first_view);
  History longer = fork.left;
  longer.headers = fork.chain(longer.headers, 1, 0);
  const auto verdict = blame(fork.config, fork.left, longer, {}, {}, &check_toy).value();
  CHECK_FALSE(verdict.fork);
  CHECK(verdict.culprits.empty());
}

TEST_CASE("a forged certificate, a broken chain or a fork without certificates is refused", "[blame]") {
  Fork fork(6);
  fork.commit_both(fork.first_view);
  Fork forged = fork;
  forged.left.certificates.front().signatures.front().signature.bytes[0] ^= 1U;
  CHECK_FALSE(forged.verdict());
  Fork broken = fork;
  broken.right.headers.back().parent = crypto::Digest{};
  CHECK_FALSE(broken.verdict());
  Fork bare = fork;
  bare.right.certificates.clear();
  CHECK_FALSE(bare.verdict());
  Fork strange = fork;
  strange.right.certificates = fork.left.certificates;
  CHECK_FALSE(strange.verdict());
}
