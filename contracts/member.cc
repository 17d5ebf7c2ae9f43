#include "contracts/member.h"

#include <algorithm>

#include "contracts/commands.h"
#include "contracts/keys.h"

namespace aval::contracts {

bool has_role(const pb::Member& member, pb::Role role) {
  return std::find(member.roles().begin(), member.roles().end(), role) != member.roles().end();
}

Status apply(const pb::RevokeKey& command, ContractContext& context) {
  auto member = context.find<pb::Member>(member_key(context.sender()));
  AVAL_CHECK(member.has_value());
  auto& keys = *member->mutable_keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const pb::MemberKey& candidate) {
    return candidate.public_key() == command.public_key();
  });
  if (key == keys.end()) return Status::NotFound;
  if (key->revoked()) return Status::KeyRevoked;

  key->set_revoked(true);
  context.store(member_key(member->id()), *member);
  context.emit("key.revoked", member->id(), command.public_key());
  return Status::Applied;
}

}  // namespace aval::contracts
