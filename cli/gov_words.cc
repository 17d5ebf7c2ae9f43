#include "cli/gov_words.h"

#include <fmt/format.h>

#include "cli/entity.h"
#include "crypto/base/bytes.h"
#include "ledger/parameter_names.h"

namespace aval::cli {
namespace {

namespace pb = contracts::pb;

std::string parameters_in_words(ByteView bytes, const ledger::Parameters& present) {
  const auto wanted = ledger::decode_parameters(bytes);
  if (!wanted) return "set parameters that cannot be read: " + wanted.error().message;
  std::string out;
  for (const auto& [name, field] : ledger::parameter_names()) {
    if ((*wanted).*field == present.*field) continue;
    out += fmt::format("{}{} from {} to {}", out.empty() ? "set " : ", ", name, present.*field, (*wanted).*field);
  }
  return out.empty() ? "leave every parameter as it is" : out;
}

std::string member_in_words(const pb::Member& member) {
  std::string roles;
  for (const int role : member.roles()) {
    roles += (roles.empty() ? "" : ", ") + state_text(pb::Role_Name(static_cast<pb::Role>(role)));
  }
  return fmt::format("admit {} ({}) as a member with the roles {} and {} keys", member.id(), member.name(), roles,
                     member.keys_size());
}

}  // namespace

std::string change_in_words(const pb::Change& change, const ledger::Parameters& present) {
  switch (change.kind_case()) {
    case pb::Change::kSeatObserver: {
      const auto& seat = change.seat_observer();
      return fmt::format("give {} a seat without a vote, reached at {}, vote key {}, TLS key {}", seat.member(),
                         seat.address(), to_hex(seat.vote_key()), to_hex(seat.tls_key()));
    }
    case pb::Change::kPromoteObserver:
      return fmt::format("give the seat of {} a vote", change.promote_observer().member());
    case pb::Change::kRemoveSeat:
      return fmt::format("take the seat of {} away for ever", change.remove_seat().member());
    case pb::Change::kSetParameters:
      return parameters_in_words(change.set_parameters().parameters(), present);
    case pb::Change::kReplaceKeys:
      return fmt::format("revoke all keys of {} and let the governor key {} speak for it", change.replace_keys().member(),
                         to_hex(change.replace_keys().governor()));
    case pb::Change::kAdmitMember:
      return member_in_words(change.admit_member().member());
    case pb::Change::KIND_NOT_SET:
      break;
  }
  return "a change of a kind that this program does not know";
}

}  // namespace aval::cli
