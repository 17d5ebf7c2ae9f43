#include "cli/output.h"

#include <catch2/catch.hpp>

#include "cli/api.h"
#include "cli/text.h"

using namespace aval;
using namespace aval::cli;

TEST_CASE("nothing from the ledger can steer a terminal", "[cli]") {
  CHECK(printable("plain text") == "plain text");
  CHECK(printable("Säljbolaget 例") == "Säljbolaget 例");
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("two\nlines\ttab") == "two\\nlines\\ttab");
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\u009b31m");
  CHECK(printable("\xE2\x80\xAE"
                  "abc") == "\\u202eabc");
  CHECK(printable("\xff\xC3") == "\\xff\\xc3");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("overlong forms, surrogates and cut sequences are not UTF-8", "[cli]") {
  CHECK(is_utf8("é例😀"));
  CHECK_FALSE(is_utf8("\xC0\x80"));
  CHECK_FALSE(is_utf8("\xE0\x80\xAF"));
  CHECK_FALSE(is_utf8("\xED\xA0\x80"));
  CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));
  CHECK_FALSE(is_utf8("\xE4\xBE"));
}

TEST_CASE("a table is aligned by characters and has no trailing blanks", "[cli]") {
  CHECK(table({"id", "name"}, {{"a", "Å"}, {"längst", ""}}) == "id      name\na       Å\nlängst\n");
  CHECK(table({"x"}, {{"a\nb"}}) == "x\na\\nb\n");
}

TEST_CASE("an error with a market code is a refusal under that code, with a next step", "[cli]") {
  const auto failure = failure_of({Error::Code::Refused, "DFIN: the receivable is financed"});
  CHECK(failure.exit_code == exit_refused);
  CHECK(failure.code == "DFIN");
  CHECK(failure.cause == "the receivable is financed");
  CHECK_FALSE(failure.next.empty());
}

TEST_CASE("exit codes follow the kind of error", "[cli]") {
  CHECK(failure_of({Error::Code::Malformed, "cannot read x"}).exit_code == exit_usage);
  CHECK(failure_of({Error::Code::Unavailable, "no node answers"}).exit_code == exit_unavailable);
  CHECK(failure_of({Error::Code::NotFound, "AVNF: there is none"}).exit_code == exit_refused);
  CHECK(failure_of({Error::Code::Malformed, "profile: no"}).code == "malformed");
}

TEST_CASE("an id that somebody typed stays one path segment", "[cli]") {
  CHECK(path_segment("inv-1") == "inv-1");
  CHECK(path_segment("../x?y#z a") == "..%2Fx%3Fy%23z%20a");
}

TEST_CASE("text is reduced to what ids are made of", "[cli]") {
  CHECK(slug("  AB / 2026 - 001 ") == "ab-2026-001");
  CHECK(slug("---").empty());
  CHECK(lower_alphanumerics("NL 8200.98") == "nl820098");
  CHECK(collapsed(" a\n   b\t c ") == "a b c");
}
