#include <algorithm>
#include <array>
#include <memory>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <nlohmann/json.hpp>

#include "contracts/calendar.h"
#include "contracts/currency.h"
#include "contracts/keys.h"
#include "contracts/money.h"
#include "ledger/parameter_names.h"
#include "node/json_view.h"

namespace aval::node {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
namespace pb = contracts::pb;

constexpr std::string_view programme = "programme";
constexpr std::string_view chain_records = "chain";  // chain/validators and chain/parameters, in the ledger's encoding

struct EntityType {
  std::string_view name;
  const Message& (*prototype)();
};

template <class Entity>
const Message& prototype() {
  return Entity::default_instance();
}

constexpr std::array<EntityType, 12> entity_types{{
    {"member", &prototype<pb::Member>},
    {"device", &prototype<pb::Device>},
    {programme, &prototype<pb::Programme>},
    {"invoice", &prototype<pb::Invoice>},
    {"obligation", &prototype<pb::Obligation>},
    {"note", &prototype<pb::Note>},
    {"financing", &prototype<pb::Financing>},
    {"shipment", &prototype<pb::Shipment>},
    {"register", &prototype<pb::RegisterEntry>},
    {"cash", &prototype<pb::CashAccount>},
    {"issued", &prototype<pb::CashIssued>},
    {"proposal", &prototype<pb::Proposal>},
}};

const EntityType* find_type(std::string_view name) {
  const auto found = std::find_if(entity_types.begin(), entity_types.end(),
                                  [&](const EntityType& type) { return type.name == name; });
  return found == entity_types.end() ? nullptr : &*found;
}

bool ends_in_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

bool is_day(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32 && field.name().ends_with("_date");
}

Json day_view(std::uint32_t day) {
  if (day == 0 || day > contracts::day_max) return nullptr;
  return contracts::format_date(day);
}

Json bytes_view(std::string_view field, ByteView bytes) {
  if (field == "number") return Bytes(bytes);  // the invoice number is text in bytes
  if (field.starts_with("fingerprint_") || ends_in_any(field, {"_key", "_hash", "digest"}))
    return to_hex(bytes);
  return to_base64(bytes);
}

Json message_view(const Message& message, std::string_view currency);

/// One value of a field: the `index`-th of a repeated one, else the field's own.
class FieldValue {
 public:
  FieldValue(const Message& message, const FieldDescriptor& field, int index)
      : message_(message), reflection_(*message.GetReflection()), field_(field), index_(index) {}

  Json view(std::string_view currency) const {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT64:
        return money_view(int64(), currency);
      case FieldDescriptor::CPPTYPE_UINT32:
        return is_day(field_) ? day_view(uint32()) : Json(uint32());
      case FieldDescriptor::CPPTYPE_UINT64:
        return uint64();
      case FieldDescriptor::CPPTYPE_BOOL:
        return boolean();
      case FieldDescriptor::CPPTYPE_ENUM:
        return enumerator();
      case FieldDescriptor::CPPTYPE_STRING:
        return text();
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return message_view(nested(), currency);
      default:
        AVAL_CHECK(false);  // finance.proto has no other kinds
    }
  }

 private:
  bool repeated() const { return field_.is_repeated(); }
  std::int64_t int64() const {
    return repeated() ? reflection_.GetRepeatedInt64(message_, &field_, index_)
                      : reflection_.GetInt64(message_, &field_);
  }
  std::uint32_t uint32() const {
    return repeated() ? reflection_.GetRepeatedUInt32(message_, &field_, index_)
                      : reflection_.GetUInt32(message_, &field_);
  }
  std::uint64_t uint64() const {
    return repeated() ? reflection_.GetRepeatedUInt64(message_, &field_, index_)
                      : reflection_.GetUInt64(message_, &field_);
  }
  bool boolean() const {
    return repeated() ? reflection_.GetRepeatedBool(message_, &field_, index_)
                      : reflection_.GetBool(message_, &field_);
  }
  Json enumerator() const {
    const int value = repeated() ? reflection_.GetRepeatedEnumValue(message_, &field_, index_)
                                 : reflection_.GetEnumValue(message_, &field_);
    const auto* named = field_.enum_type()->FindValueByNumber(value);
    return named == nullptr ? Json(value) : Json(named->name());
  }
  Json text() const {
    std::string scratch;
    const std::string& value =
        repeated() ? reflection_.GetRepeatedStringReference(message_, &field_, index_, &scratch)
                   : reflection_.GetStringReference(message_, &field_, &scratch);
    return field_.type() == FieldDescriptor::TYPE_BYTES ? bytes_view(field_.name(), value) : Json(value);
  }
  const Message& nested() const {
    return repeated() ? reflection_.GetRepeatedMessage(message_, &field_, index_)
                      : reflection_.GetMessage(message_, &field_);
  }

  const Message& message_;
  const google::protobuf::Reflection& reflection_;
  const FieldDescriptor& field_;
  int index_;
};

Json field_view(const Message& message, const FieldDescriptor& field, std::string_view currency) {
  if (field.is_repeated()) {
    Json items = Json::array();
    const int count = message.GetReflection()->FieldSize(message, &field);
    for (int i = 0; i < count; ++i) items.push_back(FieldValue(message, field, i).view(currency));
    return items;
  }
  const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (is_message && !message.GetReflection()->HasField(message, &field)) return nullptr;
  return FieldValue(message, field, 0).view(currency);
}

/// The currency of a message's amounts: its own where it names one, else that of its surroundings.
std::string currency_in(const Message& message, std::string_view surroundings) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName("currency");
  if (field == nullptr) return std::string(surroundings);
  return message.GetReflection()->GetString(message, field);
}

Json message_view(const Message& message, std::string_view surroundings) {
  const std::string currency = currency_in(message, surroundings);
  if (message.GetDescriptor() == pb::Money::descriptor()) {
    return money_view(static_cast<const pb::Money&>(message).minor(), currency);
  }
  Json out = Json::object();
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor& field = *descriptor->field(i);
    out[field.name()] = field_view(message, field, currency);
  }
  return out;
}

/// Some entities keep their currency elsewhere: a note in its obligation, cash in its id.
std::string currency_around(const Message& entity, std::string_view id, const ledger::StateReader& state) {
  if (entity.GetDescriptor() == pb::Note::descriptor()) {
    const auto bytes =
        state.get(contracts::obligation_key(static_cast<const pb::Note&>(entity).obligation()));
    pb::Obligation obligation;
    return bytes && obligation.ParseFromString(*bytes) ? obligation.currency() : std::string();
  }
  return std::string(id.substr(0, id.find('-')));  // "EUR-member" or "EUR"
}

Json standing_view(ledger::SeatStanding standing) {
  switch (standing) {
    case ledger::SeatStanding::Voter:
      return "voter";
    case ledger::SeatStanding::Observer:
      return "observer";
    case ledger::SeatStanding::Left:
      return "left";
  }
  return nullptr;
}

Json validators_view(const ledger::ValidatorSet& set) {
  Json seats = Json::array();
  for (const ledger::Validator& seat : set.validators) {
    seats.push_back({{"member", seat.member},
                     {"standing", standing_view(seat.standing)},
                     {"address", seat.address},
                     {"vote_key", seat.vote_key.hex()},
                     {"tls_key", seat.tls_key.hex()}});
  }
  return {{"epoch", number(set.epoch)}, {"voters", set.size()}, {"quorum", set.quorum()}, {"seats", seats}};
}

Result<Json> chain_view(std::string_view id, ByteView value) {
  if (id == "validators") {
    AVAL_ASSIGN(const auto set, ledger::decode_validators(value));
    return validators_view(set);
  }
  AVAL_ASSIGN(const auto parameters, ledger::decode_parameters(value));
  Json out = Json::object();
  for (const auto& [name, member] : ledger::parameter_names()) out[std::string(name)] = parameters.*member;
  return out;
}

}  // namespace

Json money_view(std::int64_t minor, std::string_view currency) {
  if (!contracts::is_currency(currency)) return {{"minor", minor}};
  return {{"currency", currency}, {"amount", contracts::format_amount(minor, currency)}};
}

bool is_entity_type(std::string_view type) { return type == chain_records || find_type(type) != nullptr; }

Bytes entity_key(std::string_view type, std::string_view id) {
  if (type == programme && id == programme) return contracts::programme_key();
  return Bytes(type).append("/").append(id);
}

Result<Json> entity_view(std::string_view type, std::string_view id, ByteView value,
                         const ledger::StateReader& state) {
  if (type == chain_records) return chain_view(id, value);
  const EntityType* known = find_type(type);
  AVAL_CHECK(known != nullptr);
  const std::unique_ptr<Message> entity(known->prototype().New());
  if (!entity->ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return unexpected(Error::Code::Corrupt, "state: the value is not a " + std::string(type));
  }
  return message_view(*entity, currency_around(*entity, id, state));
}

}  // namespace aval::node
