#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/invoice_file.h"
#include "cli/proof_file.h"
#include "cli/write_command.h"

namespace aval::cli {
namespace {

using nlohmann::json;
namespace pb = contracts::pb;

struct CheckFlags {
  std::string file;
  std::string fingerprint;
  PartyFlags parties;
  std::string out;
};

/// What the register says of one fingerprint, proved.
struct Finding {
  std::string tier;
  std::string fingerprint;
  ProvedState entity;
  pb::RegisterEntry entry;  // REGISTER_NONE when there is none
  json answer;              // as the node gave it: a proof for others
};

/// The market's code, or NONE for a fingerprint that nobody registered.
std::string status_code(const Finding& finding) {
  return finding.entity.value ? pb::RegisterStatus_Name(finding.entry.status()) : "NONE";
}

Result<Finding> ask_register(const Session& session, const std::string& tier,
                             const crypto::Digest& fingerprint) {
  Finding finding{tier, fingerprint.hex(), {}, {}, {}};
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(finding.answer,
              get_json(session, "/v1/registry/" + finding.fingerprint + "?tier=" + tier + "&proof=1"));
  AVAL_ASSIGN(finding.entity, verify_state_answer(finding.answer, genesis.config));
  if (finding.entity.type != "register" || finding.entity.id != tier + "-" + finding.fingerprint) {
    return unexpected(Error::Code::Corrupt, "the node answered about another fingerprint");
  }
  if (finding.entity.value) AVAL_TRY(parse_proved(finding.entity, finding.entry));
  return finding;
}

/// Exact first; the weaker tiers only warn.
Result<std::vector<Finding>> ask_all(const Session& session, const CheckFlags& flags) {
  std::vector<std::pair<std::string, crypto::Digest>> questions;
  if (!flags.fingerprint.empty()) {
    AVAL_ASSIGN(const auto digest, crypto::Digest::from_hex(flags.fingerprint));
    questions.emplace_back("x", digest);
  } else {
    AVAL_ASSIGN(const auto file, read_invoice_file(session, flags.file, flags.parties));
    questions.emplace_back("x", file.fingerprint_x);
    questions.emplace_back("n1", file.fingerprint_n1);
    if (!file.fingerprint_p.is_zero()) questions.emplace_back("p", file.fingerprint_p);
  }
  std::vector<Finding> out;
  for (const auto& [tier, digest] : questions) {
    AVAL_ASSIGN(Finding finding, ask_register(session, tier, digest));
    out.push_back(std::move(finding));
  }
  return out;
}

std::string sentence_of(const Finding& exact) {
  switch (exact.entry.status()) {
    case pb::REGU:
      return "registered, not financed";
    case pb::REDU:
      return "registered, and a similar invoice was seen";
    case pb::FNCD:
      return "financed already: another financing would be refused with DFIN";
    case pb::OBSA:
      return "financed and paid, or otherwise closed for good";
    case pb::CANC:
      return "registered once and cancelled (" + exact.entry.code() + "); free again";
    default:
      return exact.entity.value ? "in the register" : "not in the register: nobody submitted or financed it";
  }
}

json finding_json(const Finding& finding) {
  json duplicates = json::array();
  for (const auto& id : finding.entry.duplicates()) duplicates.push_back(id);
  return {{"tier", finding.tier},
          {"fingerprint", finding.fingerprint},
          {"status", status_code(finding)},
          {"invoice", finding.entry.invoice()},
          {"code", finding.entry.code()},
          {"duplicates", duplicates},
          {"height", number(finding.entity.height)}};
}

Result<int> dup_check(const Session& session, const CheckFlags& flags) {
  if (flags.file.empty() == flags.fingerprint.empty()) {
    return unexpected(Error::Code::Malformed, "give a FILE.xml or --fingerprint HEX, one of them");
  }
  AVAL_ASSIGN(const auto findings, ask_all(session, flags));
  const Finding& exact = findings.front();
  if (!flags.out.empty()) AVAL_TRY(write_text_file(flags.out, exact.answer.dump(2) + "\n"));
  json tiers = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& finding : findings) {
    tiers.push_back(finding_json(finding));
    rows.push_back({finding.tier, status_code(finding), finding.entry.invoice(), finding.fingerprint});
  }
  json object = finding_json(exact);
  object["tiers"] = tiers;
  print(session, object,
        status_code(exact) + ": " + sentence_of(exact) + "\nproved at height " +
            std::to_string(number(exact.entity.height)) + " by " + std::to_string(exact.entity.signatures) +
            " validators\n" + table({"tier", "status", "invoice", "fingerprint"}, rows));
  return exit_ok;
}

}  // namespace

void add_register_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("dup", "The register of duplicate financing");
  group->require_subcommand(1);
  auto flags = std::make_shared<CheckFlags>();
  auto* check =
      group->add_subcommand("check", "Was this invoice registered or financed? The answer is proved");
  check->add_option("FILE", flags->file, "Invoice, UBL 2.1");
  check->add_option("--fingerprint", flags->fingerprint,
                    "Exact fingerprint in hexadecimal, instead of a file");
  check->add_option("--seller", flags->parties.seller, "Member that the seller is")->type_name("MEMBER");
  check->add_option("--buyer", flags->parties.buyer, "Member that the buyer is")->type_name("MEMBER");
  check->add_option("--out", flags->out, "Write the proof, for aval verify state or absence")
      ->type_name("FILE");
  check->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return dup_check(session, *flags); }); };
  });
}

}  // namespace aval::cli
