#include "contracts/member.h"

#include <algorithm>

#include "contracts/commands.h"
#include "contracts/keys.h"
#include "crypto/keys.h"

namespace aval::contracts {

bool has_role(const pb::Member& member, pb::Role role) {
  return std::find(member.roles().begin(), member.roles().end(), role) != member.roles().end();
}

pb::MemberKey* key_of(pb::Member& member, ByteView public_key) {
  auto& keys = *member.mutable_keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const pb::MemberKey& candidate) {
    return candidate.public_key() == public_key;
  });
  return key == keys.end() ? nullptr : &*key;
}

Status add_key(pb::Member& member, ByteView public_key, pb::KeyRole role) {
  if (!crypto::PublicKey::from_bytes(public_key)) return Status::Malformed;
  if (role == pb::KEY_NONE || !pb::KeyRole_IsValid(role)) return Status::Malformed;
  if (key_of(member, public_key) != nullptr) return Status::AlreadyExists;
  if (member.keys_size() >= member_keys_max) return Status::LimitReached;
  pb::MemberKey* key = member.add_keys();
  key->set_public_key(Bytes(public_key));
  key->set_role(role);
  std::sort(member.mutable_keys()->begin(), member.mutable_keys()->end(),
            [](const pb::MemberKey& a, const pb::MemberKey& b) { return a.public_key() < b.public_key(); });
  return Status::Applied;
}

Status apply(const pb::AddKey& command, ContractContext& context) {
  auto member = context.find<pb::Member>(member_key(context.sender()));
  AVAL_CHECK(member.has_value());
  const Status added = add_key(*member, command.public_key(), command.role());
  if (added != Status::Applied) return added;
  context.store(member_key(member->id()), *member);
  context.emit("key.added", member->id(), command.public_key());
  return Status::Applied;
}

Status apply(const pb::RevokeKey& command, ContractContext& context) {
  auto member = context.find<pb::Member>(member_key(context.sender()));
  AVAL_CHECK(member.has_value());
  pb::MemberKey* const key = key_of(*member, command.public_key());
  if (key == nullptr) return Status::NotFound;
  if (key->revoked()) return Status::KeyRevoked;

  key->set_revoked(true);
  context.store(member_key(member->id()), *member);
  context.emit("key.revoked", member->id(), command.public_key());
  return Status::Applied;
}

}  // namespace aval::contracts
