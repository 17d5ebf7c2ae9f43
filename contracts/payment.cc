#include "contracts/cash.h"
#include "contracts/commands.h"
#include "contracts/financing.h"
#include "contracts/keys.h"
#include "contracts/obligation.h"
#include "contracts/register_.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

constexpr std::size_t end_to_end_id_bytes_max = 35;  // ISO 20022

bool is_payable(const pb::Obligation& obligation) {
  return obligation.status() == pb::OBLIGATION_UNCONDITIONAL ||
         obligation.status() == pb::OBLIGATION_PART_PAID;
}

bool has_funds(const pb::Money& amount, const ContractContext& context) {
  const auto account = context.find<pb::CashAccount>(cash_key(amount.currency(), context.sender()));
  return account && account->balance() >= amount.minor();
}

Status check_payment(const pb::Pay& command, const pb::Obligation& obligation,
                     const ContractContext& context) {
  if (obligation.obligor() != context.sender()) return Status::NotPermitted;
  const bool was_paid = context.exists(payment_key(context.sender(), command.end_to_end_id()));
  if (was_paid && !mutated("payment-reference-used-twice")) return Status::ReferenceReused;
  if (obligation.status() == pb::OBLIGATION_CONDITIONAL) return Status::ConditionPending;
  if (!is_payable(obligation)) return Status::WrongState;
  if (command.amount().currency() != obligation.currency()) return Status::WrongCurrency;
  if (command.amount().minor() > obligation.outstanding()) return Status::WrongAmount;
  // Checked for the whole, because an obligor that holds a note of its own debt pays itself a part.
  return has_funds(command.amount(), context) ? Status::Applied : Status::InsufficientFunds;
}

/// What the payment does to the financing that the note is bound to, if any.
void settle_financing(const pb::Note& note, std::int64_t share, ContractContext& context) {
  if (note.financing().empty()) return;
  if (note.status() == pb::NOTE_ACTIVE) return collect(note.financing(), share, note.amount() == 0, context);
  // Locked for a financing that has not been disbursed; one over a paid note never can be.
  if (note.amount() == 0) end_before_disbursement(note.financing(), "OBSA", context);
}

Status pay_note(pb::Note& note, std::int64_t share, const pb::Pay& command, ContractContext& context) {
  pb::Money cash = command.amount();
  cash.set_minor(share);
  const Status paid = move_cash(context.sender(), note.controller(), cash, context);
  if (paid != Status::Applied) return paid;
  note.set_amount(note.amount() - share);
  settle_financing(note, share, context);
  context.emit("note.collected", note.id(), ledger::canonical(cash));
  if (note.amount() == 0) {
    note.set_status(pb::NOTE_PAID);
    note.clear_financing();
  }
  context.store(note_key(note.id()), note);
  return Status::Applied;
}

/// Shares the payment over the live notes by largest remainder and drops those that are paid.
Status distribute(const pb::Pay& command, pb::Obligation& obligation, ContractContext& context) {
  std::vector<pb::Note> notes;
  std::vector<std::int64_t> faces;
  for (const std::string& id : obligation.notes()) {
    notes.push_back(note_of(id, context));
    faces.push_back(notes.back().amount());
  }
  const auto shares = allocate(command.amount().minor(), faces);
  AVAL_CHECK(shares.has_value());  // faces sum to what is outstanding, which is above zero (I4)
  obligation.clear_notes();
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const std::int64_t share = (*shares)[i];
    const Status paid = share > 0 ? pay_note(notes[i], share, command, context) : Status::Applied;
    if (paid != Status::Applied) return paid;
    if (notes[i].amount() > 0) obligation.add_notes(notes[i].id());
  }
  return Status::Applied;
}

void record_payment(const pb::Pay& command, ContractContext& context) {
  pb::Payment payment;
  payment.set_obligation(command.obligation());
  payment.set_amount(command.amount().minor());
  payment.set_height(ledger::number(context.block().height));
  context.store(payment_key(context.sender(), command.end_to_end_id()), payment);
}

void discharge(pb::Obligation& obligation, ContractContext& context) {
  obligation.set_status(pb::OBLIGATION_DISCHARGED);
  pb::Invoice invoice = invoice_of(obligation.id(), context);
  invoice.set_status(pb::INVOICE_CLOSED);
  context.store(invoice_key(obligation.id()), invoice);
  close_registration(invoice.document(), context);
  context.emit("obligation.discharged", obligation.id());
}

}  // namespace

Status apply(const pb::Pay& command, ContractContext& context) {
  if (!is_id(command.obligation())) return Status::Malformed;
  if (!is_text(command.end_to_end_id(), end_to_end_id_bytes_max)) return Status::Malformed;
  if (const Status money = check_money(command.amount()); money != Status::Applied) return money;
  auto obligation = context.find<pb::Obligation>(obligation_key(command.obligation()));
  if (!obligation) return Status::NotFound;
  const Status checked = check_payment(command, *obligation, context);
  if (checked != Status::Applied) return checked;
  const Status distributed = distribute(command, *obligation, context);
  if (distributed != Status::Applied) return distributed;

  record_payment(command, context);
  obligation->set_paid(obligation->paid() + command.amount().minor());
  obligation->set_outstanding(obligation->outstanding() - command.amount().minor());
  obligation->set_status(pb::OBLIGATION_PART_PAID);
  context.emit("obligation.paid", obligation->id(), ledger::canonical(command.amount()));
  if (obligation->outstanding() == 0) discharge(*obligation, context);
  context.store(obligation_key(obligation->id()), *obligation);
  return Status::Applied;
}

}  // namespace aval::contracts
