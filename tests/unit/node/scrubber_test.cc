#include "node/scrubber.h"

#include <catch2/catch.hpp>

#include "node/clock.h"
#include "tests/unit/ledger/altered_ledger.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::node::scrubber_test {
namespace {

using namespace std::chrono_literals;

/// Ten blocks on disk, and what was found damaged in them.
struct Watched {
  Watched() {
    ledger::ChainBuilder builder(config);
    for (int i = 0; i < 10; ++i) stored->append(builder.next_entry(2, true), false);
  }
  Scrubber::Options options() {
    Scrubber::Options out;
    out.newest = [this]() -> std::shared_ptr<const ledger::LedgerSnapshot> {
      auto view = std::make_shared<ledger::AlteredLedger>(stored->snapshot());
      view->alter_receipts = alter_receipts;
      return view;
    };
    out.on_damage = [this](const std::string& what) {
      const std::lock_guard lock(mutex);
      damage = what;
      found.notify_all();
    };
    out.pause_max = Duration::zero();
    return out;
  }
  static ledger::Ledger::Options ledger_options() {
    ledger::Ledger::Options out;
    out.on_fatal = [](const std::string& what) { throw std::runtime_error(what); };
    return out;
  }

  const ledger::ChainConfig config = ledger::chain_without_state(4);
  ledger::TemporaryDirectory directory;
  std::unique_ptr<ledger::Ledger> stored =
      ledger::Ledger::open(directory / "db", config, {}, ledger_options()).value();
  std::function<void(ledger::Height, std::vector<ledger::Receipt>&)> alter_receipts = [](auto, auto&) {};
  std::mutex mutex;
  std::condition_variable found;
  std::string damage;
};

bool within(Duration limit, const std::function<bool()>& condition) {
  const TimePoint end = now() + limit;
  while (!condition() && now() < end) std::this_thread::yield();
  return condition();
}

}  // namespace

TEST_CASE("ST-30 the whole ledger is read once from the start on, and again when the pass is over", "[scrubber]") {
  Watched watched;
  Scrubber::Options options = watched.options();
  options.pass = 200ms;
  const TimePoint begun = now();
  Scrubber scrubber(options);
  CHECK(within(60s, [&] { return scrubber.passes() >= 3; }));
  CHECK(now() - begun >= 400ms);
  scrubber.stop();
  CHECK(watched.damage.empty());
}

TEST_CASE("ST-30 blocks are spread over the pass", "[scrubber]") {
  Watched watched;
  Scrubber::Options options = watched.options();
  options.pass = 500ms;
  options.pause_max = 10s;
  const TimePoint begun = now();
  Scrubber scrubber(options);
  CHECK(within(60s, [&] { return scrubber.passes() >= 1; }));
  CHECK(now() - begun >= 450ms);
}

TEST_CASE("ST-30 a block that is not what it was is named", "[scrubber]") {
  Watched watched;
  watched.alter_receipts = [](ledger::Height height, std::vector<ledger::Receipt>& receipts) {
    if (height == ledger::Height{7}) receipts.clear();
  };
  Scrubber scrubber(watched.options());
  std::unique_lock lock(watched.mutex);
  REQUIRE(watched.found.wait_for(lock, 60s, [&] { return !watched.damage.empty(); }));
  CHECK(watched.damage == "the block at height 7: its receipts do not have the roots it names");
  CHECK(scrubber.passes() == 0);
}

TEST_CASE("a scrubber that is asked to stop does so between two blocks, and in its rest", "[scrubber]") {
  Watched watched;
  Scrubber::Options slow = watched.options();
  slow.pause_max = 1h;
  Scrubber in_the_midst(slow);
  Scrubber at_rest(watched.options());
  CHECK(within(60s, [&] { return at_rest.passes() == 1; }));
  const TimePoint begun = now();
  in_the_midst.stop();
  at_rest.stop();
  CHECK(now() - begun < 60s);
  CHECK(in_the_midst.passes() == 0);
}

}  // namespace aval::node::scrubber_test
