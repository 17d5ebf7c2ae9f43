#include "cli/members.h"

#include <utility>

#include "cli/text.h"

namespace aval::cli {
namespace {

using contracts::pb::Member;

/// Members with an equal, non-empty value of one identifier.
template <class Field>
std::vector<std::string> members_with(const contracts::pb::Genesis& genesis, const std::string& value,
                                      Field field) {
  std::vector<std::string> out;
  const std::string wanted = lower_alphanumerics(value);
  if (wanted.empty()) return out;
  for (const auto& member : genesis.members()) {
    if (lower_alphanumerics(field(member)) == wanted) out.push_back(member.id());
  }
  return out;
}

/// The first kind of identifier that fits any member decides.
std::vector<std::string> candidates(const contracts::pb::Genesis& genesis, const UblParty& party) {
  auto found = members_with(genesis, party.lei, [](const Member& m) { return m.lei(); });
  if (found.empty()) found = members_with(genesis, party.vat, [](const Member& m) { return m.vat(); });
  if (found.empty()) {
    found = members_with(genesis, party.electronic_address,
                         [](const Member& m) { return m.electronic_address(); });
  }
  return found;
}

std::string described(const UblParty& party) {
  std::string out = "'" + party.name + "'";
  if (!party.lei.empty()) out += ", LEI " + party.lei;
  if (!party.vat.empty()) out += ", VAT number " + party.vat;
  if (!party.electronic_address.empty()) out += ", address " + party.electronic_address;
  if (!party.legal_id.empty()) out += ", registration " + party.legal_id;
  return out;
}

}  // namespace

const Member* find_member(const contracts::pb::Genesis& genesis, const std::string& id) {
  for (const auto& member : genesis.members()) {
    if (member.id() == id) return &member;
  }
  return nullptr;
}

Likeness compare(const Member& member, const UblParty& party) {
  for (const auto& [left, right] : {std::pair(member.lei(), party.lei), std::pair(member.vat(), party.vat)}) {
    const std::string a = lower_alphanumerics(left);
    const std::string b = lower_alphanumerics(right);
    if (!a.empty() && !b.empty()) return a == b ? Likeness::Same : Likeness::Different;
  }
  return Likeness::Unknown;
}

Result<std::string> resolve_member(const contracts::pb::Genesis& genesis, const UblParty& party,
                                   const char* term) {
  const std::string code = std::string(term) + ": ";
  const std::string id = member_id_of(party);
  if (id.empty()) {
    return unexpected(Error::Code::Refused, code + "'" + party.name +
                                                "' has no identifier on the invoice that could "
                                                "say which member it is (LEI, VAT, address, registration)");
  }
  if (find_member(genesis, id) != nullptr) return id;
  const auto found = candidates(genesis, party);
  if (found.size() == 1) return found.front();
  const char* how_many = found.empty() ? "no member" : "more than one member";
  return unexpected(Error::Code::Refused, code + how_many + " of this network is " + described(party));
}

}  // namespace aval::cli
