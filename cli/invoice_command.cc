#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/flags.h"
#include "cli/invoice_file.h"
#include "cli/invoice_view.h"
#include "cli/text.h"
#include "cli/write_command.h"

namespace aval::cli {
namespace {

namespace pb = contracts::pb;

struct SubmitFlags {
  WriteFlags write;
  std::string file;
  std::string id;
  std::string due;
  std::string buyer;
};

/// Readable and the same every time: the number, after the seller's id.
std::string invoice_id_for(const InvoiceFile& file) {
  return (file.seller + "-" + slug(file.invoice.number)).substr(0, id_bytes_max);
}

Result<std::uint32_t> due_date_of(const InvoiceFile& file, const SubmitFlags& flags) {
  if (!flags.due.empty()) return parse_day(flags.due, "--due");
  if (file.invoice.due_date != 0) return file.invoice.due_date;
  return unexpected(Error::Code::Refused, "BT-9: the invoice has no due date, only payment terms in words");
}

pb::Command submit_command(const InvoiceFile& file, const std::string& id, std::uint32_t due_date) {
  const UblInvoice& invoice = file.invoice;
  pb::Command command;
  auto& submit = *command.mutable_submit_invoice();
  submit.set_id(id);
  submit.set_seller(file.seller);
  submit.set_buyer(file.buyer);
  submit.set_number(invoice.number);
  submit.set_issue_date(invoice.issue_date);
  submit.set_due_date(due_date);
  submit.mutable_payable()->set_currency(invoice.currency);
  submit.mutable_payable()->set_minor(invoice.payable_minor);
  submit.set_type_code(invoice.type_code);
  submit.set_document_digest(Bytes(invoice.document_digest.view()));
  submit.set_fingerprint_x(Bytes(file.fingerprint_x.view()));
  submit.set_fingerprint_n1(Bytes(file.fingerprint_n1.view()));
  if (!file.fingerprint_p.is_zero()) submit.set_fingerprint_p(Bytes(file.fingerprint_p.view()));
  return command;
}

Result<int> invoice_submit(const Session& session, const SubmitFlags& flags) {
  AVAL_ASSIGN(const auto file, read_invoice_file(session, flags.file, {flags.write.as, flags.buyer}));
  AVAL_ASSIGN(const std::uint32_t due_date, due_date_of(file, flags));
  const std::string id = flags.id.empty() ? invoice_id_for(file) : flags.id;
  const std::string amount = money_text(file.invoice.payable_minor, file.invoice.currency);
  Report report;
  report.object = {{"id", id}, {"seller", file.seller}, {"buyer", file.buyer}};
  report.done =
      "invoice " + id + " over " + amount + ", due " + day_text(due_date) + ", presented to " + file.buyer;
  report.next = "aval invoice accept " + id;
  return send(session, flags.write, file.seller, submit_command(file, id, due_date), report);
}

struct AcceptFlags {
  WriteFlags write;
  std::string id;
  std::string amount;
  std::string due;
  std::string condition;
  std::string document;
};

/// The buyer's own fingerprint: from its copy of the document where it gives one, else from what the
/// ledger shows it. Either way a seller who declared another invoice's fingerprint is found out.
Result<crypto::Digest> own_fingerprint(const Session& session, const pb::SubmitInvoice& document,
                                       const std::string& file) {
  crypto::Digest own;
  if (file.empty()) {
    AVAL_ASSIGN(const Bytes key, session.register_key());
    own = fingerprint_x_of(key, document);
  } else {
    AVAL_ASSIGN(const auto copy, read_invoice_file(session, file, {document.seller(), document.buyer()}));
    own = copy.fingerprint_x;
  }
  if (own.view() == ByteView(document.fingerprint_x())) return own;
  return unexpected(Error::Code::Refused,
                    "AVFM: the fingerprint that the seller declared is not that of this invoice");
}

Result<pb::Command> accept_command(const Session& session, const AcceptFlags& flags,
                                   const pb::SubmitInvoice& document) {
  pb::Command command;
  auto& accept = *command.mutable_accept_invoice();
  accept.set_invoice(flags.id);
  *accept.mutable_amount() = document.payable();
  if (!flags.amount.empty()) {
    AVAL_ASSIGN(*accept.mutable_amount(), parse_money(flags.amount, document.payable().currency()));
  }
  accept.set_due_date(document.due_date());
  if (!flags.due.empty()) {
    AVAL_ASSIGN(const std::uint32_t due_date, parse_day(flags.due, "--due"));
    accept.set_due_date(due_date);
  }
  if (!flags.condition.empty()) {
    AVAL_ASSIGN(*accept.mutable_condition(), parse_condition(flags.condition, accept.due_date()));
  }
  AVAL_ASSIGN(const crypto::Digest own, own_fingerprint(session, document, flags.document));
  accept.set_fingerprint_x(Bytes(own.view()));
  return command;
}

Result<int> invoice_accept(const Session& session, const AcceptFlags& flags) {
  AVAL_ASSIGN(const auto invoice, read<pb::Invoice>(session, "invoice", flags.id));
  AVAL_ASSIGN(const auto command, accept_command(session, flags, invoice.document()));
  const auto& accept = command.accept_invoice();
  const std::string amount = money_text(accept.amount().minor(), accept.amount().currency());
  const std::string& buyer = flags.write.as.empty() ? invoice.document().buyer() : flags.write.as;
  Report report;
  report.object = {{"id", flags.id}, {"buyer", buyer}};
  report.done = buyer + " owes " + amount + " on " + day_text(accept.due_date()) +
                (accept.has_condition() ? ", once the condition is met" : ", irrevocably");
  report.next = "aval finance request " + flags.id + " --financier BANK";
  return send(session, flags.write, buyer, command, report);
}

struct EndFlags {
  WriteFlags write;
  std::string id;
  std::string code;
};

Result<int> invoice_reject(const Session& session, const EndFlags& flags) {
  AVAL_ASSIGN(const auto invoice, read<pb::Invoice>(session, "invoice", flags.id));
  pb::Command command;
  command.mutable_reject_invoice()->set_invoice(flags.id);
  command.mutable_reject_invoice()->set_code(flags.code);
  const std::string& buyer = flags.write.as.empty() ? invoice.document().buyer() : flags.write.as;
  return send(session, flags.write, buyer, command,
              {{{"id", flags.id}}, "invoice " + flags.id + " rejected: " + flags.code, ""});
}

Result<int> invoice_withdraw(const Session& session, const EndFlags& flags) {
  AVAL_ASSIGN(const auto invoice, read<pb::Invoice>(session, "invoice", flags.id));
  pb::Command command;
  command.mutable_withdraw_invoice()->set_invoice(flags.id);
  const std::string& seller = flags.write.as.empty() ? invoice.document().seller() : flags.write.as;
  return send(session, flags.write, seller, command,
              {{{"id", flags.id}}, "invoice " + flags.id + " withdrawn", ""});
}

void add_submit(CLI::App& group, Session& session, Chosen& chosen) {
  auto flags = std::make_shared<SubmitFlags>();
  auto* command = group.add_subcommand("submit", "Check a UBL 2.1 invoice and present it to its buyer");
  command->add_option("FILE", flags->file, "Invoice, UBL 2.1 as EN 16931 wants it")->required();
  command->add_option("--id", flags->id, "Id on the ledger, [a-z0-9-] (default: seller and number)");
  command->add_option("--due", flags->due, "Due date, where the invoice only has terms in words")
      ->type_name("DATE");
  command
      ->add_option("--buyer", flags->buyer,
                   "Member that the buyer is, where the invoice does not identify it")
      ->type_name("MEMBER");
  add_write_flags(*command, session, flags->write, "the seller on the invoice");
  command->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return invoice_submit(session, *flags); }); };
  });
}

void add_accept(CLI::App& group, Session& session, Chosen& chosen) {
  auto flags = std::make_shared<AcceptFlags>();
  auto* command = group.add_subcommand("accept", "Make the invoice an irrevocable debt of its buyer");
  command->add_option("ID", flags->id, "Invoice")->required();
  command->add_option("--amount", flags->amount, "Accept this much of it (default: all)");
  command->add_option("--due", flags->due, "Accept to pay earlier (default: as invoiced)")->type_name("DATE");
  command->add_option("--condition", flags->condition,
                      "shipment=S,container=C,milestones=LOAD+DISC,devices=D1+D2,k=2,by=DATE");
  command->add_option("--document", flags->document, "The buyer's own copy of the invoice, to compare with")
      ->type_name("FILE");
  add_write_flags(*command, session, flags->write, "the buyer of the invoice");
  command->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return invoice_accept(session, *flags); }); };
  });
}

void add_ends(CLI::App& group, Session& session, Chosen& chosen) {
  auto flags = std::make_shared<EndFlags>();
  auto* reject = group.add_subcommand("reject", "Refuse an invoice as its buyer");
  reject->add_option("ID", flags->id, "Invoice")->required();
  reject->add_option("--code", flags->code, "Reason, such as DISP or NOGR")->required();
  add_write_flags(*reject, session, flags->write, "the buyer of the invoice");
  reject->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return invoice_reject(session, *flags); }); };
  });
  auto* withdraw =
      group.add_subcommand("withdraw", "Take an invoice back as its seller, while nothing is owed");
  withdraw->add_option("ID", flags->id, "Invoice")->required();
  add_write_flags(*withdraw, session, flags->write, "the seller of the invoice");
  withdraw->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return invoice_withdraw(session, *flags); }); };
  });
}

}  // namespace

void add_invoice_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("invoice", "Submit, accept, reject and look at invoices");
  group->require_subcommand(1);
  add_submit(*group, session, chosen);
  add_accept(*group, session, chosen);
  add_ends(*group, session, chosen);
  add_invoice_views(*group, session, chosen);
}

}  // namespace aval::cli
