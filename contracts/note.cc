#include "contracts/commands.h"
#include "contracts/keys.h"
#include "contracts/member.h"
#include "contracts/obligation.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

constexpr int parts_min = 2;
constexpr int parts_max = 64;

std::string child_id(const pb::SplitNote& command, int index) {
  return command.note() + "-" + std::to_string(index + 1);
}

Status check_transferee(const std::string& to, const ContractContext& context) {
  if (const Status other = check_other_party(to, context); other != Status::Applied) return other;
  const auto member = context.find<pb::Member>(member_key(to));
  const bool may_hold = has_role(*member, pb::ROLE_TRADER) || has_role(*member, pb::ROLE_FINANCIER);
  return may_hold ? Status::Applied : Status::NotPermitted;
}

/// Every part is positive and together they are the note (I5).
Status check_parts(const pb::SplitNote& command, const pb::Note& note) {
  std::int64_t sum = 0;
  for (const std::int64_t part : command.parts()) {
    if (part <= 0) return Status::WrongAmount;
    const auto added = add(sum, part);
    if (!added) return Status::Overflow;
    sum = *added;
  }
  const bool adds_up = sum == note.amount() || (sum < note.amount() && mutated("split-drops-the-remainder"));
  return adds_up ? Status::Applied : Status::WrongAmount;
}

/// The children's ids are well-formed, and neither a note nor a coming root note has them.
Status check_children(const pb::SplitNote& command, const pb::Obligation& obligation,
                      const ContractContext& context) {
  if (obligation.notes_size() + command.parts_size() - 1 > live_notes_max) return Status::LimitReached;
  if (!is_id(child_id(command, command.parts_size() - 1))) return Status::LimitReached;
  for (int i = 0; i < command.parts_size(); ++i) {
    const std::string id = child_id(command, i);
    if (context.exists(note_key(id)) || context.exists(invoice_key(id))) return Status::AlreadyExists;
  }
  return Status::Applied;
}

void create_child(const pb::Note& parent, std::string id, std::int64_t amount, ContractContext& context) {
  pb::Note child = parent;  // the same obligation, controller and terms
  child.set_id(std::move(id));
  child.set_amount(amount);
  child.set_parent(parent.id());
  child.set_status(pb::NOTE_ACTIVE);
  context.store(note_key(child.id()), child);
}

/// Puts the children where the parent stood, so that the order of shares stays that of splitting.
void replace_by_children(const pb::SplitNote& command, pb::Obligation& obligation) {
  const auto before = obligation.notes();
  obligation.clear_notes();
  for (const std::string& note : before) {
    if (note != command.note()) {
      obligation.add_notes(note);
      continue;
    }
    for (int i = 0; i < command.parts_size(); ++i) obligation.add_notes(child_id(command, i));
  }
}

}  // namespace

Status apply(const pb::TransferNote& command, ContractContext& context) {
  if (!is_id(command.note())) return Status::Malformed;
  auto note = context.find<pb::Note>(note_key(command.note()));
  if (!note) return Status::NotFound;
  if (note->controller() != context.sender()) return Status::NotController;
  if (const Status free = check_free(*note); free != Status::Applied) return free;
  if (const Status to = check_transferee(command.to(), context); to != Status::Applied) return to;

  note->set_controller(command.to());
  context.store(note_key(command.note()), *note);
  context.emit("note.transferred", command.note(), command.to());
  return Status::Applied;
}

Status apply(const pb::SplitNote& command, ContractContext& context) {
  if (!is_id(command.note())) return Status::Malformed;
  if (command.parts_size() < parts_min || command.parts_size() > parts_max) return Status::Malformed;
  auto note = context.find<pb::Note>(note_key(command.note()));
  if (!note) return Status::NotFound;
  if (note->controller() != context.sender()) return Status::NotController;
  if (const Status free = check_free(*note); free != Status::Applied) return free;
  if (const Status parts = check_parts(command, *note); parts != Status::Applied) return parts;
  pb::Obligation obligation = obligation_of(note->obligation(), context);
  const Status children = check_children(command, obligation, context);
  if (children != Status::Applied) return children;

  for (int i = 0; i < command.parts_size(); ++i) {
    create_child(*note, child_id(command, i), command.parts(i), context);
  }
  replace_by_children(command, obligation);
  context.store(obligation_key(obligation.id()), obligation);
  note->set_status(pb::NOTE_SPLIT);
  context.store(note_key(command.note()), *note);
  context.emit("note.split", command.note());
  return Status::Applied;
}

}  // namespace aval::contracts
