#include "contracts/commands.h"
#include "contracts/keys.h"
#include "contracts/member.h"
#include "contracts/obligation.h"
#include "contracts/register_.h"
#include "contracts/shipment.h"

namespace aval::contracts {
namespace {

constexpr std::uint32_t commercial_invoice = 380;  // UNTDID 1001
constexpr std::uint32_t factored_invoice = 393;
constexpr std::uint32_t factored_credit_note = 396;
constexpr std::size_t number_bytes_max = 64;

bool well_formed(const pb::SubmitInvoice& command) {
  return is_id(command.id()) && is_id(command.seller()) && is_id(command.buyer()) &&
         is_text(command.number(), number_bytes_max) && is_digest(command.document_digest()) &&
         is_digest(command.fingerprint_x()) && is_digest(command.fingerprint_n1()) &&
         (command.fingerprint_p().empty() || is_digest(command.fingerprint_p()));
}

Status check_type(std::uint32_t type_code) {
  if (type_code == factored_invoice || type_code == factored_credit_note) return Status::AssignedInvoice;
  return type_code == commercial_invoice ? Status::Applied : Status::UnsupportedType;
}

Status check_buyer(const std::string& buyer, const ContractContext& context) {
  if (const Status other = check_other_party(buyer, context); other != Status::Applied) return other;
  const auto member = context.find<pb::Member>(member_key(buyer));
  return has_role(*member, pb::ROLE_TRADER) ? Status::Applied : Status::NotPermitted;
}

bool acceptance_window_over(const pb::Invoice& invoice, const ContractContext& context) {
  const UnixMillis window_ms = context.programme().acceptance_window_days() * day_ms;
  return context.block().time_ms > invoice.presented_time_ms() + window_ms;
}

/// A buyer may accept an earlier due date, but cannot give itself time the seller did not give.
bool due_date_in_bounds(Day due_date, const pb::SubmitInvoice& document) {
  return due_date >= document.issue_date() && due_date <= document.due_date();
}

Status check_acceptance(const pb::AcceptInvoice& command, const pb::Invoice& invoice,
                        const ContractContext& context) {
  const pb::SubmitInvoice& document = invoice.document();
  if (document.buyer() != context.sender()) return Status::NotPermitted;
  if (invoice.status() != pb::INVOICE_PRESENTED) return Status::WrongState;
  if (acceptance_window_over(invoice, context)) return Status::WrongDate;
  if (command.fingerprint_x() != document.fingerprint_x()) return Status::FingerprintMismatch;
  if (const Status money = check_money(command.amount()); money != Status::Applied) return money;
  if (command.amount().currency() != document.payable().currency()) return Status::WrongCurrency;
  if (command.amount().minor() > document.payable().minor()) return Status::WrongAmount;
  if (!due_date_in_bounds(command.due_date(), document)) return Status::WrongDate;
  if (!command.has_condition()) return Status::Applied;
  return check_condition(command.condition(), command.due_date(), context);
}

/// Ends an invoice on which nothing is owed: not accepted yet, or accepted under a condition that can
/// no longer be met.
Status end_invoice(pb::Invoice& invoice, pb::InvoiceStatus status, const std::string& register_code,
                   ContractContext& context) {
  const bool accepted =
      invoice.status() == pb::INVOICE_ACCEPTED || invoice.status() == pb::INVOICE_PART_ACCEPTED;
  if (!accepted && invoice.status() != pb::INVOICE_PRESENTED) return Status::WrongState;
  if (accepted) {
    pb::Obligation obligation = obligation_of(invoice.document().id(), context);
    if (!has_lapsed(obligation, context.today())) return Status::WrongState;
    void_obligation(obligation, context);
  }
  invoice.set_status(status);
  cancel_registration(invoice.document(), register_code, context);
  context.store(invoice_key(invoice.document().id()), invoice);
  return Status::Applied;
}

}  // namespace

Status apply(const pb::SubmitInvoice& command, ContractContext& context) {
  if (!well_formed(command)) return Status::Malformed;
  if (command.seller() != context.sender()) return Status::NotPermitted;
  if (!context.sender_has(pb::ROLE_TRADER)) return Status::NotPermitted;
  if (const Status type = check_type(command.type_code()); type != Status::Applied) return type;
  if (const Status money = check_money(command.payable()); money != Status::Applied) return money;
  if (command.due_date() < command.issue_date() || command.due_date() > day_max) return Status::WrongDate;
  if (const Status buyer = check_buyer(command.buyer(), context); buyer != Status::Applied) return buyer;
  if (context.exists(invoice_key(command.id()))) return Status::AlreadyExists;
  // The root note will have this id; a split of another note may have taken it.
  if (context.exists(note_key(command.id()))) return Status::AlreadyExists;
  const Status registered = register_invoice(command, context);
  if (registered != Status::Applied) return registered;

  pb::Invoice invoice;
  *invoice.mutable_document() = command;
  invoice.set_status(pb::INVOICE_PRESENTED);
  invoice.set_presented_height(ledger::number(context.block().height));
  invoice.set_presented_time_ms(context.block().time_ms);
  context.store(invoice_key(command.id()), invoice);
  context.emit("invoice.presented", command.id());
  return Status::Applied;
}

Status apply(const pb::AcceptInvoice& command, ContractContext& context) {
  if (!is_id(command.invoice()) || !is_digest(command.fingerprint_x())) return Status::Malformed;
  auto invoice = context.find<pb::Invoice>(invoice_key(command.invoice()));
  if (!invoice) return Status::NotFound;
  const Status checked = check_acceptance(command, *invoice, context);
  if (checked != Status::Applied) return checked;

  const bool whole = command.amount().minor() == invoice->document().payable().minor();
  invoice->set_status(whole ? pb::INVOICE_ACCEPTED : pb::INVOICE_PART_ACCEPTED);
  context.store(invoice_key(command.invoice()), *invoice);
  context.emit("invoice.accepted", command.invoice(), ledger::canonical(command.amount()));
  create_obligation(*invoice, command, context);
  return Status::Applied;
}

Status apply(const pb::RejectInvoice& command, ContractContext& context) {
  if (!is_id(command.invoice()) || !is_code(command.code())) return Status::Malformed;
  auto invoice = context.find<pb::Invoice>(invoice_key(command.invoice()));
  if (!invoice) return Status::NotFound;
  if (invoice->document().buyer() != context.sender()) return Status::NotPermitted;
  invoice->set_code(command.code());
  const Status ended = end_invoice(*invoice, pb::INVOICE_REJECTED, "RJCT", context);
  if (ended != Status::Applied) return ended;

  context.emit("invoice.rejected", command.invoice(), command.code());
  return Status::Applied;
}

Status apply(const pb::WithdrawInvoice& command, ContractContext& context) {
  if (!is_id(command.invoice())) return Status::Malformed;
  auto invoice = context.find<pb::Invoice>(invoice_key(command.invoice()));
  if (!invoice) return Status::NotFound;
  if (invoice->document().seller() != context.sender()) return Status::NotPermitted;
  const Status ended = end_invoice(*invoice, pb::INVOICE_WITHDRAWN, "WITH", context);
  if (ended != Status::Applied) return ended;

  context.emit("invoice.withdrawn", command.invoice());
  return Status::Applied;
}

}  // namespace aval::contracts
