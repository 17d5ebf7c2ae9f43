#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/proof_file.h"
#include "cli/write_command.h"
#include "contracts/status.h"
#include "ledger/canonical.h"
#include "ledger/receipt.h"

namespace aval::cli {
namespace {

using nlohmann::json;

struct VerifyFlags {
  std::string file;
  std::string genesis;
};

/// Nothing is read but the two files: the verifier needs no node and no profile when it has a genesis.
/// What does not hold is a refusal (exit 1), whatever kind of error found it.
int not_proven(const Session& session, const Error& error) {
  return fail(session,
              {exit_refused, "unproven", error.message,
               "ask for the proof again, from another node; check that the genesis is the right one"});
}

/// The proof's bytes: as they are, or out of the API's JSON.
Result<Bytes> receipt_bytes(const Bytes& file) {
  if (!file.starts_with('{')) return file;
  AVAL_ASSIGN(const json object, parse_json_file(file));
  const auto found = object.find("proof");
  if (found == object.end() || !found->is_string()) {
    return unexpected(Error::Code::Malformed, "the file has no \"proof\"");
  }
  return from_base64(found->get<std::string>());
}

Result<ledger::ReceiptProof> check_receipt(const Bytes& file, const ledger::ChainConfig& config) {
  AVAL_ASSIGN(const Bytes bytes, receipt_bytes(file));
  AVAL_ASSIGN(auto proof, ledger::decode_receipt_proof(bytes));
  AVAL_TRY(ledger::verify_receipt_proof(proof, config.chain_id, config.validators));
  return proof;
}

std::string signer_names(const ledger::Certificate& certificate, const ledger::ValidatorSet& set) {
  std::string out;
  for (const auto& vote : certificate.signatures) {
    out += (out.empty() ? "" : ", ") + set.validators.at(ledger::number(vote.validator)).member;
  }
  return out;
}

/// "submit_invoice, pay": what the transaction asked for.
std::string command_names(const ledger::Body& body) {
  std::string out;
  for (const Bytes& bytes : body.commands) {
    contracts::pb::Command command;
    const bool known = ledger::parse_canonical(bytes, command, "command").has_value();
    const auto* field = contracts::pb::Command::descriptor()->FindFieldByNumber(command.kind_case());
    out += (out.empty() ? "" : ", ") +
           (known && field != nullptr ? field->name() : std::string("unknown command"));
  }
  return out;
}

std::string ending(const ledger::Receipt& receipt) {
  if (receipt.status == 0) return "was committed";
  const auto status = static_cast<contracts::Status>(receipt.status);
  return "was refused with " + std::string(contracts::code_of(status)) + " (" +
         std::string(contracts::sentence_of(status)) + ")";
}

Result<json> receipt_object(const ledger::ReceiptProof& proof, const ledger::ChainConfig& config,
                            std::string& text) {
  AVAL_ASSIGN(const auto body, ledger::decode_body(proof.body_bytes));
  const auto height = number(proof.finality.headers.front().height);
  const std::string signers = signer_names(proof.finality.certificate, config.validators);
  text = "proven: the transaction " + proof.receipt.tx_id.hex() + " of " + body.member + " (" +
         command_names(body) + ") " + ending(proof.receipt) + " in block " + std::to_string(height) +
         " of chain " + config.chain_id.hex().substr(0, 16) + "…, as " + signers + " signed.\n";
  return json{{"proven", true},
              {"tx_id", proof.receipt.tx_id.hex()},
              {"member", body.member},
              {"height", height},
              {"status", proof.receipt.status},
              {"code", contracts::code_of(static_cast<contracts::Status>(proof.receipt.status))},
              {"chain_id", config.chain_id.hex()},
              {"signers", signers}};
}

Result<int> verify_receipt(const Session& session, const VerifyFlags& flags) {
  AVAL_ASSIGN(const auto genesis, session.genesis(flags.genesis));
  AVAL_ASSIGN(const Bytes file, read_proof_file(flags.file));
  const auto proof = check_receipt(file, genesis.config);
  if (!proof) return not_proven(session, proof.error());
  std::string text;
  AVAL_ASSIGN(const json object, receipt_object(*proof, genesis.config, text));
  print(session, object, text);
  return exit_ok;
}

Result<ProvedState> check_state(const Bytes& file, const ledger::ChainConfig& config) {
  AVAL_ASSIGN(const json answer, parse_json_file(file));
  return verify_state_answer(answer, config);
}

/// `wants_absence`: whether it is a value or the lack of one that must be proved.
Result<int> verify_state_file(const Session& session, const VerifyFlags& flags, bool wants_absence) {
  AVAL_ASSIGN(const auto genesis, session.genesis(flags.genesis));
  AVAL_ASSIGN(const Bytes file, read_proof_file(flags.file));
  const auto proved = check_state(file, genesis.config);
  if (!proved) return not_proven(session, proved.error());
  const std::string what = proved->type + " '" + proved->id + "'";
  const std::string height = std::to_string(number(proved->height));
  const std::string signed_by = ", as " + std::to_string(proved->signatures) + " validators signed.\n";
  if (wants_absence == proved->value.has_value()) {
    return not_proven(session, {Error::Code::Refused, what + (wants_absence ? " is there" : " is not there") +
                                                          " at height " + height});
  }
  json object{{"proven", true},
              {"type", proved->type},
              {"id", proved->id},
              {"height", number(proved->height)},
              {"state_root", proved->state_root.hex()},
              {"value", nullptr}};
  if (wants_absence) {
    print(session, object, "proven: at height " + height + " there is no " + what + signed_by);
    return exit_ok;
  }
  AVAL_ASSIGN(object["value"], view_of(*proved));
  print(session, object,
        "proven: at height " + height + " the " + what + " is as follows" + signed_by +
            object["value"].dump(2) + "\n");
  return exit_ok;
}

Result<int> verify_state(const Session& session, const VerifyFlags& flags) {
  return verify_state_file(session, flags, false);
}

Result<int> verify_absence(const Session& session, const VerifyFlags& flags) {
  return verify_state_file(session, flags, true);
}

using VerifyAction = Result<int> (*)(const Session&, const VerifyFlags&);

void add(CLI::App& group, const char* name, const char* help, Session& session, Chosen& chosen,
         VerifyAction action) {
  auto flags = std::make_shared<VerifyFlags>();
  auto* command = group.add_subcommand(name, help);
  command->add_option("FILE", flags->file, "The proof, as the API gave it")->required();
  command
      ->add_option("--genesis", flags->genesis, "genesis.json, all that is trusted (default: the profile's)")
      ->type_name("FILE");
  command->callback([&session, &chosen, flags, action] {
    chosen = [&session, flags, action] { return run(session, [&] { return action(session, *flags); }); };
  });
}

}  // namespace

void add_verify_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group =
      app.add_subcommand("verify", "Check a proof offline, trusting the genesis alone; exit 0 or 1");
  group->require_subcommand(1);
  add(*group, "receipt", "That a transaction ended as the file says (aval tx receipt)", session, chosen,
      &verify_receipt);
  add(*group, "state", "That something stood in the state (a state object with proof)", session, chosen,
      &verify_state);
  add(*group, "absence", "That something did not stand in the state", session, chosen, &verify_absence);
}

}  // namespace aval::cli
