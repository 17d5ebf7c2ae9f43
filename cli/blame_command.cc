#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/proof_file.h"
#include "consensus/blame.h"
#include "consensus/view_change.h"
#include "consensus/wire.h"
#include "contracts/replay.h"
#include "ledger/export.h"

namespace aval::cli {
namespace {

using nlohmann::json;

struct BlameFlags {
  std::string genesis;
  std::string first;
  std::string second;
  std::vector<std::string> files;
};

/// What the files behind the two exports hold.
struct Exhibits {
  std::vector<ledger::Evidence> evidence;
  std::vector<consensus::NewView> transcript;
};

/// The chain in the epoch in which the two exports part: what both have is replayed up to there, from the genesis.
Result<ledger::ChainConfig> epoch_of_the_fork(const contracts::GenesisState& genesis, const BlameFlags& flags) {
  AVAL_ASSIGN(auto first, ledger::ExportReader::open(flags.first, genesis.config.chain_id));
  AVAL_ASSIGN(auto second, ledger::ExportReader::open(flags.second, genesis.config.chain_id));
  contracts::Replay replay(genesis);
  while (true) {
    AVAL_ASSIGN(const auto one, first.next());
    AVAL_ASSIGN(const auto other, second.next());
    if (!one || !other || one->block.header != other->block.header) return replay.config();
    AVAL_TRY(replay.add(*one));
  }
}

Result<consensus::History> read_history(const std::string& path, const ledger::ChainConfig& config) {
  AVAL_ASSIGN(auto reader, ledger::ExportReader::open(path, config.chain_id));
  consensus::History history;
  while (true) {
    AVAL_ASSIGN(auto block, reader.next());
    if (!block) return history;
    if (block->block.header.epoch != config.validators.epoch) continue;
    history.headers.push_back(block->block.header);
    if (block->certificate) history.certificates.push_back(std::move(*block->certificate));
  }
}

Result<void> admit_evidence(ledger::Evidence evidence, const ledger::ChainConfig& config, Exhibits& out) {
  AVAL_TRY(ledger::verify_evidence(evidence, config.chain_id, config.validators));
  out.evidence.push_back(std::move(evidence));
  return {};
}

Result<void> admit_new_view(ByteView bytes, const ledger::ChainConfig& config, Exhibits& out) {
  AVAL_ASSIGN(auto message, consensus::decode_message(bytes, config));
  auto opened = std::get<consensus::NewView>(std::move(message));
  AVAL_TRY(consensus::validate(opened, config, &crypto::verify));
  out.transcript.push_back(std::move(opened));
  return {};
}

/// One of another epoch says nothing about this one. One that does not hold is named and passed over too: whoever is
/// accused may have put it among the others.
Result<void> read_exhibit(const Session& session, const std::string& path, const ledger::ChainConfig& config, Exhibits& out) {
  AVAL_ASSIGN(const Bytes bytes, read_proof_file(path));
  auto evidence = ledger::decode_evidence(bytes);
  const auto place = consensus::place_of_new_view(bytes);
  if (!evidence && !place) return unexpected(Error::Code::Malformed, path + " is neither evidence nor a new view");
  if ((evidence ? evidence->epoch : place->epoch) != config.validators.epoch) return {};
  const auto admitted = evidence ? admit_evidence(*std::move(evidence), config, out) : admit_new_view(bytes, config, out);
  if (!admitted) progress(session, path + " proves nothing and is left out: " + admitted.error().message);
  return {};
}

Result<consensus::Verdict> judge(const Session& session, const ledger::ChainConfig& config, const BlameFlags& flags) {
  AVAL_ASSIGN(const auto first, read_history(flags.first, config));
  AVAL_ASSIGN(const auto second, read_history(flags.second, config));
  Exhibits exhibits;
  for (const std::string& path : flags.files) AVAL_TRY(read_exhibit(session, path, config, exhibits));
  return consensus::blame(config, first, second, exhibits.evidence, exhibits.transcript);
}

json object_of(const consensus::Verdict& verdict, const ledger::ValidatorSet& set) {
  json culprits = json::array();
  for (const auto& [validator, reasons] : verdict.culprits) {
    culprits.push_back({{"validator", number(validator)},
                        {"member", set.validators.at(number(validator)).member},
                        {"reasons", reasons}});
  }
  return {{"forked", verdict.fork.has_value()},
          {"height", verdict.fork ? json(number(*verdict.fork)) : json(nullptr)},
          {"culprits", std::move(culprits)},
          {"culprits_needed", set.faulty_max() + 1}};
}

std::string text_of(const consensus::Verdict& verdict, const ledger::ValidatorSet& set) {
  std::string out = verdict.fork ? fmt::format("two final blocks at height {}\n", number(*verdict.fork))
                                 : "no fork: the histories are the same as far as both reach\n";
  for (const auto& [validator, reasons] : verdict.culprits) {
    out += fmt::format("proved: {} (validator {})\n", set.validators.at(number(validator)).member,
                       number(validator));
    for (const std::string& reason : reasons) out += "  " + reason + "\n";
  }
  return out;
}

int run_blame(const Session& session, const BlameFlags& flags) {
  const auto genesis = session.genesis(flags.genesis);
  if (!genesis) return fail(session, failure_of(genesis.error()));
  const auto unproven = [&](const Error& error) {
    return fail(session, {exit_refused, "unproven", error.message,
                          "check that both exports and every file are whole and of this genesis"});
  };
  const auto config = epoch_of_the_fork(*genesis, flags);
  if (!config) return unproven(config.error());
  const auto verdict = judge(session, *config, flags);
  if (!verdict) return unproven(verdict.error());
  const ledger::ValidatorSet& set = config->validators;
  print(session, object_of(*verdict, set), text_of(*verdict, set));
  if (!verdict->fork || verdict->culprits.size() > set.faulty_max()) return exit_ok;
  if (!session.json)
    progress(session, fmt::format("{} must have cheated: add the new views and evidence that other nodes hold",
                                  set.faulty_max() + 1));
  return exit_incomplete;
}

}  // namespace

void add_blame_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto flags = std::make_shared<BlameFlags>();
  auto* blame =
      app.add_subcommand("blame", "Name who made two exported ledgers differ, trusting the genesis alone");
  blame->add_option("EXPORT_A", flags->first, "Exported ledger of one node")->required();
  blame->add_option("EXPORT_B", flags->second, "Exported ledger of another node")->required();
  blame->add_option("EVIDENCE", flags->files, "Files with evidence or new views, one in each");
  blame->add_option("--genesis", flags->genesis, "genesis.json (default: the profile's)");
  blame->callback(
      [&session, &chosen, flags] { chosen = [&session, flags] { return run_blame(session, *flags); }; });
}

}  // namespace aval::cli
