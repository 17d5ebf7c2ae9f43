#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "contracts/invariants.h"
#include "contracts/replay.h"
#include "ledger/export.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;

struct AuditFlags {
  std::string genesis;
  std::string source;
  std::string out = "ledger.aval";
};

/// Says every two seconds how far a long walk over the chain has come.
class Pace {
 public:
  Pace(const Session& session, std::string verb) : session_(session), verb_(std::move(verb)) {}
  void at(ledger::Height height) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::seconds(2)) return;
    last_ = now;
    progress(session_, fmt::format("{} block {}", verb_, number(height)));
  }

 private:
  const Session& session_;
  std::string verb_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

Result<ledger::CertifiedBlock> fetch_block(node::HttpClient& client, std::uint64_t height) {
  AVAL_ASSIGN(const auto answer, client.get(fmt::format("/v1/blocks/{}", height), "application/x-protobuf"));
  if (answer.status != 200) {
    const auto problem = json_of(answer);
    return unexpected(Error::Code::Unavailable,
                      fmt::format("{} answered {} for block {}: {}", client.url(), answer.status, height,
                                  problem ? "not what was asked for" : problem.error().message));
  }
  auto block = ledger::decode_certified_block(answer.body);
  if (!block) {
    return unexpected(Error::Code::Corrupt, fmt::format("block {}: {}", height, block.error().message));
  }
  return block;
}

Result<std::uint64_t> head_height(node::HttpClient& client) {
  AVAL_ASSIGN(const auto answer, client.get("/v1/status"));
  AVAL_ASSIGN(const json status, node::parse_strict_json(answer.body));
  if (!status.is_object() || !status.contains("height") || !status["height"].is_number_unsigned()) {
    return unexpected(Error::Code::Malformed, client.url() + " answered something that is no status");
  }
  return status["height"].get<std::uint64_t>();
}

Result<std::uint64_t> export_ledger(const Session& session, const AuditFlags& flags) {
  AVAL_ASSIGN(const auto genesis, session.genesis(flags.genesis));
  AVAL_ASSIGN(auto client, session.client());
  AVAL_ASSIGN(const std::uint64_t head, head_height(client));
  AVAL_ASSIGN(auto writer, ledger::ExportWriter::create(flags.out, genesis.config.chain_id));
  Pace pace(session, "writing");
  for (std::uint64_t height = 1; height <= head; ++height) {
    AVAL_ASSIGN(const auto block, fetch_block(client, height));
    AVAL_TRY(writer.add(block));
    pace.at(ledger::Height{height});
  }
  AVAL_TRY(writer.finish());
  return head;
}

int audit_export(const Session& session, const AuditFlags& flags) {
  const auto head = export_ledger(session, flags);
  if (!head) return fail(session, failure_of(head.error()));
  print(session, {{"file", flags.out}, {"height", *head}},
        fmt::format("wrote blocks 1 to {} to {}\nverify it with  aval audit verify {}\n", *head, flags.out, flags.out));
  return exit_ok;
}

Result<void> replay_file(const Session& session, const AuditFlags& flags, const contracts::GenesisState& genesis,
                         contracts::Replay& replay) {
  AVAL_ASSIGN(auto reader, ledger::ExportReader::open(flags.source, genesis.config.chain_id));
  Pace pace(session, "checked");
  while (true) {
    AVAL_ASSIGN(const auto block, reader.next());
    if (!block) return replay.finish();
    AVAL_TRY(replay.add(*block));
    pace.at(block->block.header.height);
  }
}

Result<void> replay_node(const Session& session, const AuditFlags& flags, contracts::Replay& replay) {
  AVAL_ASSIGN(auto client, node::HttpClient::open(flags.source));
  AVAL_ASSIGN(const std::uint64_t head, head_height(client));
  Pace pace(session, "checked");
  for (std::uint64_t height = 1; height <= head; ++height) {
    AVAL_ASSIGN(const auto block, fetch_block(client, height));
    AVAL_TRY(replay.add(block));
    pace.at(ledger::Height{height});
  }
  return replay.finish();
}

int exit_code_of(const Error& error) {
  switch (error.code) {
    case Error::Code::Unavailable:
    case Error::Code::NotFound:
      return exit_incomplete;
    case Error::Code::Io:
      return exit_unreadable;
    default:
      return exit_unsound;
  }
}

int audit_verify(const Session& session, const AuditFlags& flags) {
  const auto genesis = session.genesis(flags.genesis);
  if (!genesis) return fail(session, failure_of(genesis.error()));
  contracts::Replay replay(*genesis);
  const bool remote = flags.source.starts_with("http://");
  auto checked = remote ? replay_node(session, flags, replay) : replay_file(session, flags, *genesis, replay);
  if (checked) checked = contracts::check_invariants(replay.state());
  if (!checked) {
    auto failure = failure_of(checked.error());
    failure.exit_code = exit_code_of(checked.error());
    if (failure.exit_code == exit_unsound) {
      failure.cause = fmt::format("not sound after height {}: {}", number(replay.head().height), failure.cause);
      failure.next = "keep it as evidence, export again from another node, and tell the operators of both";
    }
    return fail(session, failure);
  }
  const auto& head = replay.head();
  const json object{{"sound", true},
                    {"chain_id", genesis->config.chain_id.hex()},
                    {"height", number(head.height)},
                    {"state_root", head.state_root.hex()},
                    {"head_hash", ledger::hash_of(head).hex()},
                    {"transactions", replay.transactions()},
                    {"signatures", replay.signatures_checked()}};
  print(session, object,
        fmt::format("sound: {} blocks, {} transactions, {} signatures checked, every certificate, root and "
                    "invariant holds\nchain id    {}\nheight      {}\nhead        {}\nstate root  {}\n",
                    number(head.height), replay.transactions(), replay.signatures_checked(),
                    genesis->config.chain_id.hex(), number(head.height), ledger::hash_of(head).hex(),
                    head.state_root.hex()));
  return exit_ok;
}

}  // namespace

void add_audit_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* audit = app.add_subcommand("audit", "Take the whole ledger away and check it, trusting the genesis alone");
  audit->require_subcommand(1);
  auto flags = std::make_shared<AuditFlags>();
  auto* save = audit->add_subcommand("export", "Write every block of a node to a file");
  save->add_option("--out", flags->out, "File to write")->capture_default_str();
  save->add_option("--genesis", flags->genesis, "genesis.json (default: the profile's)");
  save->callback([&session, &chosen, flags] { chosen = [&session, flags] { return audit_export(session, *flags); }; });
  auto* verify = audit->add_subcommand("verify", "Replay an exported ledger, or a node's, from genesis");
  verify->add_option("SOURCE", flags->source, "Exported file, or http://host:port of a node")->required();
  verify->add_option("--genesis", flags->genesis, "genesis.json (default: the profile's)");
  verify->callback([&session, &chosen, flags] { chosen = [&session, flags] { return audit_verify(session, *flags); }; });
}

}  // namespace aval::cli
