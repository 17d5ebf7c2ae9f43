#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/flags.h"
#include "cli/write_command.h"

namespace aval::cli {
namespace {

namespace pb = contracts::pb;

struct NoteFlags {
  WriteFlags write;
  std::string id;
  std::string to;
  std::string parts;
};

std::string note_text(const pb::Note& note, const pb::Obligation& obligation) {
  std::vector<std::pair<std::string, std::string>> lines{
      {"note", note.id()},
      {"controller", note.controller()},
      {"amount", money_text(note.amount(), obligation.currency())},
      {"state", state_text(pb::NoteStatus_Name(note.status()))},
      {"debt of", obligation.obligor() + ", " + state_text(pb::ObligationStatus_Name(obligation.status()))},
      {"due", day_text(obligation.due_date())}};
  if (!note.financing().empty()) lines.emplace_back("financing", note.financing());
  if (!note.parent().empty()) lines.emplace_back("split from", note.parent());
  return sheet(lines);
}

Result<int> note_show(const Session& session, const NoteFlags& flags) {
  AVAL_ASSIGN(const auto entity, read_proved(session, "note", flags.id));
  pb::Note note;
  AVAL_TRY(parse_proved(entity, note));
  AVAL_ASSIGN(const auto debt, read_proved(session, "obligation", note.obligation()));
  pb::Obligation obligation;
  AVAL_TRY(parse_proved(debt, obligation));
  AVAL_ASSIGN(const auto view, view_of(entity, {debt}));
  print(session, view, note_text(note, obligation));
  return exit_ok;
}

Result<int> note_transfer(const Session& session, const NoteFlags& flags) {
  AVAL_ASSIGN(const auto note, read<pb::Note>(session, "note", flags.id));
  pb::Command command;
  command.mutable_transfer_note()->set_note(flags.id);
  command.mutable_transfer_note()->set_to(flags.to);
  const std::string& controller = flags.write.as.empty() ? note.controller() : flags.write.as;
  Report report;
  report.object = {{"id", flags.id}, {"to", flags.to}};
  report.done = "note " + flags.id + " passed from " + controller + " to " + flags.to;
  return send(session, flags.write, controller, command, report, {flags.to});
}

Result<int> note_split(const Session& session, const NoteFlags& flags) {
  AVAL_ASSIGN(const auto note, read<pb::Note>(session, "note", flags.id));
  AVAL_ASSIGN(const auto obligation, read<pb::Obligation>(session, "obligation", note.obligation()));
  AVAL_ASSIGN(const auto parts, parse_parts(flags.parts, obligation.currency()));
  pb::Command command;
  auto& split = *command.mutable_split_note();
  split.set_note(flags.id);
  nlohmann::json children = nlohmann::json::array();
  for (const auto part : parts) {
    split.add_parts(part);
    children.push_back(flags.id + "-" + std::to_string(split.parts_size()));
  }
  Report report;
  report.object = {{"id", flags.id}, {"children", children}};
  report.done = "note " + flags.id + " split into " + std::to_string(parts.size()) + ": " + flags.id +
                "-1 to " + flags.id + "-" + std::to_string(parts.size());
  return send(session, flags.write, flags.write.as.empty() ? note.controller() : flags.write.as, command,
              report);
}

using NoteAction = Result<int> (*)(const Session&, const NoteFlags&);

CLI::App* add(CLI::App& group, const char* name, const char* help, Session& session, Chosen& chosen,
              const std::shared_ptr<NoteFlags>& flags, NoteAction action) {
  auto* command = group.add_subcommand(name, help);
  command->add_option("ID", flags->id, "Note; the first one of a debt has the invoice's id")->required();
  command->callback([&session, &chosen, flags, action] {
    chosen = [&session, flags, action] { return run(session, [&] { return action(session, *flags); }); };
  });
  return command;
}

}  // namespace

void add_note_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("note", "Notes: title to a debt; show, transfer, split");
  group->require_subcommand(1);
  auto flags = std::make_shared<NoteFlags>();
  add(*group, "show", "One note, proved against the genesis", session, chosen, flags, &note_show);
  auto* transfer = add(*group, "transfer", "Hand a note over; both sides sign one envelope", session, chosen,
                       flags, &note_transfer);
  transfer->add_option("--to", flags->to, "Member that gets it")->required()->type_name("MEMBER");
  add_write_flags(*transfer, session, flags->write, "the note's controller");
  auto* split = add(*group, "split", "Divide a note into children of the same debt", session, chosen, flags,
                    &note_split);
  split->add_option("--parts", flags->parts, "Amounts that sum to the note, such as 600000.00,400000.00")
      ->required();
  add_write_flags(*split, session, flags->write, "the note's controller");
}

}  // namespace aval::cli
