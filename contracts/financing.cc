#include "contracts/financing.h"

#include <algorithm>
#include <array>

#include "contracts/cash.h"
#include "contracts/commands.h"
#include "contracts/keys.h"
#include "contracts/member.h"
#include "contracts/obligation.h"
#include "contracts/register_.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

constexpr std::array<std::string_view, 4> cancel_codes = {"EBNA", "EXNB", "EXND", "WITH"};

pb::Financing financing_of(const std::string& id, const ContractContext& context) {
  auto financing = context.find<pb::Financing>(financing_key(id));
  AVAL_CHECK(financing.has_value());
  return *std::move(financing);
}

Status check_financier(const std::string& financier, const ContractContext& context) {
  if (const Status other = check_other_party(financier, context); other != Status::Applied) return other;
  const auto member = context.find<pb::Member>(member_key(financier));
  return has_role(*member, pb::ROLE_FINANCIER) ? Status::Applied : Status::NotPermitted;
}

/// An absent fee is none; a fee that is there has the financing's currency.
Status check_fee(const pb::ApproveFinancing& command, const pb::Financing& financing) {
  if (!command.has_fee()) return Status::Applied;
  if (command.fee().currency() != financing.currency()) return Status::WrongCurrency;
  return command.fee().minor() >= 0 ? Status::Applied : Status::WrongAmount;
}

Status check_dates(const pb::ApproveFinancing& command, const pb::Financing& financing,
                   const pb::Programme& programme) {
  const std::int64_t tenor = days_between(command.value_date(), financing.due_date());
  if (tenor < 0) return Status::WrongDate;
  if (command.grace_days() > day_max - financing.due_date()) return Status::WrongDate;
  return tenor <= programme.tenor_days_max() ? Status::Applied : Status::TenorTooLong;
}

/// Straight discount over [value date, due date + grace], proceeds by subtraction (I7).
Status price(const pb::ApproveFinancing& command, const pb::Programme& programme, pb::Financing& financing) {
  const std::int64_t days = days_between(command.value_date(), financing.due_date()) + command.grace_days();
  const Accrual accrual{command.rate_ppb(), days, programme.day_count_basis()};
  const Rounding rounding = programme.half_even() ? Rounding::HalfEven : Rounding::HalfAwayFromZero;
  const auto priced = straight_discount(financing.face(), accrual, command.fee().minor(), rounding);
  if (!priced) return Status::WrongAmount;
  financing.set_rate_ppb(command.rate_ppb());
  financing.set_value_date(command.value_date());
  financing.set_days(static_cast<std::uint32_t>(days));
  financing.set_discount(priced->discount);
  financing.set_fee(command.fee().minor());
  financing.set_proceeds(priced->proceeds);
  return Status::Applied;
}

Status check_disbursable(const pb::Financing& financing, const pb::Note& note,
                         const pb::Obligation& obligation, const ContractContext& context) {
  if (obligation.status() == pb::OBLIGATION_CONDITIONAL) return Status::ConditionPending;
  // The obligor may have paid a part since the terms were fixed: they are terms of another face.
  if (note.amount() != financing.face()) return Status::WrongAmount;
  const auto holder = context.find<pb::Member>(member_key(financing.holder()));
  if (!holder) return Status::UnknownMember;
  if (holder->suspended()) return Status::MemberSuspended;
  return check_financeable(invoice_of(obligation.id(), context).document(), context);
}

}  // namespace

bool before_disbursement(const pb::Financing& financing) {
  return financing.status() == pb::FINANCING_REQUESTED || financing.status() == pb::FINANCING_APPROVED;
}

void collect(const std::string& id, std::int64_t share, bool note_is_paid, ContractContext& context) {
  pb::Financing financing = financing_of(id, context);
  financing.set_collected(financing.collected() + share);
  financing.set_status(note_is_paid ? pb::FINANCING_SETTLED : pb::FINANCING_PART_REPAID);
  context.store(financing_key(id), financing);
  context.emit(note_is_paid ? "financing.settled" : "financing.part-repaid", id);
}

void end_before_disbursement(const std::string& id, const std::string& code, ContractContext& context) {
  pb::Financing financing = financing_of(id, context);
  AVAL_CHECK(before_disbursement(financing));
  financing.set_status(pb::FINANCING_CANCELLED);
  financing.set_code(code);
  context.store(financing_key(id), financing);
  context.emit("financing.cancelled", id, code);
}

Status apply(const pb::RequestFinancing& command, ContractContext& context) {
  if (!is_id(command.id()) || !is_id(command.note())) return Status::Malformed;
  if (context.exists(financing_key(command.id()))) return Status::AlreadyExists;
  auto note = context.find<pb::Note>(note_key(command.note()));
  if (!note) return Status::NotFound;
  if (note->controller() != context.sender()) return Status::NotController;
  if (const Status free = check_free(*note); free != Status::Applied) return free;
  const Status financier = check_financier(command.financier(), context);
  if (financier != Status::Applied) return financier;
  const pb::Obligation obligation = obligation_of(note->obligation(), context);
  const Status financeable = check_financeable(invoice_of(obligation.id(), context).document(), context);
  if (financeable != Status::Applied) return financeable;

  pb::Financing financing;
  financing.set_id(command.id());
  financing.set_note(command.note());
  financing.set_holder(context.sender());
  financing.set_financier(command.financier());
  financing.set_status(pb::FINANCING_REQUESTED);
  financing.set_face(note->amount());
  financing.set_currency(obligation.currency());
  financing.set_due_date(obligation.due_date());
  context.store(financing_key(command.id()), financing);
  note->set_status(pb::NOTE_LOCKED);
  note->set_financing(command.id());
  context.store(note_key(command.note()), *note);
  context.emit("financing.requested", command.id());
  return Status::Applied;
}

Status apply(const pb::ApproveFinancing& command, ContractContext& context) {
  if (!is_id(command.financing())) return Status::Malformed;
  auto financing = context.find<pb::Financing>(financing_key(command.financing()));
  if (!financing) return Status::NotFound;
  if (financing->financier() != context.sender()) return Status::NotPermitted;
  if (financing->status() != pb::FINANCING_REQUESTED) return Status::WrongState;
  if (const Status fee = check_fee(command, *financing); fee != Status::Applied) return fee;
  if (command.rate_ppb() > rate_ppb_max) return Status::WrongAmount;
  const pb::Programme programme = context.programme();
  if (const Status dates = check_dates(command, *financing, programme); dates != Status::Applied)
    return dates;
  financing->set_face(note_of(financing->note(), context).amount());
  if (const Status priced = price(command, programme, *financing); priced != Status::Applied) return priced;

  financing->set_status(pb::FINANCING_APPROVED);
  context.store(financing_key(command.financing()), *financing);
  context.emit("financing.approved", command.financing());
  return Status::Applied;
}

Status apply(const pb::Disburse& command, ContractContext& context) {
  if (!is_id(command.financing())) return Status::Malformed;
  auto financing = context.find<pb::Financing>(financing_key(command.financing()));
  if (!financing) return Status::NotFound;
  if (financing->financier() != context.sender()) return Status::NotPermitted;
  const bool is_again = mutated("disbursed-twice") && financing->status() == pb::FINANCING_DISBURSED;
  if (financing->status() != pb::FINANCING_APPROVED && !is_again) return Status::WrongState;
  pb::Note note = note_of(financing->note(), context);
  const pb::Obligation obligation = obligation_of(note.obligation(), context);
  const Status disbursable = check_disbursable(*financing, note, obligation, context);
  if (disbursable != Status::Applied) return disbursable;
  pb::Money proceeds;
  proceeds.set_currency(financing->currency());
  proceeds.set_minor(financing->proceeds());
  const Status paid = move_cash(financing->financier(), financing->holder(), proceeds, context);
  if (paid != Status::Applied) return paid;

  note.set_controller(financing->financier());
  note.set_status(pb::NOTE_ACTIVE);
  context.store(note_key(note.id()), note);
  financing->set_status(pb::FINANCING_DISBURSED);
  context.store(financing_key(command.financing()), *financing);
  mark_financed(invoice_of(obligation.id(), context).document(), context);
  context.emit("financing.disbursed", command.financing(), ledger::canonical(proceeds));
  return Status::Applied;
}

Status apply(const pb::CancelFinancing& command, ContractContext& context) {
  const bool known_code =
      std::find(cancel_codes.begin(), cancel_codes.end(), command.code()) != cancel_codes.end();
  if (!is_id(command.financing()) || !known_code) return Status::Malformed;
  const auto financing = context.find<pb::Financing>(financing_key(command.financing()));
  if (!financing) return Status::NotFound;
  const bool party = financing->holder() == context.sender() || financing->financier() == context.sender();
  if (!party) return Status::NotPermitted;
  if (!before_disbursement(*financing)) return Status::WrongState;

  end_before_disbursement(command.financing(), command.code(), context);
  pb::Note note = note_of(financing->note(), context);
  note.set_status(pb::NOTE_ACTIVE);
  note.clear_financing();
  context.store(note_key(note.id()), note);
  return Status::Applied;
}

}  // namespace aval::contracts
