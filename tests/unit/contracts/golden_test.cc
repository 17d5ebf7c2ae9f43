#include <catch2/catch.hpp>

#include "ledger/canonical.h"
#include "ledger/state_tree.h"
#include "tests/unit/contracts/page.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::golden_test {
namespace {

/// Lines of a golden file.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// Executes envelopes and writes down what a released version must give for ever.
class Scribe {
 public:
  void run(const std::string& member, const pb::Command& command, const std::vector<std::string>& keys) {
    const auto envelope = world_.envelope(world_.body(member, {command}), keys);
    const ExecutedBlock executed = world_.run(envelope);
    const Bytes receipt = ledger::encode_receipt(executed.receipts.at(0));
    transcript_ += envelope->tx_id.hex() + " " + to_hex(receipt) + " " +
                   ledger::StateTree::of(world_.state).root().hex() + "\n";
  }
  void run(const std::string& member, const pb::Command& command) {
    run(member, command, {member + "/maker"});
  }

  const World& world() const { return world_; }
  const std::string& transcript() const { return transcript_; }

 private:
  World world_;
  std::string transcript_;
};

}  // namespace

// Signatures of devices are part of the bytes, and signing is not repeatable: they are golden, too.
TEST_CASE("the story gives the same transactions, receipts and state roots as when it was first told",
          "[golden]") {
  const std::vector<std::string> signed_by_devices = lines_of(golden_text("story-attestations.hex"));
  REQUIRE(signed_by_devices.size() == 2);
  Scribe scribe;
  REQUIRE(scribe.world().genesis.config.chain_id.hex() == lines_of(golden_text("story.txt")).at(0));
  scribe.run("bank-a", issue("bank-b", 100'000'000));
  scribe.run("bank-a", issue("buyer", 100'000'000));
  scribe.run("seller", submit({.purchase_order = "PO-1"}));
  scribe.run("seller", submit({.id = "inv-2"}));  // REDU
  scribe.run("buyer", accept_if(loaded()));
  scribe.run("seller", split("inv-1", {60'000, 40'000}));
  scribe.run("seller", transfer_note("inv-1-2", "trader"), {"seller/maker", "trader/maker"});
  scribe.run("seller", request("fin-1", "inv-1-1"));
  scribe.run("bank-b", approve("fin-1", 53'500'000, 250, first_day, 3));
  scribe.run("bank-b", disburse("fin-1"));  // the condition is pending
  for (const std::string& hex : signed_by_devices) {
    scribe.run("logistics", attest(from_hex(hex).value()), {"logistics/gateway"});
  }
  scribe.run("bank-b", disburse("fin-1"));
  scribe.run("seller", submit({.id = "inv-2"}));  // DFIN
  scribe.run("buyer", pay("inv-1", 33'333, "e2e-1"));
  scribe.run("buyer", pay("inv-1", 66'667, "e2e-2"));
  scribe.run("logistics", revoke_device("device-3"));
  scribe.run("seller", revoke_key("seller/second"));
  REQUIRE(scribe.world().genesis.config.chain_id.hex() + "\n" + scribe.transcript() ==
          golden_text("story.txt"));
}

}  // namespace aval::contracts::golden_test
