#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/unit/contracts/world.h"

namespace aval::contracts::random_test {
namespace {

/// Makes commands that are often right and often wrong, over few names, so that they meet each other.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : numbers_(seed) {}

  std::string member() { return one_of({"seller", "buyer", "trader", "bank-b", "bank-c"}); }

  pb::Command command(const World& world) {
    switch (numbers_.below(13)) {
      case 0:
        return submit(fields());
      case 1:
        return numbers_.below(4) == 0 ? accept_if(condition(), fields()) : accept(fields());
      case 2:
        return numbers_.below(4) == 0 ? reject(invoice()) : withdraw(invoice());
      case 3:
        return request(financing(), note(), one_of({"bank-b", "bank-c"}));
      case 4:
        return approve(financing(), numbers_.below(200'000'000), amount(50));
      case 5:
        return disburse(financing());
      case 6:
        return cancel(financing());
      case 7:
        return pay(invoice(), amount(60'000), "e" + std::to_string(numbers_.below(1'000'000)));
      case 8:
        return transfer_note(note(), member());
      case 9:
        return split_somewhere(world);
      case 10:
        return transfer_cash(member(), amount(1'000));
      case 11:
        return attested(world, one_of({"device-1", "device-2", "device-3"}), ++counter_);
      default:
        return issue(member(), amount(100'000));
    }
  }

 private:
  std::string one_of(const std::vector<std::string>& names) { return names[numbers_.below(names.size())]; }
  std::int64_t amount(std::uint64_t most) { return static_cast<std::int64_t>(numbers_.below(most + 1)); }
  std::string invoice() { return "inv-" + std::to_string(numbers_.below(6)); }
  std::string financing() { return "fin-" + std::to_string(numbers_.below(12)); }

  std::string note() {
    std::string id = invoice();
    while (numbers_.below(3) == 0) id += "-" + std::to_string(1 + numbers_.below(3));
    return id;
  }

  InvoiceFields fields() {
    const std::string id = invoice();
    return {.id = id,
            .number = numbers_.below(3) == 0 ? "shared" : id,
            .amount = 50'000,
            .purchase_order = numbers_.below(2) == 0 ? "PO" : ""};
  }

  pb::Condition condition() { return loaded(static_cast<std::uint32_t>(1 + numbers_.below(3))); }

  /// Two parts that sum to the note's amount, where it is there; now and then they do not.
  pb::Command split_somewhere(const World& world) {
    const std::string id = note();
    const bool there = world.state.get(note_key(id)).has_value();
    const std::int64_t whole = there ? world.get<pb::Note>(note_key(id)).amount() : 50'000;
    const std::int64_t first = 1 + amount(50'000) % std::max<std::int64_t>(whole, 1);
    return split(id, {first, whole - first + (numbers_.below(5) == 0 ? 1 : 0)});
  }

  Numbers numbers_;
  std::uint64_t counter_ = 0;
};

std::vector<std::string> keys_for(const std::string& member, const pb::Command& command) {
  if (command.has_transfer_note() && command.transfer_note().to() != member) {
    return {member + "/maker", command.transfer_note().to() + "/maker"};
  }
  return {member + "/maker"};
}

std::string controller_of(const World& world, const std::string& note) {
  return world.state.get(note_key(note)) ? world.get<pb::Note>(note_key(note)).controller() : "seller";
}

/// Whoever may give the command; of notes and financings now and then somebody else.
std::string right_member(const World& world, const pb::Command& command, Generator& generator) {
  if (command.has_attest()) return "logistics";
  if (command.has_issue_cash()) return "bank-a";
  if (command.has_submit_invoice()) return "seller";
  if (command.has_accept_invoice() || command.has_pay()) return "buyer";
  if (command.has_request_financing()) return controller_of(world, command.request_financing().note());
  if (command.has_split_note()) return controller_of(world, command.split_note().note());
  return generator.member();
}

}  // namespace

// World::run checks after every command that the invariants hold, by the change and from the whole
// state, and that a refusal left the state untouched.
TEST_CASE("no sequence of commands breaks an invariant", "[random][property]") {
  std::set<int> applied;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Generator generator(seed);
    World world;
    for (int step = 0; step < 1500; ++step) {
      const pb::Command command = generator.command(world);
      const std::string member = right_member(world, command, generator);
      INFO("seed " << seed << " step " << step << ": " << member << " " << command.ShortDebugString());
      if (world.run(member, command, keys_for(member, command)) == Status::Applied) {
        applied.insert(command.kind_case());
      }
    }
  }
  // A sequence in which a kind of command never succeeds would claim nothing about it.
  CAPTURE(std::vector<int>(applied.begin(), applied.end()));
  REQUIRE(applied.size() == 14);
}

}  // namespace aval::contracts::random_test
