#include "contracts/genesis_check.h"

#include <algorithm>
#include <functional>
#include <set>

#include "contracts/context.h"
#include "contracts/currency.h"
#include "contracts/member.h"
#include "crypto/keys.h"
#include "ledger/parameters.h"

namespace aval::contracts {
namespace {

constexpr int validators_min = 4;
constexpr int validators_max = 100;
constexpr int members_max = 100'000;
constexpr int devices_max = 1'000'000;
constexpr std::size_t text_bytes_max = 128;
constexpr std::size_t address_bytes_max = 256;
constexpr std::uint32_t window_days_max = 366;
constexpr std::uint32_t tenor_days_bound = 3660;  // ten years

unexpected fault(const std::string& where, const std::string& what) {
  return unexpected(Error::Code::Refused, "genesis: " + where + ": " + what);
}

template <class Range, class Key>
bool strictly_ascending(const Range& range, Key key) {
  return std::adjacent_find(range.begin(), range.end(),
                            [&](const auto& a, const auto& b) { return !(key(a) < key(b)); }) == range.end();
}

bool is_optional_text(const std::string& text) { return text.empty() || is_text(text, text_bytes_max); }

bool is_country(const std::string& text) {
  return text.empty() || (text.size() == 2 &&
                          std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
}

/// Keys of every kind: each public key may appear once in a genesis.
class Keys {
 public:
  Result<void> add(const std::string& where, const Bytes& key) {
    if (!crypto::PublicKey::from_bytes(key)) return fault(where, "not a compressed P-256 public key");
    if (!seen_.insert(key).second) return fault(where, "the key " + to_hex(key) + " is used twice");
    return {};
  }

 private:
  std::set<Bytes> seen_;
};

Result<void> check_programme(const pb::Programme& programme) {
  const std::uint32_t basis = programme.day_count_basis();
  if (basis != 360 && basis != 365) return fault("programme", "day_count_basis is 360 or 365");
  const std::uint32_t window = programme.acceptance_window_days();
  if (window < 1 || window > window_days_max) return fault("programme", "acceptance_window_days is 1..366");
  const std::uint32_t tenor = programme.tenor_days_max();
  if (tenor < 1 || tenor > tenor_days_bound) return fault("programme", "tenor_days_max is 1..3660");
  if (programme.attestation_age_max_ms() < 1)
    return fault("programme", "attestation_age_max_ms is at least 1");
  return {};
}

Result<void> check_roles(const std::string& where, const pb::Member& member) {
  if (member.roles().empty()) return fault(where, "has no role");
  const bool ascending = strictly_ascending(member.roles(), [](int role) { return role; });
  if (!ascending) return fault(where, "roles are not ascending and distinct");
  for (const int role : member.roles()) {
    if (role == pb::ROLE_NONE || !pb::Role_IsValid(role)) return fault(where, "has an unknown role");
  }
  const bool names_currencies = member.cash_currencies_size() > 0;
  if (names_currencies != has_role(member, pb::ROLE_CASH_BANK)) {
    return fault(where, "cash_currencies belong to cash banks, which must name at least one");
  }
  const auto self = [](const std::string& text) { return std::string_view(text); };
  if (!strictly_ascending(member.cash_currencies(), self))
    return fault(where, "cash_currencies are not ascending");
  for (const std::string& currency : member.cash_currencies()) {
    if (!is_currency(currency)) return fault(where, "unknown currency '" + currency + "'");
  }
  return {};
}

Result<void> check_keys(const std::string& where, const pb::Member& member, Keys& keys) {
  if (member.keys_size() > member_keys_max) return fault(where, "more than 64 keys");
  const bool ascending =
      strictly_ascending(member.keys(), [](const pb::MemberKey& key) { return ByteView(key.public_key()); });
  if (!ascending) return fault(where, "keys are not ascending and distinct");
  for (const pb::MemberKey& key : member.keys()) {
    AVAL_TRY(keys.add(where, key.public_key()));
    if (key.role() == pb::KEY_NONE || !pb::KeyRole_IsValid(key.role()))
      return fault(where, "a key without a role");
  }
  return {};
}

Result<void> check_member(const pb::Member& member, Keys& keys) {
  const std::string where = "member '" + member.id() + "'";
  if (!is_id(member.id())) return fault(where, "the id is not 1..64 of [a-z0-9-]");
  if (!is_text(member.name(), text_bytes_max)) return fault(where, "the name is missing or out of form");
  if (!member.lei().empty() && !is_lei(member.lei())) return fault(where, "the LEI's check digits are wrong");
  if (!is_optional_text(member.vat()) || !is_optional_text(member.electronic_address())) {
    return fault(where, "vat or electronic_address is out of form");
  }
  if (!is_country(member.country())) return fault(where, "the country is not two capital letters");
  AVAL_TRY(check_roles(where, member));
  return check_keys(where, member, keys);
}

Result<std::set<std::string>> check_members(const pb::Genesis& document, Keys& keys) {
  if (document.members_size() > members_max) return fault("members", "too many");
  const bool ascending =
      strictly_ascending(document.members(), [](const pb::Member& m) { return ByteView(m.id()); });
  if (!ascending) return fault("members", "not ascending by id, or one twice");
  std::set<std::string> ids;
  for (const pb::Member& member : document.members()) {
    AVAL_TRY(check_member(member, keys));
    ids.insert(member.id());
  }
  return ids;
}

Result<void> check_devices(const pb::Genesis& document, const std::set<std::string>& members, Keys& keys) {
  if (document.devices_size() > devices_max) return fault("devices", "too many");
  const bool ascending =
      strictly_ascending(document.devices(), [](const pb::Device& d) { return ByteView(d.id()); });
  if (!ascending) return fault("devices", "not ascending by id, or one twice");
  for (const pb::Device& device : document.devices()) {
    const std::string where = "device '" + device.id() + "'";
    if (!is_id(device.id())) return fault(where, "the id is not 1..64 of [a-z0-9-]");
    if (!members.contains(device.owner())) return fault(where, "its owner is not a member");
    AVAL_TRY(keys.add(where, device.public_key()));
  }
  return {};
}

Result<void> check_validators(const pb::Genesis& document, const std::set<std::string>& members, Keys& keys) {
  const int count = document.validators_size();
  if (count < validators_min || count > validators_max) return fault("validators", "4..100 are needed");
  std::set<std::string> banks;
  for (const pb::GenesisValidator& validator : document.validators()) {
    const std::string where = "validator '" + validator.member() + "'";
    if (!members.contains(validator.member())) return fault(where, "is not a member");
    if (!banks.insert(validator.member()).second) return fault(where, "a member runs one validator");
    if (!is_text(validator.address(), address_bytes_max)) return fault(where, "the address is missing");
    AVAL_TRY(keys.add(where + " vote_key", validator.vote_key()));
    AVAL_TRY(keys.add(where + " tls_key", validator.tls_key()));
  }
  return {};
}

}  // namespace

bool is_lei(std::string_view text) {
  if (text.size() != 20) return false;
  unsigned residue = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    const bool letter = c >= 'A' && c <= 'Z';
    if (!digit && (!letter || i >= 18)) return false;
    const unsigned value = digit ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(c - 'A') + 10;
    residue = (residue * (digit ? 10U : 100U) + value) % 97;
  }
  return residue == 1;
}

Result<void> check_new_member(const pb::Member& member) {
  Keys keys;
  return check_member(member, keys);
}

Result<void> check_genesis(const pb::Genesis& document) {
  if (!is_text(document.name(), text_bytes_max)) return fault("name", "missing or out of form");
  if (const auto parameters = ledger::decode_parameters(document.parameters()); !parameters) {
    return fault("parameters", parameters.error().message);
  }
  AVAL_TRY(check_programme(document.programme()));
  if (!document.register_key_check().empty() && !is_digest(document.register_key_check())) {
    return fault("register_key_check", "not 32 bytes");
  }
  Keys keys;
  AVAL_ASSIGN(const std::set<std::string> members, check_members(document, keys));
  AVAL_TRY(check_devices(document, members, keys));
  return check_validators(document, members, keys);
}

}  // namespace aval::contracts
