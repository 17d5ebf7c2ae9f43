#include <catch2/catch.hpp>

#include "contracts/money.h"
#include "ledger/canonical.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::cash_test {
namespace {

Status redeemed(World& world, std::int64_t minor, const std::vector<std::string>& keys,
                const std::string& bank = "bank-a") {
  return world.run("seller", redeem("seller", minor, bank), keys);
}

std::int64_t issued(const World& world, const std::string& currency) {
  return world.get<pb::CashIssued>(cash_issued_key(currency)).total();
}

}  // namespace

TEST_CASE("only a cash bank of the currency issues cash", "[cash]") {
  World world;
  play(world, {
                  {"bank-a", issue("seller", 1000), Status::Applied},
                  {"bank-a", issue("seller", 1000, "USD"), Status::Applied},
                  {"bank-a", issue("bank-a", 1), Status::Applied},
                  {"bank-a", issue("seller", 1000, "JPY"), Status::NotCashBank},
                  {"bank-b", issue("seller", 1000), Status::NotCashBank},
                  {"seller", issue("seller", 1000), Status::NotCashBank},
                  {"bank-a", issue("seller", 0), Status::WrongAmount},
                  {"bank-a", issue("seller", -1), Status::WrongAmount},
                  {"bank-a", issue("seller", amount_max + 1), Status::WrongAmount},
                  {"bank-a", issue("seller", 1, "XAU"), Status::WrongCurrency},
                  {"bank-a", issue("nobody", 1), Status::UnknownMember},
                  {"bank-a", issue("No Member", 1), Status::Malformed},
                  {"bank-a", issue("frozen", 1), Status::MemberSuspended},
              });
  REQUIRE(world.cash("seller") == 1000);
  REQUIRE(world.cash("seller", "USD") == 1000);
  REQUIRE(issued(world, "EUR") == 1001);
}

TEST_CASE("a payment without funds fails whole", "[cash]") {
  World world;
  world.apply("bank-a", issue("seller", 1000));
  play(world, {
                  {"seller", transfer_cash("buyer", 400), Status::Applied},
                  {"seller", transfer_cash("buyer", 601), Status::InsufficientFunds},
                  {"seller", transfer_cash("buyer", 600), Status::Applied},
                  {"seller", transfer_cash("buyer", 1), Status::InsufficientFunds},
                  {"trader", transfer_cash("buyer", 1), Status::InsufficientFunds},
                  {"buyer", transfer_cash("buyer", 1), Status::NotPermitted},
                  {"buyer", transfer_cash("frozen", 1), Status::MemberSuspended},
                  {"buyer", transfer_cash("nobody", 1), Status::UnknownMember},
                  {"buyer", transfer_cash("seller", 0), Status::WrongAmount},
                  {"buyer", transfer_cash("seller", 1, "EURO"), Status::WrongCurrency},
              });
  REQUIRE(world.cash("seller") == 0);
  REQUIRE(world.cash("buyer") == 1000);
}

TEST_CASE("cash is redeemed by its owner and the cash bank together", "[cash]") {
  World world;
  world.apply("bank-a", issue("seller", 1000));
  REQUIRE(redeemed(world, 400, {"seller/maker"}) == Status::CounterpartMissing);
  REQUIRE(redeemed(world, 400, {"bank-a/maker"}) == Status::UnknownKey);
  REQUIRE(redeemed(world, 400, {"seller/maker", "bank-b/maker"}) == Status::UnknownKey);
  REQUIRE(redeemed(world, 400, {"seller/maker", "bank-b/maker"}, "bank-b") == Status::NotCashBank);
  REQUIRE(redeemed(world, 1001, {"seller/maker", "bank-a/maker"}) == Status::InsufficientFunds);
  REQUIRE(redeemed(world, 400, {"seller/maker"}, "nobody") == Status::UnknownMember);
  REQUIRE(redeemed(world, 400, {"seller/maker", "bank-a/maker"}) == Status::Applied);
  REQUIRE(world.run("buyer", redeem("seller", 400), {"buyer/maker", "bank-a/maker"}) == Status::NotPermitted);
  REQUIRE(world.cash("seller") == 600);
  REQUIRE(issued(world, "EUR") == 600);
}

TEST_CASE("a counterpart under dual control needs its checker too", "[cash]") {
  World world;
  const std::vector<std::string> both = {"bank-dual/maker", "bank-dual/checker"};
  world.apply("bank-dual", issue("seller", 1000, "JPY"), both);
  pb::Command command = redeem("seller", 400, "bank-dual");
  *command.mutable_redeem_cash()->mutable_amount() = money(400, "JPY");
  REQUIRE(world.run("seller", command, {"seller/maker", "bank-dual/maker"}) == Status::CounterpartMissing);
  REQUIRE(world.run("seller", command, {"seller/maker", "bank-dual/maker", "bank-dual/checker"}) ==
          Status::Applied);
}

TEST_CASE("a cash bank redeems its own cash alone", "[cash]") {
  World world;
  world.apply("bank-a", issue("bank-a", 1000));
  REQUIRE(world.run("bank-a", redeem("bank-a", 1000)) == Status::Applied);
  REQUIRE(issued(world, "EUR") == 0);
}

TEST_CASE("accounts that would overflow refuse the credit", "[cash]") {
  World world;
  for (int i = 0; i < 9; ++i) world.apply("bank-a", issue("seller", amount_max));
  REQUIRE(world.run("bank-a", issue("seller", amount_max)) == Status::Overflow);
}

TEST_CASE("a remittance text has its bound", "[cash]") {
  World world;
  pb::Command command = issue("seller", 1);
  command.mutable_issue_cash()->set_reference(Bytes(140, 'r'));
  REQUIRE(world.run("bank-a", command) == Status::Applied);
  command.mutable_issue_cash()->set_reference(Bytes(141, 'r'));
  REQUIRE(world.run("bank-a", command) == Status::Malformed);
}

TEST_CASE("an auditor reads: it is issued no cash, and is paid none", "[cash]") {
  World world;
  CHECK(world.run("bank-a", issue("auditor", 100)) == Status::NotPermitted);
  world.apply("bank-a", issue("seller", 100));
  CHECK(world.run("seller", transfer_cash("auditor", 100)) == Status::NotPermitted);
  CHECK(world.run("auditor", transfer_cash("seller", 100)) == Status::NotPermitted);
  CHECK(world.run("auditor", redeem("auditor", 100), {"auditor/maker", "bank-a/maker"}) == Status::NotPermitted);
  CHECK(world.cash("seller") == 100);
}

}  // namespace aval::contracts::cash_test
