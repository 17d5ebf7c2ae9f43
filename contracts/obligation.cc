#include "contracts/obligation.h"

#include "contracts/financing.h"
#include "contracts/keys.h"
#include "contracts/shipment.h"
#include "crypto/base/mutant.h"
#include "crypto/hash.h"

namespace aval::contracts {
namespace {

/// What a title stands for, and never changes (I12): the document and the acceptance as signed.
Bytes terms_hash(const pb::Invoice& invoice, const pb::AcceptInvoice& command) {
  const Bytes acceptance = ledger::canonical(command);
  return Bytes(crypto::tagged(crypto::Tag::Terms, {invoice.document().document_digest(), acceptance}).view());
}

void create_root_note(const pb::Obligation& obligation, const std::string& seller, ContractContext& context) {
  pb::Note note;
  note.set_id(obligation.id());
  note.set_obligation(obligation.id());
  note.set_controller(seller);
  note.set_amount(obligation.accepted());
  note.set_status(pb::NOTE_ACTIVE);
  note.set_terms_hash(obligation.terms_hash());
  context.store(note_key(note.id()), note);
}

void cancel_note(const std::string& id, ContractContext& context) {
  pb::Note note = note_of(id, context);
  if (!note.financing().empty()) end_before_disbursement(note.financing(), "EXND", context);
  note.clear_financing();
  note.set_status(pb::NOTE_CANCELLED);
  context.store(note_key(id), note);
}

template <class Entity>
Entity must_find(const std::string& key, const ContractContext& context) {
  auto entity = context.find<Entity>(key);
  AVAL_CHECK(entity.has_value());
  return *std::move(entity);
}

}  // namespace

void create_obligation(const pb::Invoice& invoice, const pb::AcceptInvoice& command,
                       ContractContext& context) {
  pb::Obligation obligation;
  obligation.set_id(command.invoice());
  obligation.set_obligor(invoice.document().buyer());
  obligation.set_currency(command.amount().currency());
  obligation.set_accepted(command.amount().minor());
  obligation.set_outstanding(command.amount().minor());
  obligation.set_due_date(command.due_date());
  obligation.set_status(pb::OBLIGATION_UNCONDITIONAL);
  obligation.set_terms_hash(terms_hash(invoice, command));
  obligation.add_notes(obligation.id());
  create_root_note(obligation, invoice.document().seller(), context);
  if (command.has_condition()) {
    obligation.set_status(pb::OBLIGATION_CONDITIONAL);
    *obligation.mutable_condition() = command.condition();
    open_condition(obligation, context);
  }
  context.store(obligation_key(obligation.id()), obligation);
}

bool has_lapsed(const pb::Obligation& obligation, Day today) {
  return obligation.status() == pb::OBLIGATION_CONDITIONAL && today > obligation.condition().by_date();
}

void void_obligation(pb::Obligation& obligation, ContractContext& context) {
  for (const std::string& note : obligation.notes()) cancel_note(note, context);
  close_condition(obligation, context);
  obligation.clear_notes();
  obligation.set_outstanding(0);
  obligation.set_status(pb::OBLIGATION_VOID);
  context.store(obligation_key(obligation.id()), obligation);
  context.emit("obligation.void", obligation.id());
}

pb::Note note_of(const std::string& id, const ContractContext& context) {
  return must_find<pb::Note>(note_key(id), context);
}

pb::Obligation obligation_of(const std::string& id, const ContractContext& context) {
  return must_find<pb::Obligation>(obligation_key(id), context);
}

pb::Invoice invoice_of(const std::string& id, const ContractContext& context) {
  return must_find<pb::Invoice>(invoice_key(id), context);
}

Status check_free(const pb::Note& note) {
  if (mutated("note-financed-twice")) return Status::Applied;
  if (note.status() == pb::NOTE_LOCKED || !note.financing().empty()) return Status::NoteLocked;
  return note.status() == pb::NOTE_ACTIVE ? Status::Applied : Status::WrongState;
}

}  // namespace aval::contracts
