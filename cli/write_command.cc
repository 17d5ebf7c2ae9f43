#include "cli/write_command.h"

#include <google/protobuf/util/json_util.h>
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/advice.h"

namespace aval::cli {
namespace {

using nlohmann::json;

json to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  AVAL_CHECK(google::protobuf::util::MessageToJsonString(message, &text, options).ok());
  return json::parse(text);
}

/// The envelope as it would have been sent; the file that `aval tx send` takes.
json dry_run_of(const ledger::Envelope& envelope, const std::vector<contracts::pb::Command>& commands) {
  json signers = json::array();
  for (const auto& signature : envelope.signatures) signers.push_back(signature.key.hex());
  json shown = json::array();
  for (const auto& command : commands) shown.push_back(to_json(command));
  return {{"dry_run", true},
          {"tx_id", envelope.tx_id.hex()},
          {"member", envelope.body.member},
          {"client_ref", envelope.body.client_ref},
          {"valid_until_height", number(envelope.body.valid_until)},
          {"commands", shown},
          {"signers", signers},
          {"envelope", to_base64(envelope.bytes)}};
}

Result<int> show_dry_run(const Session& session, const Submission& submission) {
  AVAL_ASSIGN(const auto envelope, prepare(session, submission));
  const json object = dry_run_of(envelope, submission.commands);
  print(session, object,
        "nothing was sent; this would be:\n" + object.at("commands").dump(2) + "\nsigned for     " +
            submission.member + "\nreference      " + envelope.body.client_ref + "\nvalid until    height " +
            std::to_string(number(envelope.body.valid_until)) + "\ntransaction    " + envelope.tx_id.hex() +
            "\n(--json --dry-run writes the signed bytes, which  aval tx send FILE  sends)\n");
  return exit_ok;
}

std::string committed_text(const Outcome& outcome, const Report& report) {
  std::string text = report.done + "\ncommitted at height " + std::to_string(outcome.height) +
                     ", transaction " + outcome.tx_id + "\n";
  if (!report.next.empty()) text += "next: " + report.next + "\n";
  return text;
}

Failure failure_of_end(const Outcome& outcome) {
  if (outcome.state == "rejected") {
    return {exit_refused, outcome.code, outcome.reason, next_step_for(outcome.code)};
  }
  if (outcome.state == "expired") {
    return {exit_refused, "expired", "no block took the transaction up in time; it can never be committed",
            "send the command again"};
  }
  return {exit_unavailable, "pending",
          "the network has not agreed on the transaction yet; it may still be committed",
          "aval tx status " + outcome.tx_id};
}

/// As fail(), with the transaction's own fields beside the cause.
int fail_with(const Session& session, const Failure& failure, const Outcome& outcome) {
  if (!session.json) {
    const int exit_code = fail(session, failure);
    std::cerr << "       transaction " << printable(outcome.tx_id) << "\n";
    return exit_code;
  }
  json error = to_json(outcome);
  error["code"] = failure.code;
  error["cause"] = failure.cause;
  error["next"] = failure.next;
  print(session, {{"error", error}}, "");
  return failure.exit_code;
}

}  // namespace

void add_write_flags(CLI::App& command, Session& session, WriteFlags& flags, const std::string& whose) {
  command.add_option("--as", flags.as, "Member that sends it (default: " + whose + ")")->type_name("MEMBER");
  command
      .add_option("--client-ref", flags.client_ref,
                  "Own reference of 1 to 64 bytes; names this transaction for ever (default: a fresh one)")
      ->type_name("TEXT");
  command.add_option("--wait", flags.wait_s, "Seconds to wait for the end")->capture_default_str();
  command.add_flag("--dry-run", session.dry_run, "Print what would be sent, and send nothing");
}

json to_json(const Outcome& outcome) {
  json object{{"tx_id", outcome.tx_id}, {"state", outcome.state}};
  if (outcome.state != "committed" && outcome.state != "rejected") return object;
  object["height"] = outcome.height;
  object["status"] = outcome.status;
  object["code"] = outcome.code;
  object["reason"] = outcome.reason;
  return object;
}

int report_outcome(const Session& session, const Outcome& outcome, const Report& report) {
  if (outcome.state != "committed") return fail_with(session, failure_of_end(outcome), outcome);
  json object = to_json(outcome);
  object.update(report.object);
  print(session, object, committed_text(outcome, report));
  return exit_ok;
}

Result<int> send(const Session& session, const WriteFlags& flags, const std::string& member,
                 contracts::pb::Command command, const Report& report,
                 const std::vector<std::string>& counterparts) {
  Submission submission;
  submission.member = member;
  submission.commands.push_back(std::move(command));
  submission.counterparts = counterparts;
  submission.client_ref = flags.client_ref;
  submission.governs = flags.governs;
  if (session.dry_run) return show_dry_run(session, submission);
  AVAL_ASSIGN(const Outcome outcome, submit(session, submission, std::chrono::seconds(flags.wait_s)));
  return report_outcome(session, outcome, report);
}

}  // namespace aval::cli
