#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/proof_file.h"
#include "cli/write_command.h"

namespace aval::cli {
namespace {

using nlohmann::json;

constexpr auto receipt_patience = std::chrono::seconds(5);
constexpr auto poll_interval = std::chrono::milliseconds(200);

struct TxFlags {
  std::string id;
  std::string file;
  std::string out;
  unsigned wait_s = 15;
};

std::string status_text(const Outcome& outcome) {
  if (outcome.state == "committed") return "committed at height " + std::to_string(outcome.height) + "\n";
  if (outcome.state == "rejected") {
    return "rejected at height " + std::to_string(outcome.height) + " with " + outcome.code + ": " +
           outcome.reason + "\n";
  }
  if (outcome.state == "expired") return "expired: no block took it up in time, and none can\n";
  return outcome.state + "\n";
}

Result<int> tx_status(const Session& session, const TxFlags& flags) {
  AVAL_ASSIGN(const json answer, get_json(session, "/v1/tx/" + path_segment(flags.id)));
  AVAL_ASSIGN(const Outcome outcome, outcome_of(answer));
  print(session, answer, status_text(outcome));
  return exit_ok;
}

/// A receipt is proved by the certificate of its block or one above it, which may be a moment away.
Result<json> wait_for_receipt(const Session& session, const std::string& id) {
  const auto deadline = std::chrono::steady_clock::now() + receipt_patience;
  while (true) {
    auto answer = get_json(session, "/v1/tx/" + path_segment(id) + "/receipt");
    const bool not_yet = !answer && answer.error().code == Error::Code::NotFound;
    if (!not_yet || std::chrono::steady_clock::now() >= deadline) return answer;
    std::this_thread::sleep_for(poll_interval);
  }
}

Result<int> tx_receipt(const Session& session, const TxFlags& flags) {
  AVAL_ASSIGN(const json answer, wait_for_receipt(session, flags.id));
  if (!flags.out.empty()) {
    AVAL_TRY(write_text_file(flags.out, answer.dump(2) + "\n"));
    print(session, {{"file", flags.out}},
          "wrote the receipt to " + flags.out + "\nnext: aval verify receipt " + flags.out +
              " --genesis genesis.json\n");
    return exit_ok;
  }
  print(session, answer,
        "transaction  " + answer.value("tx_id", "") + "\nheight       " +
            std::to_string(answer.value("height", 0ULL)) + "\nresult       " + answer.value("code", "") +
            "\nproof        " + answer.value("proof", "") + "\n");
  return exit_ok;
}

/// The bytes of an envelope: as they are, or out of the JSON that --dry-run writes.
Result<Bytes> envelope_of(const Bytes& file) {
  if (!file.starts_with('{')) return file;
  AVAL_ASSIGN(const json object, parse_json_file(file));
  const auto found = object.find("envelope");
  if (found == object.end() || !found->is_string()) {
    return unexpected(Error::Code::Malformed, "the file has no \"envelope\"");
  }
  return from_base64(found->get<std::string>());
}

Result<int> tx_send(const Session& session, const TxFlags& flags) {
  AVAL_ASSIGN(const Bytes file, read_proof_file(flags.file));
  AVAL_ASSIGN(const Bytes bytes, envelope_of(file));
  AVAL_ASSIGN(const auto envelope, ledger::decode_envelope(bytes));
  AVAL_ASSIGN(const Outcome outcome, submit_bytes(session, bytes, std::chrono::seconds(flags.wait_s)));
  return report_outcome(
      session, outcome,
      {json::object(), "the envelope of " + envelope.body.member + " was sent as it is", ""});
}

using TxAction = Result<int> (*)(const Session&, const TxFlags&);

CLI::App* add(CLI::App& group, const char* name, const char* help, Session& session, Chosen& chosen,
              const std::shared_ptr<TxFlags>& flags, TxAction action) {
  auto* command = group.add_subcommand(name, help);
  command->callback([&session, &chosen, flags, action] {
    chosen = [&session, flags, action] { return run(session, [&] { return action(session, *flags); }); };
  });
  return command;
}

}  // namespace

void add_tx_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("tx", "Transactions: where one stands, its receipt, sending signed bytes");
  group->require_subcommand(1);
  auto flags = std::make_shared<TxFlags>();
  auto* status = add(*group, "status", "Where a transaction stands", session, chosen, flags, &tx_status);
  status->add_option("ID", flags->id, "Transaction id")->required();
  auto* receipt = add(*group, "receipt", "The proof of its end, for aval verify receipt", session, chosen,
                      flags, &tx_receipt);
  receipt->add_option("ID", flags->id, "Transaction id")->required();
  receipt->add_option("--out", flags->out, "Write it to a file")->type_name("FILE");
  auto* send = add(*group, "send", "Send an envelope that was signed before; again is harmless", session,
                   chosen, flags, &tx_send);
  send->add_option("FILE", flags->file, "Envelope bytes, or what --json --dry-run wrote")->required();
  send->add_option("--wait", flags->wait_s, "Seconds to wait for the end")->capture_default_str();
}

}  // namespace aval::cli
