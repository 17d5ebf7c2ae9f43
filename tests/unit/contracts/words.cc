#include "crypto/hash.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts {

pb::Money money(std::int64_t minor, const std::string& currency) {
  pb::Money made;
  made.set_currency(currency);
  made.set_minor(minor);
  return made;
}

Bytes fingerprint(const std::string& tier, const std::string& text) {
  return Bytes(crypto::sha256(tier + " " + text).view());
}

pb::Command submit(const InvoiceFields& fields) {
  pb::Command command;
  pb::SubmitInvoice& invoice = *command.mutable_submit_invoice();
  invoice.set_id(fields.id);
  invoice.set_seller(fields.seller);
  invoice.set_buyer(fields.buyer);
  invoice.set_number(fields.number);
  invoice.set_issue_date(fields.issued);
  invoice.set_due_date(fields.due);
  *invoice.mutable_payable() = money(fields.amount, fields.currency);
  invoice.set_type_code(380);
  invoice.set_document_digest(Bytes(crypto::tagged(crypto::Tag::Document, fields.number).view()));
  invoice.set_fingerprint_x(fingerprint("x", fields.number + std::to_string(fields.amount)));
  invoice.set_fingerprint_n1(fingerprint("n1", fields.number));
  if (!fields.purchase_order.empty()) invoice.set_fingerprint_p(fingerprint("p", fields.purchase_order));
  return command;
}

pb::Command accept(const InvoiceFields& fields) {
  pb::Command command;
  pb::AcceptInvoice& acceptance = *command.mutable_accept_invoice();
  acceptance.set_invoice(fields.id);
  *acceptance.mutable_amount() = money(fields.amount, fields.currency);
  acceptance.set_due_date(fields.due);
  acceptance.set_fingerprint_x(fingerprint("x", fields.number + std::to_string(fields.amount)));
  return command;
}

pb::Command accept_if(const pb::Condition& condition, const InvoiceFields& fields) {
  pb::Command command = accept(fields);
  *command.mutable_accept_invoice()->mutable_condition() = condition;
  return command;
}

pb::Command reject(const std::string& invoice, const std::string& code) {
  pb::Command command;
  command.mutable_reject_invoice()->set_invoice(invoice);
  command.mutable_reject_invoice()->set_code(code);
  return command;
}

pb::Command withdraw(const std::string& invoice) {
  pb::Command command;
  command.mutable_withdraw_invoice()->set_invoice(invoice);
  return command;
}

pb::Command request(const std::string& id, const std::string& note, const std::string& financier) {
  pb::Command command;
  command.mutable_request_financing()->set_id(id);
  command.mutable_request_financing()->set_note(note);
  command.mutable_request_financing()->set_financier(financier);
  return command;
}

pb::Command approve(const std::string& financing, std::uint64_t rate_ppb, std::int64_t fee, Day value_date,
                    std::uint32_t grace_days) {
  pb::Command command;
  pb::ApproveFinancing& terms = *command.mutable_approve_financing();
  terms.set_financing(financing);
  terms.set_rate_ppb(rate_ppb);
  terms.set_value_date(value_date);
  terms.set_grace_days(grace_days);
  if (fee != 0) *terms.mutable_fee() = money(fee);
  return command;
}

pb::Command disburse(const std::string& financing) {
  pb::Command command;
  command.mutable_disburse()->set_financing(financing);
  return command;
}

pb::Command cancel(const std::string& financing, const std::string& code) {
  pb::Command command;
  command.mutable_cancel_financing()->set_financing(financing);
  command.mutable_cancel_financing()->set_code(code);
  return command;
}

pb::Command issue(const std::string& to, std::int64_t minor, const std::string& currency) {
  pb::Command command;
  command.mutable_issue_cash()->set_to(to);
  *command.mutable_issue_cash()->mutable_amount() = money(minor, currency);
  return command;
}

pb::Command redeem(const std::string& from, std::int64_t minor, const std::string& bank) {
  pb::Command command;
  command.mutable_redeem_cash()->set_from(from);
  command.mutable_redeem_cash()->set_cash_bank(bank);
  *command.mutable_redeem_cash()->mutable_amount() = money(minor);
  return command;
}

pb::Command transfer_cash(const std::string& to, std::int64_t minor, const std::string& currency) {
  pb::Command command;
  command.mutable_transfer_cash()->set_to(to);
  *command.mutable_transfer_cash()->mutable_amount() = money(minor, currency);
  return command;
}

pb::Command pay(const std::string& obligation, std::int64_t minor, const std::string& end_to_end_id,
                const std::string& currency) {
  pb::Command command;
  command.mutable_pay()->set_obligation(obligation);
  *command.mutable_pay()->mutable_amount() = money(minor, currency);
  command.mutable_pay()->set_end_to_end_id(end_to_end_id);
  return command;
}

pb::Command transfer_note(const std::string& note, const std::string& to) {
  pb::Command command;
  command.mutable_transfer_note()->set_note(note);
  command.mutable_transfer_note()->set_to(to);
  return command;
}

pb::Command split(const std::string& note, const std::vector<std::int64_t>& parts) {
  pb::Command command;
  command.mutable_split_note()->set_note(note);
  for (const std::int64_t part : parts) command.mutable_split_note()->add_parts(part);
  return command;
}

pb::Command revoke_device(const std::string& device) {
  pb::Command command;
  command.mutable_revoke_device()->set_device(device);
  return command;
}

pb::Command revoke_key(const std::string& key) {
  pb::Command command;
  command.mutable_revoke_key()->set_public_key(Bytes(public_key(key).view()));
  return command;
}

pb::Command attest(const Bytes& cose_sign1) {
  pb::Command command;
  command.mutable_attest()->set_cose_sign1(cose_sign1);
  return command;
}

pb::Condition loaded(std::uint32_t threshold) {
  pb::Condition condition;
  condition.set_shipment("shp-1");
  condition.set_container("MSKU1234565");
  condition.add_milestones("LOAD");
  for (const char* device : {"device-1", "device-2", "device-3"}) condition.add_devices(device);
  condition.set_threshold(threshold);
  condition.set_by_date(first_day + 30);
  return condition;
}

Attestation statement(const std::string& device, std::uint64_t counter, UnixMillis time_ms,
                      const std::string& milestone) {
  return {"shp-1", "MSKU1234565", device, counter, milestone, time_ms};
}

Bytes signed_statement(const crypto::Digest& chain_id, const Attestation& attestation,
                       const std::string& key) {
  const Bytes payload = encode_attestation(attestation);
  return encode_cose_sign1({payload, private_key(key).sign(attestation_signing_digest(chain_id, payload))});
}

pb::Command attested(const World& world, const std::string& device, std::uint64_t counter,
                     const std::string& milestone) {
  return attest(signed_statement(world.block.chain_id,
                                 statement(device, counter, world.block.time_ms, milestone), device));
}

}  // namespace aval::contracts
