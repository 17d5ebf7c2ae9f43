#include "contracts/context.h"

#include <algorithm>

#include "contracts/currency.h"
#include "contracts/keys.h"
#include "contracts/member.h"

namespace aval::contracts {
namespace {

constexpr std::size_t code_bytes_max = 8;
constexpr std::size_t digest_bytes = 32;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Predicate>
bool all_of(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

/// Bytes of the UTF-8 sequence that `lead` opens; 0 when it opens none.
std::size_t sequence_bytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// Overlong forms, surrogates and values beyond U+10FFFF show in the second byte alone.
bool second_byte_fits(unsigned char lead, unsigned char second) {
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second <= 0x9F;
  if (lead == 0xF0) return second >= 0x90;
  if (lead == 0xF4) return second <= 0x8F;
  return true;
}

}  // namespace

bool ContractContext::sender_has(pb::Role role) const { return has_role(sender_, role); }

pb::Programme ContractContext::programme() const {
  auto programme = find<pb::Programme>(programme_key());
  AVAL_CHECK(programme.has_value());  // genesis writes it and nothing removes it
  return *std::move(programme);
}

Rounding ContractContext::rounding() const {
  return programme().half_even() ? Rounding::HalfEven : Rounding::HalfAwayFromZero;
}

void ContractContext::emit(std::string type, std::string subject, Bytes data) {
  events_.push_back({std::move(type), std::move(subject), std::move(data)});
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= ledger::member_id_bytes_max &&
         all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= code_bytes_max &&
         all_of(text, [](char c) { return is_upper(c) || is_digit(c); });
}

bool is_container(std::string_view text) {
  return text.size() == 11 && all_of(text.substr(0, 4), is_upper) && all_of(text.substr(4), is_digit);
}

bool is_digest(ByteView bytes) { return bytes.size() == digest_bytes; }

bool is_text(ByteView bytes, std::size_t bytes_max) {
  if (bytes.empty() || bytes.size() > bytes_max) return false;
  const unsigned char* at = as_unsigned(bytes);
  const unsigned char* const end = at + bytes.size();
  while (at < end) {
    const std::size_t size = sequence_bytes(*at);
    if (size == 0 || size > static_cast<std::size_t>(end - at)) return false;
    if (size == 1 && (*at < 0x20 || *at == 0x7F)) return false;
    if (size > 1 && !second_byte_fits(*at, at[1])) return false;
    if (!std::all_of(at + 1, at + size, [](unsigned char c) { return (c & 0xC0U) == 0x80; })) return false;
    at += size;
  }
  return true;
}

Status check_money(const pb::Money& money) {
  if (!is_currency(money.currency())) return Status::WrongCurrency;
  if (money.minor() <= 0 || money.minor() > amount_max) return Status::WrongAmount;
  return Status::Applied;
}

Status check_other_party(const std::string& member, const ContractContext& context) {
  if (!is_id(member)) return Status::Malformed;
  if (member == context.sender()) return Status::NotPermitted;
  const auto found = context.find<pb::Member>(member_key(member));
  if (!found) return Status::UnknownMember;
  if (found->suspended()) return Status::MemberSuspended;
  return Status::Applied;
}

}  // namespace aval::contracts
