#include <catch2/catch.hpp>

#include "cli/ubl.h"
#include "contracts/calendar.h"

using namespace aval;
using namespace aval::cli;

namespace {

std::string number_in(std::string_view number) {
  const std::string input = fingerprint_input_p("s", "b", number);
  return input.substr(std::string("P|S|B|").size());
}

}  // namespace

TEST_CASE("the canonical bytes of the tiers are text that anybody can compute again", "[cli]") {
  const auto date = contracts::parse_date("2026-11-16").value();
  CHECK(fingerprint_input_x("nordlys", "hafen", "AB-2026-001", date, "EUR", 25'000'000) ==
        "X|NORDLYS|HAFEN|AB2026001|2026-11-16|EUR|25000000");
  CHECK(fingerprint_input_n1("nordlys", "hafen", "AB-2026-001", date, "EUR") ==
        "N1|NORDLYS|HAFEN|AB2026001|2026-11-16|EUR");
  CHECK(fingerprint_input_p("nordlys", "hafen", "PO-7781") == "P|NORDLYS|HAFEN|PO7781");
}

TEST_CASE("spellings of one number have one canonical form", "[cli]") {
  for (const char* spelling :
       {"INV-001", "inv 1", "Inv/0001", "ＩＮＶ－００１", "inv.001", " INV_1 ", "ⅰNV①", "INV-٠٠١", "ᴵᴺⱽ¹"}) {
    CHECK(number_in(spelling) == "INV1");
  }
}

TEST_CASE("numbers that differ stay different", "[cli]") {
  CHECK(number_in("INV-001") != number_in("INV-010"));
  CHECK(number_in("INV-1") != number_in("INV-2"));
  CHECK(number_in("A1") != number_in("B1"));
  CHECK(number_in("ΤΠΥ-1") != number_in("ТПУ-1"));
}

TEST_CASE("leading zeros go at the start of every run of digits, but a zero stays", "[cli]") {
  CHECK(number_in("0") == "0");
  CHECK(number_in("000") == "0");
  CHECK(number_in("INV-0") == "INV0");
  CHECK(number_in("A00B007") == "A0B7");
  CHECK(number_in("100") == "100");
  CHECK(number_in("2026-001") == "2026001");
}

TEST_CASE("letters of any script stay, composed and decomposed alike", "[cli]") {
  CHECK(number_in("FÁ-7") == number_in("fa\xCC\x81-7"));
  CHECK(number_in("stra\xC3\x9F"
                  "e-1") == "STRASSE1");
  CHECK(number_in("ﬁ-1") == "FI1");
  CHECK(number_in("苏-12") == "苏12");
}

TEST_CASE("no field of the canonical text can hold its separator", "[cli]") {
  CHECK(number_in("1|2026-11-16|EUR|5") == "120261116EUR5");
  CHECK(number_in("｜1") == "1");
}

TEST_CASE("bytes that are not UTF-8 have a canonical form too", "[cli]") {
  CHECK(number_in("\xff\xfe"
                  "12") == "12");
}
