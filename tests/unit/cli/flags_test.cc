#include "cli/flags.h"

#include <catch2/catch.hpp>

#include "cli/ubl_amounts.h"
#include "contracts/calendar.h"

using namespace aval;
using namespace aval::cli;

TEST_CASE("a rate is read exactly, as parts per billion", "[cli]") {
  CHECK(parse_rate("5.35%").value() == 53'500'000);
  CHECK(parse_rate("0.0000001%").value() == 1);
  CHECK(parse_rate("100%").value() == 1'000'000'000);
  for (const char* wrong :
       {"5.35", "%", "-1%", "5,35%", "100.1%", "1e2%", "0.00000001%", "99999999999999999%"}) {
    CHECK_FALSE(parse_rate(wrong));
  }
}

TEST_CASE("a condition is read with its lists sorted and its threshold checked", "[cli]") {
  const auto due = contracts::parse_date("2027-02-15").value();
  const auto condition = parse_condition(
      "shipment=shp-1,container=MSKU1234565,milestones=LOAD+GTOT,devices=d2+d1+d2,k=2,by=2027-01-31", due);
  REQUIRE(condition);
  CHECK(condition->milestones(0) == "GTOT");
  CHECK(condition->devices_size() == 2);
  CHECK(condition->devices(0) == "d1");
  CHECK(condition->threshold() == 2);
  CHECK(condition->by_date() == contracts::parse_date("2027-01-31").value());
}

TEST_CASE("a condition without k wants all devices, and without by the due date", "[cli]") {
  const auto condition = parse_condition("shipment=s,container=c,milestones=LOAD,devices=a+b+c", 20'000);
  REQUIRE(condition);
  CHECK(condition->threshold() == 3);
  CHECK(condition->by_date() == 20'000);
}

TEST_CASE("a condition that leaves something open is refused by name", "[cli]") {
  for (const char* wrong : {"", "shipment", "shipment=s", "shipment=s,container=c,milestones=LOAD",
                            "shipment=s,shipment=t", "shipment=s,container=c,milestones=LOAD,devices=a,k=2",
                            "shipment=s,container=c,milestones=LOAD,devices=a,k=0",
                            "shipment=s,container=c,milestones=LOAD,devices=a,by=tomorrow", "color=red"}) {
    const auto condition = parse_condition(wrong, 1);
    REQUIRE_FALSE(condition);
    CHECK(condition.error().message.starts_with("--condition"));
  }
}

TEST_CASE("money is read in its currency's own decimals", "[cli]") {
  CHECK(parse_money("100.5", "EUR")->minor() == 10'050);
  CHECK(parse_money("100", "JPY")->minor() == 100);
  CHECK_FALSE(parse_money("100.5", "JPY"));
  CHECK_FALSE(parse_money("1", "EUX"));
  CHECK_FALSE(parse_money("-1", "EUR"));
  CHECK(parse_parts("600000.00,400000.00", "EUR").value() ==
        std::vector<std::int64_t>{60'000'000, 40'000'000});
  CHECK_FALSE(parse_parts("1.00,,2.00", "EUR"));
}

TEST_CASE("a decimal is its digits and their scale, never a float", "[cli]") {
  const auto decimal = parse_decimal("-012.340");
  REQUIRE(decimal);
  CHECK(decimal->digits == -12'340);
  CHECK(decimal->scale == 3);
  CHECK(parse_decimal(".5")->digits == 5);
  CHECK(parse_decimal("+1")->digits == 1);
  for (const char* wrong : {"", ".", "-", "1.2.3", "1e3", " 1", "0x1", "1234567890123456789"}) {
    CHECK_FALSE(parse_decimal(wrong));
  }
}
