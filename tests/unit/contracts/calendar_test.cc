#include "contracts/calendar.h"

#include <catch2/catch.hpp>

#include "contracts/currency.h"

namespace aval::contracts::calendar_test {

TEST_CASE("dates are day numbers since 1970", "[calendar]") {
  REQUIRE(parse_date("1970-01-01").value() == 0);
  REQUIRE(parse_date("2000-02-29").value() == 11'016);
  REQUIRE(parse_date("2026-01-01").value() == 20'454);
  REQUIRE(parse_date("9999-12-31").value() == day_max);
}

TEST_CASE("every date reads back as it was written", "[calendar]") {
  for (Day day = 0; day <= day_max; day += 61) REQUIRE(parse_date(format_date(day)).value() == day);
  REQUIRE(format_date(day_max) == "9999-12-31");
}

TEST_CASE("dates that do not exist or stand in another form are refused", "[calendar]") {
  for (const char* text :
       {"2026-02-29", "1900-01-01", "2026-13-01", "2026-00-10", "2026-04-31", "2026-4-01", "26-01-01",
        "2026/01/01", "20260101", "2026-01-01T00", "", "2026-01-0a", "+026-01-01"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_date(text));
  }
}

TEST_CASE("V3: actual days, first day in and last day out", "[calendar]") {
  const auto days = [](const char* start, const char* end) {
    return days_between(parse_date(start).value(), parse_date(end).value());
  };
  REQUIRE(days("2026-01-31", "2026-02-28") == 28);
  REQUIRE(days("2024-02-29", "2024-05-31") == 92);
  REQUIRE(days("2026-01-30", "2026-03-31") == 60);
  REQUIRE(days("2026-02-28", "2026-08-31") == 184);
  REQUIRE(days("2023-11-01", "2024-05-01") == 182);
  REQUIRE(days("2025-12-15", "2026-03-15") == 90);
  REQUIRE(days("2026-03-15", "2026-03-14") == -1);
}

TEST_CASE("a block time falls on its UTC date, and one beyond the calendar on the last", "[calendar]") {
  REQUIRE(day_of(0) == 0);
  REQUIRE(day_of(86'399'999) == 0);
  REQUIRE(day_of(86'400'000) == 1);
  REQUIRE(day_of(~UnixMillis{0}) == day_max);
}

TEST_CASE("currencies have the minor units of ISO 4217", "[currency]") {
  REQUIRE(minor_unit_digits("USD") == 2U);
  REQUIRE(minor_unit_digits("EUR") == 2U);
  REQUIRE(minor_unit_digits("AED") == 2U);  // first and last of their list
  REQUIRE(minor_unit_digits("ZWG") == 2U);
  REQUIRE(minor_unit_digits("JPY") == 0U);
  REQUIRE(minor_unit_digits("BIF") == 0U);
  REQUIRE(minor_unit_digits("XPF") == 0U);
  REQUIRE(minor_unit_digits("KWD") == 3U);
  REQUIRE(minor_unit_digits("TND") == 3U);
  REQUIRE(minor_unit_digits("CLF") == 4U);
  REQUIRE(minor_unit_digits("UYW") == 4U);
}

TEST_CASE("metals, test codes, old money and other spellings are not currencies", "[currency]") {
  for (const char* code : {"XAU", "XTS", "DEM", "usd", "US", "USDX", "", "SDA", "DAF"}) {
    CAPTURE(code);
    REQUIRE_FALSE(is_currency(code));
  }
}

}  // namespace aval::contracts::calendar_test
