#include "contracts/seats.h"

#include <algorithm>

#include "contracts/commands.h"
#include "contracts/genesis_check.h"
#include "contracts/keys.h"
#include "contracts/member.h"
#include "crypto/base/mutant.h"
#include "crypto/keys.h"

namespace aval::contracts {
namespace {

using ledger::ReplicaId;
using ledger::SeatStanding;
using ledger::ValidatorSet;

constexpr std::size_t voters_min = 4;
constexpr std::size_t voters_max = 100;
constexpr std::size_t address_bytes_max = 256;
/// An observer that was at the head so many blocks ago is taken to be there still.
constexpr std::uint64_t readiness_blocks_max = 1000;

ledger::Validator& seat(ValidatorSet& set, ReplicaId id) { return set.validators[ledger::number(id)]; }

/// No change has ended the epoch in this block already.
bool is_free(const ContractContext& context) {
  const auto governance = context.find<pb::Governance>(governance_key());
  return !governance || governance->changed_height() != ledger::number(context.block().height) ||
         mutated("two-epochs-begin-in-a-block");
}

/// The next block is decided under what is written here.
void begin_epoch(ContractContext& context, ValidatorSet set) {
  AVAL_CHECK(is_free(context));
  set.epoch = next(set.epoch);
  context.put(ledger::validators_key, ledger::encode_validators(set));
  auto governance = context.find<pb::Governance>(governance_key()).value_or(pb::Governance());
  governance.set_changed_height(ledger::number(context.block().height));
  context.store(governance_key(), governance);
  context.emit("epoch.begun", std::to_string(ledger::number(set.epoch)));
}

Status check_new_key(ByteView key, const ContractContext& context) {
  if (!crypto::PublicKey::from_bytes(key)) return Status::Malformed;
  return context.exists(seat_key(key)) ? Status::KeyUsed : Status::Applied;
}

void use_key(ByteView key, const std::string& member, ContractContext& context) {
  pb::SeatKey holder;
  holder.set_member(member);
  context.store(seat_key(key), holder);
}

crypto::PublicKey checked(ByteView key) { return crypto::PublicKey::from_bytes(key).value(); }

Status judge_change(const pb::SeatObserver& change, const ContractContext& context) {
  if (!is_text(change.address(), address_bytes_max)) return Status::Malformed;
  if (!context.exists(member_key(change.member()))) return Status::NotFound;
  const ValidatorSet set = seats(context);
  if (seat_of(set, change.member())) return Status::AlreadyExists;
  if (set.validators.size() >= ledger::validators_max) return Status::LimitReached;
  if (change.vote_key() == change.tls_key()) return Status::KeyUsed;
  if (const Status vote = check_new_key(change.vote_key(), context); vote != Status::Applied) return vote;
  return check_new_key(change.tls_key(), context);
}

void make(const pb::SeatObserver& change, ContractContext& context) {
  ValidatorSet set = seats(context);
  set.validators.push_back({change.member(), checked(change.vote_key()), checked(change.tls_key()),
                            change.address(), SeatStanding::Observer});
  use_key(change.vote_key(), change.member(), context);
  use_key(change.tls_key(), change.member(), context);
  begin_epoch(context, std::move(set));
}

bool is_ready(const ledger::Validator& observer, const ContractContext& context) {
  const auto readiness = context.find<pb::Readiness>(readiness_key(observer.member));
  return readiness && readiness->vote_key() == observer.vote_key.view() &&
         ledger::number(context.block().height) - readiness->declared_height() <= readiness_blocks_max;
}

Status judge_change(const pb::PromoteObserver& change, const ContractContext& context) {
  ValidatorSet set = seats(context);
  const auto id = seat_of(set, change.member());
  if (!id) return Status::NotFound;
  if (set.contains(*id)) return Status::WrongState;
  if (set.size() >= voters_max) return Status::LimitReached;
  return is_ready(seat(set, *id), context) ? Status::Applied : Status::NotReady;
}

void make(const pb::PromoteObserver& change, ContractContext& context) {
  ValidatorSet set = seats(context);
  seat(set, *seat_of(set, change.member())).standing = SeatStanding::Voter;
  begin_epoch(context, std::move(set));
}

Status judge_change(const pb::RemoveSeat& change, const ContractContext& context) {
  const ValidatorSet set = seats(context);
  const auto id = seat_of(set, change.member());
  if (!id) return Status::NotFound;
  return set.contains(*id) && set.size() <= voters_min ? Status::TooFewValidators : Status::Applied;
}

void make(const pb::RemoveSeat& change, ContractContext& context) {
  ValidatorSet set = seats(context);
  seat(set, *seat_of(set, change.member())).standing = SeatStanding::Left;
  begin_epoch(context, std::move(set));
}

Status judge_change(const pb::SetParameters& change, const ContractContext& context) {
  const auto wanted = ledger::decode_parameters(change.parameters());
  const auto present = ledger::decode_parameters(*context.get(ledger::parameters_key)).value();
  if (!wanted || wanted->rules_version < present.rules_version) return Status::ParameterOutOfBounds;
  return context.get(ledger::parameters_key) == change.parameters() ? Status::WrongState : Status::Applied;
}

void make(const pb::SetParameters& change, ContractContext& context) {
  context.put(ledger::parameters_key, change.parameters());
  begin_epoch(context, seats(context));
}

Status judge_change(const pb::ReplaceKeys& change, const ContractContext& context) {
  auto member = context.find<pb::Member>(member_key(change.member()));
  return member ? add_key(*member, change.governor(), pb::KEY_GOVERNOR) : Status::NotFound;
}

void make(const pb::ReplaceKeys& change, ContractContext& context) {
  auto member = *context.find<pb::Member>(member_key(change.member()));
  for (pb::MemberKey& key : *member.mutable_keys()) key.set_revoked(true);
  AVAL_CHECK(add_key(member, change.governor(), pb::KEY_GOVERNOR) == Status::Applied);
  context.store(member_key(member.id()), member);
}

Status judge_change(const pb::AdmitMember& change, const ContractContext& context) {
  if (!check_new_member(change.member())) return Status::Malformed;
  return context.exists(member_key(change.member().id())) ? Status::AlreadyExists : Status::Applied;
}

void make(const pb::AdmitMember& change, ContractContext& context) {
  context.store(member_key(change.member().id()), change.member());
}

bool is_signed(const crypto::PublicKey& key, const crypto::Digest& digest, const Bytes& signature) {
  const auto made = crypto::Signature::from_bytes(signature);
  return made && crypto::verify(key, digest, *made);
}

/// Whether the keys that the command names are new, well-formed and its sender's.
Status judge_keys(const pb::RotateSeat& command, const ContractContext& context) {
  for (const Bytes& key : {command.vote_key(), command.tls_key()}) {
    if (key.empty()) continue;
    if (const Status fresh = check_new_key(key, context); fresh != Status::Applied) return fresh;
  }
  if (command.vote_key().empty()) return Status::Applied;
  if (command.vote_key() == command.tls_key()) return Status::KeyUsed;
  const auto digest = crypto::tagged(crypto::Tag::Possession,
                                     {context.block().chain_id.view(), command.vote_key(), context.sender()});
  return is_signed(checked(command.vote_key()), digest, command.possession()) ? Status::Applied
                                                                             : Status::BadPossession;
}

}  // namespace

ValidatorSet seats(const ContractContext& context) {
  return ledger::decode_validators(*context.get(ledger::validators_key)).value();
}

std::optional<ReplicaId> seat_of(const ValidatorSet& set, const std::string& member) {
  for (std::uint32_t i = 0; i < set.validators.size(); ++i) {
    if (set.validators[i].member == member && set.has_seat(ReplicaId{i})) return ReplicaId{i};
  }
  return std::nullopt;
}

bool sender_votes(const ContractContext& context) {
  const ValidatorSet set = seats(context);
  const auto id = seat_of(set, context.sender());
  return id && set.contains(*id);
}

bool begins_epoch(const pb::Change& change) { return !change.has_replace_keys() && !change.has_admit_member(); }

Status judge(const pb::Change& change, const ContractContext& context) {
  if (begins_epoch(change) && !is_free(context)) return Status::ChangeInFlight;
  switch (change.kind_case()) {
    case pb::Change::kSeatObserver:
      return judge_change(change.seat_observer(), context);
    case pb::Change::kPromoteObserver:
      return judge_change(change.promote_observer(), context);
    case pb::Change::kRemoveSeat:
      return judge_change(change.remove_seat(), context);
    case pb::Change::kSetParameters:
      return judge_change(change.set_parameters(), context);
    case pb::Change::kReplaceKeys:
      return judge_change(change.replace_keys(), context);
    case pb::Change::kAdmitMember:
      return judge_change(change.admit_member(), context);
    case pb::Change::KIND_NOT_SET:
      return Status::Malformed;
  }
  return Status::Malformed;
}

void carry_out(const pb::Change& change, ContractContext& context) {
  if (change.has_seat_observer()) make(change.seat_observer(), context);
  if (change.has_promote_observer()) make(change.promote_observer(), context);
  if (change.has_remove_seat()) make(change.remove_seat(), context);
  if (change.has_set_parameters()) make(change.set_parameters(), context);
  if (change.has_replace_keys()) make(change.replace_keys(), context);
  if (change.has_admit_member()) make(change.admit_member(), context);
}

Status apply(const pb::DeclareReady& command, ContractContext& context) {
  ValidatorSet set = seats(context);
  const auto id = seat_of(set, context.sender());
  if (!id) return Status::NotPermitted;
  if (set.contains(*id)) return Status::WrongState;
  if (!is_digest(command.block_hash())) return Status::Malformed;
  const std::uint64_t height = ledger::number(context.block().height);
  if (command.height() >= height || height - command.height() > readiness_blocks_max) return Status::NotReady;
  const crypto::PublicKey& key = seat(set, *id).vote_key;
  const auto digest =
      crypto::tagged(crypto::Tag::Ready, {context.block().chain_id.view(), big_endian(command.height()),
                                          command.block_hash()});
  if (!is_signed(key, digest, command.signature())) return Status::BadPossession;
  pb::Readiness readiness;
  readiness.set_height(command.height());
  readiness.set_block_hash(command.block_hash());
  readiness.set_declared_height(height);
  readiness.set_vote_key(Bytes(key.view()));
  context.store(readiness_key(context.sender()), readiness);
  context.emit("seat.ready", context.sender());
  return Status::Applied;
}

Status apply(const pb::RotateSeat& command, ContractContext& context) {
  ValidatorSet set = seats(context);
  const auto id = seat_of(set, context.sender());
  if (!id) return Status::NotPermitted;
  if (command.vote_key().empty() && command.tls_key().empty() && command.address().empty())
    return Status::Malformed;
  if (!command.address().empty() && !is_text(command.address(), address_bytes_max)) return Status::Malformed;
  if (const Status keys = judge_keys(command, context); keys != Status::Applied) return keys;
  if (!is_free(context)) return Status::ChangeInFlight;

  ledger::Validator& own = seat(set, *id);
  if (!command.vote_key().empty()) own.vote_key = checked(command.vote_key());
  if (!command.tls_key().empty()) own.tls_key = checked(command.tls_key());
  if (!command.address().empty()) own.address = command.address();
  for (const Bytes& key : {command.vote_key(), command.tls_key()})
    if (!key.empty()) use_key(key, context.sender(), context);
  begin_epoch(context, std::move(set));
  context.emit("seat.rotated", context.sender());
  return Status::Applied;
}

}  // namespace aval::contracts
