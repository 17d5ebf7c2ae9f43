#pragma once

#include "contracts/context.h"

/// The buyer's debt and the title to it.
namespace aval::contracts {

/// Splitting beyond this many live notes is refused, so that a payment's work is bounded.
constexpr int live_notes_max = 128;

/// Creates the obligation of an invoice that `command` accepts, and its root note to the seller (I4).
/// The command has passed all its guards.
void create_obligation(const pb::Invoice& invoice, const pb::AcceptInvoice& command,
                       ContractContext& context);

/// True when the obligation waits for a condition whose date has passed: it will never be owed.
bool has_lapsed(const pb::Obligation& obligation, Day today);

/// Ends a lapsed obligation: its notes are cancelled and any financing still before its
/// disbursement with them.
void void_obligation(pb::Obligation& obligation, ContractContext& context);

/// What a note or obligation of the state names must exist too; these read it.
pb::Note note_of(const std::string& id, const ContractContext& context);
pb::Obligation obligation_of(const std::string& id, const ContractContext& context);
pb::Invoice invoice_of(const std::string& id, const ContractContext& context);

/// NoteLocked when the note is bound to an open financing (I9), WrongState when it no longer lives.
Status check_free(const pb::Note& note);

}  // namespace aval::contracts
