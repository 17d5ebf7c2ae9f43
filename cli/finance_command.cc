#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/flags.h"
#include "cli/text.h"
#include "cli/write_command.h"

namespace aval::cli {
namespace {

namespace pb = contracts::pb;

struct FinanceFlags {
  WriteFlags write;
  std::string subject;  // the note, or the financing
  std::string id;
  std::string financier;
  std::string rate;
  std::string value_date;
  std::string fee;
  std::uint32_t grace_days = 0;
  std::string code = "WITH";
};

const std::string& or_else(const std::string& flag, const std::string& usual) {
  return flag.empty() ? usual : flag;
}

std::string financing_id_for(const std::string& note) { return ("fin-" + note).substr(0, id_bytes_max); }

Result<int> finance_request(const Session& session, const FinanceFlags& flags) {
  AVAL_ASSIGN(const auto note, read<pb::Note>(session, "note", flags.subject));
  const std::string id = or_else(flags.id, financing_id_for(flags.subject));
  pb::Command command;
  auto& request = *command.mutable_request_financing();
  request.set_id(id);
  request.set_note(flags.subject);
  request.set_financier(flags.financier);
  Report report;
  report.object = {{"id", id}, {"note", flags.subject}, {"financier", flags.financier}};
  report.done = "financing " + id + " of note " + flags.subject + " requested from " + flags.financier;
  report.next = "aval finance approve " + id + " --rate PERCENT --value DATE";
  return send(session, flags.write, or_else(flags.write.as, note.controller()), command, report);
}

Result<int> finance_approve(const Session& session, const FinanceFlags& flags) {
  AVAL_ASSIGN(const auto financing, read<pb::Financing>(session, "financing", flags.subject));
  AVAL_ASSIGN(const std::uint64_t rate, parse_rate(flags.rate));
  AVAL_ASSIGN(const std::uint32_t value_date, parse_day(flags.value_date, "--value"));
  pb::Command command;
  auto& approve = *command.mutable_approve_financing();
  approve.set_financing(flags.subject);
  approve.set_rate_ppb(rate);
  approve.set_value_date(value_date);
  approve.set_grace_days(flags.grace_days);
  if (!flags.fee.empty()) {
    AVAL_ASSIGN(*approve.mutable_fee(), parse_money(flags.fee, financing.currency()));
  }
  Report report;
  report.object = {{"id", flags.subject}};
  report.done = "financing " + flags.subject + " over " + money_text(financing.face(), financing.currency()) +
                " approved at " + flags.rate + " from " + flags.value_date;
  report.next = "aval finance disburse " + flags.subject;
  return send(session, flags.write, or_else(flags.write.as, financing.financier()), command, report);
}

Result<int> finance_disburse(const Session& session, const FinanceFlags& flags) {
  AVAL_ASSIGN(const auto financing, read<pb::Financing>(session, "financing", flags.subject));
  pb::Command command;
  command.mutable_disburse()->set_financing(flags.subject);
  Report report;
  report.object = {{"id", flags.subject}};
  report.done = money_text(financing.proceeds(), financing.currency()) + " went to " + financing.holder() +
                ", note " + financing.note() + " to " + financing.financier();
  report.next = "aval note show " + financing.note();
  return send(session, flags.write, or_else(flags.write.as, financing.financier()), command, report);
}

Result<int> finance_cancel(const Session& session, const FinanceFlags& flags) {
  AVAL_ASSIGN(const auto financing, read<pb::Financing>(session, "financing", flags.subject));
  pb::Command command;
  command.mutable_cancel_financing()->set_financing(flags.subject);
  command.mutable_cancel_financing()->set_code(flags.code);
  Report report;
  report.object = {{"id", flags.subject}};
  report.done = "financing " + flags.subject + " cancelled: " + flags.code;
  return send(session, flags.write, or_else(flags.write.as, financing.holder()), command, report);
}

std::string rate_text(std::uint64_t ppb) {
  constexpr std::uint64_t ppb_per_percent = 10'000'000;
  std::string decimals = std::to_string(ppb % ppb_per_percent);
  decimals.insert(0, 7 - decimals.size(), '0');
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return std::to_string(ppb / ppb_per_percent) + "." + decimals + " % a year";
}

std::string financing_text(const pb::Financing& financing) {
  const auto amount = [&](std::int64_t minor) { return money_text(minor, financing.currency()); };
  std::vector<std::pair<std::string, std::string>> lines{
      {"financing", financing.id()},
      {"note", financing.note()},
      {"holder", financing.holder()},
      {"financier", financing.financier()},
      {"state", state_text(pb::FinancingStatus_Name(financing.status())) +
                    (financing.code().empty() ? "" : ", " + financing.code())},
      {"face", amount(financing.face()) + ", due " + day_text(financing.due_date())}};
  if (financing.value_date() != 0) {
    lines.insert(lines.end(), {{"rate", rate_text(financing.rate_ppb())},
                               {"from", day_text(financing.value_date()) + ", " +
                                            std::to_string(financing.days()) + " days"},
                               {"discount", amount(financing.discount())},
                               {"fee", amount(financing.fee())},
                               {"proceeds", amount(financing.proceeds())},
                               {"collected", amount(financing.collected())}});
  }
  return sheet(lines);
}

Result<int> finance_show(const Session& session, const FinanceFlags& flags) {
  AVAL_ASSIGN(const auto entity, read_proved(session, "financing", flags.subject));
  pb::Financing financing;
  AVAL_TRY(parse_proved(entity, financing));
  AVAL_ASSIGN(const auto view, view_of(entity));
  print(session, view, financing_text(financing));
  return exit_ok;
}

using FinanceAction = Result<int> (*)(const Session&, const FinanceFlags&);

/// A subcommand over one note or financing.
CLI::App* add(CLI::App& group, const char* name, const char* help, const char* subject, Session& session,
              Chosen& chosen, const std::shared_ptr<FinanceFlags>& flags, FinanceAction action) {
  auto* command = group.add_subcommand(name, help);
  command->add_option(subject, flags->subject)->required();
  command->callback([&session, &chosen, flags, action] {
    chosen = [&session, flags, action] { return run(session, [&] { return action(session, *flags); }); };
  });
  return command;
}

void add_request_and_approve(CLI::App& group, Session& session, Chosen& chosen,
                             const std::shared_ptr<FinanceFlags>& flags) {
  auto* request = add(group, "request", "Ask a financier for money on a note", "NOTE", session, chosen, flags,
                      &finance_request);
  request->add_option("--financier", flags->financier, "Member that is asked")
      ->required()
      ->type_name("MEMBER");
  request->add_option("--id", flags->id, "Id of the financing, [a-z0-9-] (default: fin-NOTE)");
  add_write_flags(*request, session, flags->write, "the note's controller");
  auto* approve = add(group, "approve", "Fix the terms: a straight discount", "ID", session, chosen, flags,
                      &finance_approve);
  approve->add_option("--rate", flags->rate, "Yearly rate, such as 5.35%")->required();
  approve->add_option("--value", flags->value_date, "Value date: the discount runs from here")
      ->required()
      ->type_name("DATE");
  approve->add_option("--fee", flags->fee, "Fee, taken off the proceeds")->type_name("AMOUNT");
  approve->add_option("--grace", flags->grace_days, "Days of grace, priced beyond the due date");
  add_write_flags(*approve, session, flags->write, "the financier");
}

}  // namespace

void add_finance_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("finance", "Finance a note: request, approve, disburse");
  group->require_subcommand(1);
  auto flags = std::make_shared<FinanceFlags>();
  add_request_and_approve(*group, session, chosen, flags);
  auto* disburse =
      add(*group, "disburse", "Cash to the holder and the note to the financier, both or neither", "ID",
          session, chosen, flags, &finance_disburse);
  add_write_flags(*disburse, session, flags->write, "the financier");
  auto* cancel =
      add(*group, "cancel", "Call it off before money moved", "ID", session, chosen, flags, &finance_cancel);
  cancel->add_option("--code", flags->code, "EXNB, EBNA, EXND or WITH")->capture_default_str();
  add_write_flags(*cancel, session, flags->write, "the holder");
  add(*group, "show", "One financing, proved against the genesis", "ID", session, chosen, flags,
      &finance_show);
}

}  // namespace aval::cli
