#include "cli/genesis_spec.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "crypto/hash.h"
#include "crypto/keys.h"
#include "ledger/parameter_names.h"

namespace aval::cli {
namespace {

using nlohmann::json;
namespace pb = contracts::pb;

unexpected wrong(const std::string& where, const std::string& what) {
  return unexpected(Error::Code::Malformed, "genesis description, " + where + ": " + what);
}

Result<void> only_keys(const json& object, const std::string& where, std::initializer_list<const char*> known) {
  if (!object.is_object()) return wrong(where, "an object is expected");
  for (const auto& item : object.items()) {
    if (std::none_of(known.begin(), known.end(), [&](const char* key) { return item.key() == key; })) {
      return wrong(where, "unknown key '" + item.key() + "'");
    }
  }
  return {};
}

Result<std::string> text(const json& object, const char* key, const std::string& where, bool required = false) {
  const auto found = object.find(key);
  if (found == object.end()) {
    if (required) return wrong(where, std::string("'") + key + "' is missing");
    return std::string();
  }
  if (!found->is_string()) return wrong(where, std::string("'") + key + "' must be text");
  return found->get<std::string>();
}

Result<std::uint64_t> count(const json& object, const char* key, const std::string& where, std::uint64_t fallback,
                            std::uint64_t max) {
  const auto found = object.find(key);
  if (found == object.end()) return fallback;
  if (!found->is_number_unsigned() || found->get<std::uint64_t>() > max) {
    return wrong(where, std::string("'") + key + "' must be a whole number up to " + std::to_string(max));
  }
  return found->get<std::uint64_t>();
}

Result<bool> flag(const json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  if (!found->is_boolean()) return wrong(where, std::string("'") + key + "' must be true or false");
  return found->get<bool>();
}

Result<json> list(const json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) return json::array();
  if (!found->is_array()) return wrong(where, std::string("'") + key + "' must be a list");
  return *found;
}

Result<Bytes> public_key(const json& object, const char* key, const std::string& where) {
  AVAL_ASSIGN(const std::string hex, text(object, key, where, true));
  const auto parsed = crypto::PublicKey::from_hex(hex);
  if (!parsed) return wrong(where, std::string("'") + key + "': " + parsed.error().message);
  return Bytes(parsed->view());
}

template <class Enum>
Result<Enum> word(const std::string& text, const std::map<std::string, Enum>& words, const std::string& where) {
  const auto found = words.find(text);
  if (found != words.end()) return found->second;
  std::string known;
  for (const auto& entry : words) known += (known.empty() ? "" : ", ") + entry.first;
  return wrong(where, "unknown word '" + text + "'; known are " + known);
}

const std::map<std::string, pb::Role> role_words{{"trader", pb::ROLE_TRADER},
                                                 {"financier", pb::ROLE_FINANCIER},
                                                 {"cash-bank", pb::ROLE_CASH_BANK},
                                                 {"oracle", pb::ROLE_ORACLE},
                                                 {"auditor", pb::ROLE_AUDITOR}};
const std::map<std::string, pb::KeyRole> key_role_words{
    {"maker", pb::KEY_MAKER},
    {"checker", pb::KEY_CHECKER},
    {"gateway", pb::KEY_GATEWAY},
    {"governor", pb::KEY_GOVERNOR}};

Result<pb::GenesisValidator> validator_of(const json& object) {
  const std::string where = "validators";
  AVAL_TRY(only_keys(object, where, {"member", "vote_key", "tls_key", "address"}));
  pb::GenesisValidator validator;
  AVAL_ASSIGN(*validator.mutable_member(), text(object, "member", where, true));
  AVAL_ASSIGN(*validator.mutable_vote_key(), public_key(object, "vote_key", where));
  AVAL_ASSIGN(*validator.mutable_tls_key(), public_key(object, "tls_key", where));
  AVAL_ASSIGN(*validator.mutable_address(), text(object, "address", where, true));
  return validator;
}

Result<void> add_member_keys(const json& object, const std::string& where, pb::Member& member) {
  AVAL_ASSIGN(const json keys, list(object, "keys", where));
  std::map<Bytes, pb::KeyRole> sorted;
  for (const auto& entry : keys) {
    AVAL_TRY(only_keys(entry, where + ", keys", {"public_key", "role"}));
    AVAL_ASSIGN(const Bytes bytes, public_key(entry, "public_key", where));
    AVAL_ASSIGN(const std::string role, text(entry, "role", where, true));
    AVAL_ASSIGN(const pb::KeyRole key_role, word(role, key_role_words, where));
    if (!sorted.emplace(bytes, key_role).second) return wrong(where, "the same key twice");
  }
  for (const auto& [bytes, role] : sorted) {
    auto* key = member.add_keys();
    key->set_public_key(bytes);
    key->set_role(role);
  }
  return {};
}

Result<void> add_member_words(const json& object, const std::string& where, pb::Member& member) {
  AVAL_ASSIGN(const json roles, list(object, "roles", where));
  std::vector<pb::Role> sorted;
  for (const auto& entry : roles) {
    if (!entry.is_string()) return wrong(where, "roles are words");
    AVAL_ASSIGN(const pb::Role role, word(entry.get<std::string>(), role_words, where));
    sorted.push_back(role);
  }
  std::sort(sorted.begin(), sorted.end());
  for (const auto role : sorted) member.add_roles(role);
  AVAL_ASSIGN(const json currencies, list(object, "cash_currencies", where));
  std::vector<std::string> codes;
  for (const auto& entry : currencies) {
    if (!entry.is_string()) return wrong(where, "cash_currencies are ISO 4217 codes");
    codes.push_back(entry.get<std::string>());
  }
  std::sort(codes.begin(), codes.end());
  for (const auto& code : codes) member.add_cash_currencies(code);
  return {};
}

}  // namespace

Result<pb::Member> member_from_spec(const json& object) {
  AVAL_TRY(only_keys(object, "members",
                     {"id", "name", "lei", "vat", "electronic_address", "country", "roles", "keys", "dual_control",
                      "cash_currencies"}));
  pb::Member member;
  AVAL_ASSIGN(*member.mutable_id(), text(object, "id", "members", true));
  const std::string where = "member " + member.id();
  AVAL_ASSIGN(*member.mutable_name(), text(object, "name", where));
  AVAL_ASSIGN(*member.mutable_lei(), text(object, "lei", where));
  AVAL_ASSIGN(*member.mutable_vat(), text(object, "vat", where));
  AVAL_ASSIGN(*member.mutable_electronic_address(), text(object, "electronic_address", where));
  AVAL_ASSIGN(*member.mutable_country(), text(object, "country", where));
  AVAL_ASSIGN(const bool dual, flag(object, "dual_control", where));
  member.set_dual_control(dual);
  AVAL_TRY(add_member_words(object, where, member));
  AVAL_TRY(add_member_keys(object, where, member));
  return member;
}

namespace {

Result<pb::Device> device_of(const json& object) {
  AVAL_TRY(only_keys(object, "devices", {"id", "owner", "public_key"}));
  pb::Device device;
  AVAL_ASSIGN(*device.mutable_id(), text(object, "id", "devices", true));
  AVAL_ASSIGN(*device.mutable_owner(), text(object, "owner", "device " + device.id(), true));
  AVAL_ASSIGN(*device.mutable_public_key(), public_key(object, "public_key", "device " + device.id()));
  return device;
}

constexpr std::uint32_t snapshot_interval_default = 10'000;

Result<Bytes> parameters_of(const json& object) {
  ledger::Parameters p;
  p.snapshot_interval_blocks = snapshot_interval_default;
  for (const auto& item : object.items()) {
    const auto field = ledger::parameter_names().find(item.key());
    if (field == ledger::parameter_names().end()) return wrong("parameters", "unknown key '" + item.key() + "'");
    AVAL_ASSIGN(const std::uint64_t value, count(object, item.key().c_str(), "parameters", 0, 0xFFFFFFFFU));
    p.*field->second = static_cast<std::uint32_t>(value);
  }
  const Bytes bytes = ledger::encode_parameters(p);
  AVAL_TRY(ledger::decode_parameters(bytes));  // names the value that is out of bounds
  return bytes;
}

Result<pb::Programme> programme_of(const json& object) {
  AVAL_TRY(only_keys(object, "programme",
                     {"day_count_basis", "half_even", "acceptance_window_days", "tenor_days_max",
                      "attestation_age_max_ms"}));
  pb::Programme programme;
  AVAL_ASSIGN(const auto basis, count(object, "day_count_basis", "programme", 360, 365));
  AVAL_ASSIGN(const auto window, count(object, "acceptance_window_days", "programme", 30, 365));
  AVAL_ASSIGN(const auto tenor, count(object, "tenor_days_max", "programme", 365, 3650));
  AVAL_ASSIGN(const auto age, count(object, "attestation_age_max_ms", "programme", 86'400'000, 4'000'000'000U));
  AVAL_ASSIGN(const bool half_even, flag(object, "half_even", "programme"));
  programme.set_day_count_basis(static_cast<std::uint32_t>(basis));
  programme.set_half_even(half_even);
  programme.set_acceptance_window_days(static_cast<std::uint32_t>(window));
  programme.set_tenor_days_max(static_cast<std::uint32_t>(tenor));
  programme.set_attestation_age_max_ms(static_cast<std::uint32_t>(age));
  return programme;
}

/// Reads each entry of a list with `read`, sorts by id and hands it to `add`.
template <class Item, class Read, class Add>
Result<void> add_sorted(const json& entries, Read read, Add add) {
  std::vector<Item> items;
  for (const auto& entry : entries) {
    AVAL_ASSIGN(Item item, read(entry));
    items.push_back(std::move(item));
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.id() < b.id(); });
  for (auto& item : items) add(std::move(item));
  return {};
}

}  // namespace

Result<contracts::pb::Genesis> genesis_from_spec(const json& spec) {
  AVAL_TRY(only_keys(spec, "top level",
                     {"name", "time_ms", "validators", "programme", "register_key_check", "parameters", "members",
                      "devices"}));
  pb::Genesis genesis;
  AVAL_ASSIGN(*genesis.mutable_name(), text(spec, "name", "top level", true));
  AVAL_ASSIGN(const auto time_ms, count(spec, "time_ms", "top level", 0, 4'102'444'800'000U));
  genesis.set_time_ms(time_ms);
  AVAL_ASSIGN(const json validators, list(spec, "validators", "top level"));
  for (const auto& entry : validators) {
    AVAL_ASSIGN(*genesis.add_validators(), validator_of(entry));
  }
  AVAL_ASSIGN(*genesis.mutable_programme(), programme_of(spec.value("programme", json::object())));
  AVAL_ASSIGN(*genesis.mutable_parameters(), parameters_of(spec.value("parameters", json::object())));
  AVAL_ASSIGN(const std::string check, text(spec, "register_key_check", "top level", true));
  AVAL_ASSIGN(const crypto::Digest check_digest, crypto::Digest::from_hex(check));
  genesis.set_register_key_check(Bytes(check_digest.view()));
  AVAL_ASSIGN(const json members, list(spec, "members", "top level"));
  AVAL_TRY(add_sorted<pb::Member>(members, member_from_spec,
                                  [&](pb::Member m) { *genesis.add_members() = std::move(m); }));
  AVAL_ASSIGN(const json devices, list(spec, "devices", "top level"));
  AVAL_TRY(add_sorted<pb::Device>(devices, device_of,
                                  [&](pb::Device d) { *genesis.add_devices() = std::move(d); }));
  return genesis;
}

}  // namespace aval::cli
