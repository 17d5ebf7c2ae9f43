#include "contracts/register_.h"

#include <algorithm>

#include "contracts/keys.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

/// The chain itself keeps every attempt; the entry names the first ones.
constexpr int duplicates_max = 32;

bool is_registered(const pb::RegisterEntry& entry) {
  return entry.status() != pb::REGISTER_NONE && entry.status() != pb::CANC;
}

pb::RegisterEntry entry_at(const std::string& key, const ContractContext& context) {
  return context.find<pb::RegisterEntry>(key).value_or(pb::RegisterEntry());
}

void remember(pb::RegisterEntry& entry, const std::string& invoice) {
  const auto& known = entry.duplicates();
  if (entry.duplicates_size() >= duplicates_max) return;
  if (std::find(known.begin(), known.end(), invoice) == known.end()) entry.add_duplicates(invoice);
}

/// A free fingerprint passes to `invoice`; whoever held it before stays on record.
void take_over(pb::RegisterEntry& entry, const std::string& invoice, pb::RegisterStatus status) {
  if (!entry.invoice().empty()) remember(entry, entry.invoice());
  entry.set_invoice(invoice);
  entry.set_status(status);
  entry.clear_code();
}

/// Enters a warning tier; true when a live invoice was there before.
bool enter_warning_tier(const char* tier, const Bytes& fingerprint, const std::string& invoice,
                        ContractContext& context) {
  if (fingerprint.empty()) return false;
  const std::string key = register_key(tier, fingerprint);
  pb::RegisterEntry entry = entry_at(key, context);
  const bool seen = is_registered(entry);
  if (seen) {
    remember(entry, invoice);
    entry.set_status(pb::REDU);
    context.emit("register.duplicate", invoice, entry.invoice());
  } else {
    take_over(entry, invoice, pb::REGU);
  }
  context.store(key, entry);
  return seen;
}

void change_exact_tier(const pb::SubmitInvoice& document, pb::RegisterStatus status,
                       ContractContext& context) {
  const std::string key = register_key("x", document.fingerprint_x());
  pb::RegisterEntry entry = entry_at(key, context);
  AVAL_CHECK(entry.invoice() == document.id());
  entry.set_status(status);
  context.store(key, entry);
}

void cancel_tier(const char* tier, const Bytes& fingerprint, const std::string& invoice,
                 const std::string& code, ContractContext& context) {
  if (fingerprint.empty()) return;
  const std::string key = register_key(tier, fingerprint);
  pb::RegisterEntry entry = entry_at(key, context);
  if (entry.invoice() != invoice) return;  // only flagged there, never its holder
  entry.set_status(pb::CANC);
  entry.set_code(code);
  context.store(key, entry);
}

}  // namespace

Status register_invoice(const pb::SubmitInvoice& document, ContractContext& context) {
  const std::string key = register_key("x", document.fingerprint_x());
  pb::RegisterEntry entry = entry_at(key, context);
  if (entry.status() == pb::FNCD) return Status::DuplicateFinanced;
  if (is_registered(entry) && !mutated("document-registered-twice")) return Status::DuplicateRegistered;

  const bool seen_n1 = enter_warning_tier("n1", document.fingerprint_n1(), document.id(), context);
  const bool seen_p = enter_warning_tier("p", document.fingerprint_p(), document.id(), context);
  take_over(entry, document.id(), seen_n1 || seen_p ? pb::REDU : pb::REGU);
  context.store(key, entry);
  return Status::Applied;
}

Status check_financeable(const pb::SubmitInvoice& document, const ContractContext& context) {
  const pb::RegisterEntry entry = entry_at(register_key("x", document.fingerprint_x()), context);
  return is_registered(entry) && entry.invoice() == document.id() ? Status::Applied : Status::DuplicateFinanced;
}

void mark_financed(const pb::SubmitInvoice& document, ContractContext& context) {
  change_exact_tier(document, pb::FNCD, context);
}

void close_registration(const pb::SubmitInvoice& document, ContractContext& context) {
  change_exact_tier(document, pb::OBSA, context);
}

void cancel_registration(const pb::SubmitInvoice& document, const std::string& code,
                         ContractContext& context) {
  cancel_tier("x", document.fingerprint_x(), document.id(), code, context);
  cancel_tier("n1", document.fingerprint_n1(), document.id(), code, context);
  cancel_tier("p", document.fingerprint_p(), document.id(), code, context);
}

}  // namespace aval::contracts
