#include "contracts/authority.h"

#include <algorithm>

#include "contracts/keys.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

/// What one member's signatures amount to.
struct Party {
  pb::Member member;
  std::vector<Bytes> keys;  // those that signed
  bool maker = false;
  bool checker = false;
  bool gateway = false;
  std::size_t governors = 0;

  bool may_govern() const { return governors >= (member.dual_control() ? 2U : 1U); }
  bool is_complete() const {
    const bool takes_two = member.dual_control() && !mutated("maker-is-checker");
    return takes_two ? maker && checker : maker || checker;
  }
};

/// The sender first, then the counterparts that the state knows, each once.
std::vector<Party> parties_of(pb::Member sender, const std::vector<DecodedCommand>& commands,
                              const ledger::StateReader& state) {
  std::vector<std::string> counterparts;
  for (const DecodedCommand& command : commands) {
    std::string member = command ? counterpart_of(*command) : std::string();
    if (is_id(member) && member != sender.id()) counterparts.push_back(std::move(member));
  }
  std::sort(counterparts.begin(), counterparts.end());
  counterparts.erase(std::unique(counterparts.begin(), counterparts.end()), counterparts.end());

  std::vector<Party> parties(1);
  parties.front().member = std::move(sender);
  for (const std::string& id : counterparts) {
    if (auto member = find<pb::Member>(state, member_key(id))) parties.emplace_back().member = *std::move(member);
  }
  return parties;
}

void count(Party& party, const pb::MemberKey& key) {
  party.keys.push_back(key.public_key());
  if (key.role() == pb::KEY_MAKER) party.maker = true;
  if (key.role() == pb::KEY_CHECKER) party.checker = true;
  if (key.role() == pb::KEY_GATEWAY) party.gateway = true;
  if (key.role() == pb::KEY_GOVERNOR) ++party.governors;
}

/// Counts a signature for the first party that has its key.
Status count_signature(std::vector<Party>& parties, ByteView public_key) {
  for (Party& party : parties) {
    for (const pb::MemberKey& key : party.member.keys()) {
      if (key.public_key() != public_key) continue;
      if (key.revoked() && !mutated("revoked-key-signs")) return Status::KeyRevoked;
      count(party, key);
      return Status::Applied;
    }
  }
  return Status::UnknownKey;
}

bool is_governor(const pb::Member& member, ByteView public_key) {
  return std::any_of(member.keys().begin(), member.keys().end(), [&](const pb::MemberKey& key) {
    return key.role() == pb::KEY_GOVERNOR && key.public_key() == public_key;
  });
}

/// What only governors may do: govern, and revoke one of their own.
bool takes_governors(const pb::Member& sender, const pb::Command& command) {
  return is_governance(command) ||
         (command.has_revoke_key() && is_governor(sender, command.revoke_key().public_key()));
}

/// A gateway key may attest and nothing else; no key may revoke itself.
Status sender_carries(const Party& sender, const DecodedCommand& command) {
  const bool attests = command && command->has_attest();
  if (command && takes_governors(sender.member, *command)) {
    if (!sender.may_govern()) return Status::NotPermitted;
  } else if (!sender.is_complete() && !(attests && sender.gateway)) {
    return sender.maker || sender.checker ? Status::CheckerMissing : Status::NotPermitted;
  }
  if (!command || !command->has_revoke_key()) return Status::Applied;
  const bool another_signed = std::any_of(sender.keys.begin(), sender.keys.end(), [&](const Bytes& key) {
    return key != command->revoke_key().public_key();
  });
  return another_signed ? Status::Applied : Status::NotPermitted;
}

Status counterpart_carries(const std::vector<Party>& parties, const DecodedCommand& command) {
  const std::string id = command ? counterpart_of(*command) : std::string();
  const auto party = std::find_if(parties.begin(), parties.end(),
                                  [&](const Party& each) { return each.member.id() == id; });
  return party == parties.end() || party->is_complete() ? Status::Applied : Status::CounterpartMissing;
}

}  // namespace

Status authorise(const ledger::Envelope& envelope, const std::vector<DecodedCommand>& commands,
                 const ledger::StateReader& state, pb::Member& sender) {
  if (!is_id(envelope.body.member)) return Status::UnknownMember;
  auto member = find<pb::Member>(state, member_key(envelope.body.member));
  if (!member) return Status::UnknownMember;
  std::vector<Party> parties = parties_of(*std::move(member), commands, state);
  for (const ledger::EnvelopeSignature& signature : envelope.signatures) {
    const Status counted = count_signature(parties, signature.key.view());
    if (counted != Status::Applied) return counted;
  }
  if (parties.front().keys.empty()) return Status::UnknownKey;
  for (const DecodedCommand& command : commands) {
    const Status own = sender_carries(parties.front(), command);
    if (own != Status::Applied) return own;
    const Status other = counterpart_carries(parties, command);
    if (other != Status::Applied) return other;
  }
  sender = std::move(parties.front().member);
  return Status::Applied;
}

}  // namespace aval::contracts
