#include <CLI/CLI.hpp>
#include <set>

#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/flags.h"
#include "cli/members.h"
#include "cli/write_command.h"
#include "crypto/random.h"
#include "contracts/currency.h"

namespace aval::cli {
namespace {

using nlohmann::json;
namespace pb = contracts::pb;

struct CashFlags {
  WriteFlags write;
  std::string subject;  // member, or obligation
  std::string to;
  std::string from;
  std::string bank;
  std::string amount;
  std::string currency;
  std::string reference;
};

/// An end-to-end id names one payment for ever (ISO 20022: at most 35 characters).
std::string reference_of(const CashFlags& flags) {
  return flags.reference.empty() ? to_hex(crypto::random_bytes(16)) : flags.reference;
}

Result<int> cash_issue(const Session& session, const CashFlags& flags) {
  AVAL_ASSIGN(const auto amount, parse_money(flags.amount, flags.currency));
  pb::Command command;
  auto& issue = *command.mutable_issue_cash();
  issue.set_to(flags.to);
  *issue.mutable_amount() = amount;
  issue.set_reference(reference_of(flags));
  Report report;
  report.object = {{"to", flags.to}, {"reference", issue.reference()}};
  report.done =
      flags.write.as + " issued " + money_text(amount.minor(), amount.currency()) + " to " + flags.to;
  return send(session, flags.write, flags.write.as, command, report);
}

Result<int> cash_redeem(const Session& session, const CashFlags& flags) {
  AVAL_ASSIGN(const auto amount, parse_money(flags.amount, flags.currency));
  pb::Command command;
  auto& redeem = *command.mutable_redeem_cash();
  redeem.set_from(flags.from);
  redeem.set_cash_bank(flags.bank);
  *redeem.mutable_amount() = amount;
  redeem.set_reference(reference_of(flags));
  Report report;
  report.object = {{"from", flags.from}, {"reference", redeem.reference()}};
  report.done =
      flags.bank + " redeemed " + money_text(amount.minor(), amount.currency()) + " of " + flags.from;
  return send(session, flags.write, flags.from, command, report, {flags.bank});
}

Result<int> cash_transfer(const Session& session, const CashFlags& flags) {
  AVAL_ASSIGN(const auto amount, parse_money(flags.amount, flags.currency));
  pb::Command command;
  auto& transfer = *command.mutable_transfer_cash();
  transfer.set_to(flags.to);
  *transfer.mutable_amount() = amount;
  transfer.set_reference(reference_of(flags));
  Report report;
  report.object = {{"to", flags.to}, {"reference", transfer.reference()}};
  report.done = flags.write.as + " sent " + money_text(amount.minor(), amount.currency()) + " to " + flags.to;
  return send(session, flags.write, flags.write.as, command, report);
}

/// Every currency that some cash bank of the network keeps.
std::set<std::string> currencies_of(const pb::Genesis& genesis) {
  std::set<std::string> out;
  for (const auto& member : genesis.members()) {
    out.insert(member.cash_currencies().begin(), member.cash_currencies().end());
  }
  return out;
}

Result<int> cash_show(const Session& session, const CashFlags& flags) {
  AVAL_ASSIGN(const auto genesis, session.genesis());
  if (find_member(genesis.document, flags.subject) == nullptr) {
    return unexpected(Error::Code::Refused,
                      "AVUM: no member of this network is called '" + flags.subject + "'");
  }
  auto currencies = currencies_of(genesis.document);
  if (!flags.currency.empty()) {
    if (!contracts::is_currency(flags.currency))
      return unexpected(Error::Code::Malformed, "'" + flags.currency + "' is not a currency code of ISO 4217");
    currencies = {flags.currency};
  }
  json accounts = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& currency : currencies) {
    AVAL_ASSIGN(const auto entity, read_proved(session, "cash", currency + "-" + flags.subject));
    if (!entity.value) continue;
    pb::CashAccount account;
    AVAL_TRY(parse_proved(entity, account));
    AVAL_ASSIGN(json view, view_of(entity));
    accounts.push_back(std::move(view));
    rows.push_back({currency, money_text(account.balance(), currency)});
  }
  print(session, {{"member", flags.subject}, {"accounts", accounts}},
        rows.empty() ? flags.subject + " has no cash account" +
                           (flags.currency.empty() ? "" : " in " + flags.currency) + "\n"
                     : table({"currency", "balance"}, rows));
  return exit_ok;
}

Result<int> pay(const Session& session, const CashFlags& flags) {
  AVAL_ASSIGN(const auto obligation, read<pb::Obligation>(session, "obligation", flags.subject));
  pb::Command command;
  auto& payment = *command.mutable_pay();
  payment.set_obligation(flags.subject);
  payment.mutable_amount()->set_currency(obligation.currency());
  payment.mutable_amount()->set_minor(obligation.outstanding());
  if (!flags.amount.empty()) {
    AVAL_ASSIGN(*payment.mutable_amount(), parse_money(flags.amount, obligation.currency()));
  }
  payment.set_end_to_end_id(reference_of(flags));
  const std::string& payer = flags.write.as.empty() ? obligation.obligor() : flags.write.as;
  Report report;
  report.object = {{"obligation", flags.subject}, {"end_to_end_id", payment.end_to_end_id()}};
  report.done =
      payer + " paid " + money_text(payment.amount().minor(), obligation.currency()) + " on " + flags.subject;
  report.next = "aval invoice show " + flags.subject;
  return send(session, flags.write, payer, command, report);
}

using CashAction = Result<int> (*)(const Session&, const CashFlags&);

CLI::App* add(CLI::App& group, const char* name, const char* help, Session& session, Chosen& chosen,
              const std::shared_ptr<CashFlags>& flags, CashAction action) {
  auto* command = group.add_subcommand(name, help);
  command->callback([&session, &chosen, flags, action] {
    chosen = [&session, flags, action] { return run(session, [&] { return action(session, *flags); }); };
  });
  return command;
}

void add_movement_flags(CLI::App& command, CashFlags& flags) {
  command.add_option("--amount", flags.amount, "Amount, such as 100.00")->required();
  command.add_option("--currency", flags.currency, "Currency code of ISO 4217")->required();
  command.add_option("--reference", flags.reference,
                     "End-to-end id that the parties know it by, 1 to 140 bytes (default: a fresh one)");
}

void add_movements(CLI::App& group, Session& session, Chosen& chosen) {
  auto flags = std::make_shared<CashFlags>();
  auto* issue =
      add(group, "issue", "Bring cash onto the ledger as its cash bank", session, chosen, flags, &cash_issue);
  issue->add_option("--to", flags->to, "Member that gets it")->required()->type_name("MEMBER");
  add_movement_flags(*issue, *flags);
  add_write_flags(*issue, session, flags->write, "none; name the cash bank");
  issue->get_option("--as")->required();
  auto* redeem = add(group, "redeem", "Take cash off the ledger; owner and cash bank sign one envelope",
                     session, chosen, flags, &cash_redeem);
  redeem->add_option("--from", flags->from, "Member that owns it")->required()->type_name("MEMBER");
  redeem->add_option("--bank", flags->bank, "Cash bank that pays it out")->required()->type_name("MEMBER");
  add_movement_flags(*redeem, *flags);
  add_write_flags(*redeem, session, flags->write, "the owner");
  auto* transfer =
      add(group, "transfer", "Send cash to another member", session, chosen, flags, &cash_transfer);
  transfer->add_option("--to", flags->to, "Member that gets it")->required()->type_name("MEMBER");
  add_movement_flags(*transfer, *flags);
  add_write_flags(*transfer, session, flags->write, "none; name the sender");
  transfer->get_option("--as")->required();
}

}  // namespace

void add_cash_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("cash", "Cash on the ledger: issue, redeem, transfer, show");
  group->require_subcommand(1);
  add_movements(*group, session, chosen);
  auto show_flags = std::make_shared<CashFlags>();
  auto* show = add(*group, "show", "A member's balances, proved against the genesis", session, chosen,
                   show_flags, &cash_show);
  show->add_option("MEMBER", show_flags->subject)->required();
  show->add_option("--currency", show_flags->currency, "This currency alone");
  auto pay_flags = std::make_shared<CashFlags>();
  auto* pay_command = add(app, "pay", "Pay a debt; the cash goes to whoever holds its notes", session, chosen,
                          pay_flags, &pay);
  pay_command->add_option("OBLIGATION", pay_flags->subject, "Id of the debt, which is the invoice's")
      ->required();
  pay_command->add_option("--amount", pay_flags->amount, "Amount (default: all that is outstanding)");
  pay_command->add_option("--reference", pay_flags->reference, "End-to-end id (default: a fresh one)");
  add_write_flags(*pay_command, session, pay_flags->write, "the obligor");
}

}  // namespace aval::cli
