#include "tests/unit/ledger/non_canonical.h"

#include <google/protobuf/descriptor.h>

#include <set>

namespace aval::ledger {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr std::uint64_t varint_type = 0;
constexpr std::uint64_t length_type = 2;

Bytes varint(std::uint64_t value) {
  Bytes out;
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
  out.push_back(static_cast<char>(value));
  return out;
}

Bytes overlong(Bytes shortest) {
  shortest.back() = static_cast<char>(static_cast<unsigned char>(shortest.back()) | 0x80U);
  return shortest + '\0';
}

std::uint64_t take_varint(ByteView& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80U) return value;
  }
}

/// One field as written: tag, number or length, content.
struct Field {
  std::uint64_t number = 0;
  Bytes tag;
  Bytes scalar;  // the number itself, or the length of the content
  Bytes content;
  bool has_content = false;

  Bytes bytes() const { return tag + scalar + content; }
};

Field take_field(ByteView& rest) {
  Field field;
  const std::uint64_t tag = take_varint(rest);
  field.number = tag >> 3U;
  field.tag = varint(tag);
  const std::uint64_t scalar = take_varint(rest);
  field.scalar = varint(scalar);
  field.has_content = (tag & 7U) == length_type;
  if (!field.has_content) return field;
  field.content = Bytes(rest.substr(0, scalar));
  rest.remove_prefix(scalar);
  return field;
}

std::vector<Field> split(ByteView bytes) {
  std::vector<Field> fields;
  while (!bytes.empty()) fields.push_back(take_field(bytes));
  return fields;
}

Bytes join(const std::vector<Field>& fields) {
  Bytes out;
  for (const Field& field : fields) out += field.bytes();
  return out;
}

Field with_content(Field field, Bytes content) {
  field.scalar = varint(content.size());
  field.content = std::move(content);
  return field;
}

void add_per_field(const std::vector<Field>& fields, std::vector<Variant>& out) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto changed = fields;
    changed[i].tag = overlong(changed[i].tag);
    out.push_back({"overlong tag", join(changed)});
    changed = fields;
    changed[i].scalar = overlong(changed[i].scalar);
    out.push_back({changed[i].has_content ? "overlong length" : "overlong number", join(changed)});
  }
}

void add_order(const std::vector<Field>& fields, std::vector<Variant>& out) {
  for (std::size_t i = 1; i < fields.size(); ++i) {
    if (fields[i - 1].number == fields[i].number) continue;
    auto changed = fields;
    std::swap(changed[i - 1], changed[i]);
    out.push_back({"another order", join(changed)});
  }
}

void add_twice(const Descriptor& type, const std::vector<Field>& fields, std::vector<Variant>& out) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto* declared = type.FindFieldByNumber(static_cast<int>(fields[i].number));
    if (declared->is_repeated()) continue;
    auto changed = fields;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), fields[i]);
    out.push_back({"a field twice", join(changed)});
  }
}

void add_defaults(const Descriptor& type, const std::vector<Field>& fields, std::vector<Variant>& out) {
  std::set<std::uint64_t> present;
  for (const Field& field : fields) present.insert(field.number);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& declared = *type.field(i);
    const auto number = static_cast<std::uint64_t>(declared.number());
    if (declared.is_repeated() || declared.message_type() != nullptr || present.contains(number)) continue;
    const bool is_text =
        declared.type() == FieldDescriptor::TYPE_BYTES || declared.type() == FieldDescriptor::TYPE_STRING;
    auto changed = fields;
    auto at = changed.begin();
    while (at != changed.end() && at->number < number) ++at;
    changed.insert(
        at,
        {number, varint(number << 3U | (is_text ? length_type : varint_type)), Bytes(1, '\0'), {}, is_text});
    out.push_back({"a written default", join(changed)});
  }
}

void add_nested(const Descriptor& type, const std::vector<Field>& fields, std::vector<Variant>& out) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto* nested = type.FindFieldByNumber(static_cast<int>(fields[i].number))->message_type();
    if (nested == nullptr) continue;
    for (Variant& variant : non_canonical_variants(*nested, fields[i].content)) {
      auto changed = fields;
      changed[i] = with_content(changed[i], std::move(variant.bytes));
      out.push_back({"embedded: " + variant.name, join(changed)});
    }
  }
}

}  // namespace

std::vector<Variant> non_canonical_variants(const Descriptor& type, ByteView canonical) {
  const std::vector<Field> fields = split(canonical);
  std::vector<Variant> out;
  out.push_back({"an unknown number", Bytes(canonical) + varint(1000U << 3U) + varint(7)});
  out.push_back({"an unknown group", Bytes(canonical) + varint(1000U << 3U | 3U) + varint(1000U << 3U | 4U)});
  out.push_back({"an unknown text", Bytes(canonical) + varint(1000U << 3U | 2U) + varint(1) + "x"});
  out.push_back({"an unknown number in front", varint(1000U << 3U) + varint(7) + Bytes(canonical)});
  add_per_field(fields, out);
  add_order(fields, out);
  add_twice(type, fields, out);
  add_defaults(type, fields, out);
  add_nested(type, fields, out);
  return out;
}

}  // namespace aval::ledger
