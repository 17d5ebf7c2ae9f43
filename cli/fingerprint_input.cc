#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "cli/ubl.h"
#include "contracts/calendar.h"

/// Canonical bytes of the duplicate register's tiers, as text that anybody can compute again:
///
///   X  = "X|" SELLER "|" BUYER "|" NUMBER "|" DATE "|" CURRENCY "|" MINOR
///   N1 = "N1|" SELLER "|" BUYER "|" NUMBER "|" DATE "|" CURRENCY
///   P  = "P|" SELLER "|" BUYER "|" NUMBER of the order
///
/// SELLER, BUYER: member ids in upper case. DATE: 2026-01-15. MINOR: minor units, decimal. NUMBER, in
/// this order: NFKC; upper case (the full mapping, no language); NFKC again; only letters and digits
/// (Unicode categories L* and Nd) stay; decimal digits of any script become 0-9; every run of digits
/// loses its leading zeros but one digit. No field can contain '|'.
namespace aval::cli {
namespace {

icu::UnicodeString nfkc(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFKCInstance(status);
  AVAL_CHECK(U_SUCCESS(status));
  icu::UnicodeString out = normalizer->normalize(text, status);
  AVAL_CHECK(U_SUCCESS(status));
  return out;
}

/// Letters, and digits as ASCII; everything else is left out.
icu::UnicodeString letters_and_digits(const icu::UnicodeString& text) {
  icu::UnicodeString out;
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    const UChar32 point = text.char32At(at);
    if (u_isalpha(point) != 0)
      out.append(point);
    else if (u_isdigit(point) != 0)
      out.append(static_cast<UChar32>('0' + u_charDigitValue(point)));
  }
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "INV001" and "INV1" are one number; "INV0" stays what it is.
std::string without_leading_zeros(const std::string& text) {
  std::string out;
  bool in_run = false;  // of digits, behind its leading zeros
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool last_of_run = i + 1 == text.size() || !is_digit(text[i + 1]);
    if (text[i] == '0' && !in_run && !last_of_run) continue;
    out += text[i];
    in_run = is_digit(text[i]);
  }
  return out;
}

std::string canonical_number(std::string_view number) {
  auto text =
      icu::UnicodeString::fromUTF8(icu::StringPiece(number.data(), static_cast<std::int32_t>(number.size())));
  text = nfkc(text);
  text.toUpper(icu::Locale::getRoot());
  std::string out;
  letters_and_digits(nfkc(text)).toUTF8String(out);
  return without_leading_zeros(out);
}

std::string canonical_id(std::string id) {
  for (char& c : id) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return id;
}

std::string joined(const char* tier, const std::string& seller, const std::string& buyer,
                   std::string_view number) {
  return std::string(tier) + "|" + canonical_id(seller) + "|" + canonical_id(buyer) + "|" +
         canonical_number(number);
}

std::string dated(std::uint32_t issue_date, std::string_view currency) {
  return "|" + contracts::format_date(issue_date) + "|" + std::string(currency);
}

}  // namespace

Bytes fingerprint_input_x(const std::string& seller, const std::string& buyer, std::string_view number,
                          std::uint32_t issue_date, std::string_view currency, std::int64_t payable_minor) {
  return joined("X", seller, buyer, number) + dated(issue_date, currency) + "|" +
         std::to_string(payable_minor);
}

Bytes fingerprint_input_n1(const std::string& seller, const std::string& buyer, std::string_view number,
                           std::uint32_t issue_date, std::string_view currency) {
  return joined("N1", seller, buyer, number) + dated(issue_date, currency);
}

Bytes fingerprint_input_p(const std::string& seller, const std::string& buyer, std::string_view order) {
  return joined("P", seller, buyer, order);
}

}  // namespace aval::cli
