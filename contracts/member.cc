#include "contracts/member.h"

#include <algorithm>

#include "contracts/commands.h"
#include "contracts/keys.h"

namespace aval::contracts {
namespace {

const pb::MemberKey* key_of(const pb::Member& member, ByteView public_key) {
  const auto& keys = member.keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const pb::MemberKey& key) { return key.public_key() == public_key; });
  return found == keys.end() ? nullptr : &*found;
}

/// The first counterpart in the state that has this key.
struct Found {
  const pb::Member* member = nullptr;
  const pb::MemberKey* key = nullptr;
};

Found owner_among(const std::vector<pb::Member>& members, ByteView public_key) {
  for (const pb::Member& member : members) {
    if (const pb::MemberKey* key = key_of(member, public_key)) return {&member, key};
  }
  return {};
}

std::vector<pb::Member> load(const std::vector<std::string>& ids, const ledger::StateReader& state) {
  std::vector<pb::Member> members;
  for (const std::string& id : ids) {
    if (auto member = find<pb::Member>(state, member_key(id))) members.push_back(*std::move(member));
  }
  return members;
}

}  // namespace

bool has_role(const pb::Member& member, pb::Role role) {
  return std::find(member.roles().begin(), member.roles().end(), role) != member.roles().end();
}

Status Signers::judge(const ledger::Envelope& envelope, const std::vector<std::string>& counterparts,
                      const ledger::StateReader& state, Signers& out) {
  if (!is_id(envelope.body.member)) return Status::UnknownMember;
  auto sender = find<pb::Member>(state, member_key(envelope.body.member));
  if (!sender) return Status::UnknownMember;
  if (sender->suspended()) return Status::MemberSuspended;

  std::vector<pb::Member> known = load(counterparts, state);
  known.insert(known.begin(), *sender);
  for (const ledger::EnvelopeSignature& signature : envelope.signatures) {
    const Found found = owner_among(known, signature.key.view());
    if (found.key == nullptr) return Status::UnknownKey;
    if (found.key->revoked()) return Status::KeyRevoked;
    Party& party = out.parties_[found.member->id()];
    party.dual_control = found.member->dual_control();
    count(party, found.key->role());
    if (found.member->id() == sender->id()) out.sender_keys_.push_back(found.key->public_key());
  }
  if (out.sender_keys_.empty()) return Status::UnknownKey;
  out.sender_ = *std::move(sender);
  const Party& party = out.parties_[out.sender_.id()];
  return party.complete() || party.gateway ? Status::Applied : Status::CheckerMissing;
}

void Signers::count(Party& party, pb::KeyRole role) {
  if (role == pb::KEY_MAKER) party.maker = true;
  if (role == pb::KEY_CHECKER) party.checker = true;
  if (role == pb::KEY_GATEWAY) party.gateway = true;
}

Status Signers::permits(const pb::Command& command) const {
  const Party& party = parties_.find(sender_.id())->second;
  if (party.complete()) return Status::Applied;
  if (command.has_attest() && party.gateway) return Status::Applied;
  return party.maker || party.checker ? Status::CheckerMissing : Status::NotPermitted;
}

bool Signers::signed_by(const std::string& member) const {
  const auto party = parties_.find(member);
  return party != parties_.end() && party->second.complete();
}

bool Signers::signed_by_key_other_than(ByteView public_key) const {
  return std::any_of(sender_keys_.begin(), sender_keys_.end(),
                     [&](const Bytes& key) { return key != public_key; });
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
  if (!context.signers().signed_by_key_other_than(command.public_key())) return Status::NotPermitted;

  key->set_revoked(true);
  context.store(member_key(member->id()), *member);
  context.emit("key.revoked", member->id(), command.public_key());
  return Status::Applied;
}

}  // namespace aval::contracts
