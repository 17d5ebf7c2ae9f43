#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/genesis_spec.h"
#include "cli/output.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

struct GenesisFlags {
  std::string spec;
  std::string out = "genesis.json";
  std::string path = "genesis.json";
};

Result<Bytes> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return unexpected(Error::Code::NotFound, "cannot read " + path);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void describe(const Session& session, const contracts::GenesisState& genesis, const std::string& path) {
  nlohmann::json validators = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& validator : genesis.config.validators.validators) {
    validators.push_back({{"member", validator.member}, {"address", validator.address}});
    rows.push_back({validator.member, validator.address, crypto::key_id(validator.vote_key).hex().substr(0, 16)});
  }
  const nlohmann::json object{{"path", path},
                              {"name", genesis.document.name()},
                              {"chain_id", genesis.config.chain_id.hex()},
                              {"state_root", genesis.config.genesis_state_root.hex()},
                              {"members", genesis.document.members_size()},
                              {"devices", genesis.document.devices_size()},
                              {"validators", validators}};
  print(session, object,
        fmt::format("chain       {}\nchain id    {}\nstate root  {}\nmembers     {}\ndevices     {}\n{}",
                    printable(genesis.document.name()), genesis.config.chain_id.hex(),
                    genesis.config.genesis_state_root.hex(), genesis.document.members_size(),
                    genesis.document.devices_size(), table({"validator", "address", "vote key"}, rows)));
}

Result<void> write_new(const GenesisFlags& flags) {
  AVAL_ASSIGN(const Bytes bytes, read_file(flags.spec));
  AVAL_ASSIGN(const nlohmann::json spec, node::parse_strict_json(bytes));
  AVAL_ASSIGN(const contracts::pb::Genesis document, genesis_from_spec(spec));
  AVAL_TRY(contracts::make_genesis(document));
  if (std::ifstream(flags.out)) {
    return unexpected(Error::Code::Conflict, flags.out + " exists; a genesis is never overwritten");
  }
  std::ofstream out(flags.out, std::ios::binary);
  out << contracts::genesis_json(document) << '\n';
  if (!out.flush()) return unexpected(Error::Code::Io, "cannot write " + flags.out);
  return {};
}

int genesis_new(const Session& session, const GenesisFlags& flags) {
  if (const auto written = write_new(flags); !written) return fail(session, failure_of(written.error()));
  const auto genesis = contracts::read_genesis(flags.out);
  if (!genesis) return fail(session, failure_of(genesis.error()));
  describe(session, *genesis, flags.out);
  return exit_ok;
}

int genesis_show(const Session& session, const GenesisFlags& flags) {
  const auto genesis = contracts::read_genesis(flags.path);
  if (!genesis) return fail(session, failure_of(genesis.error()));
  describe(session, *genesis, flags.path);
  return exit_ok;
}

}  // namespace

void add_genesis_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* genesis = app.add_subcommand("genesis", "Write and check the first state of a chain");
  genesis->require_subcommand(1);
  auto flags = std::make_shared<GenesisFlags>();
  auto* make = genesis->add_subcommand("new", "Write genesis.json from a description (its form: cli/README.md, Genesis)");
  make->add_option("SPEC", flags->spec, "Description, JSON")->required();
  make->add_option("--out", flags->out, "File to write")->capture_default_str();
  make->callback([&session, &chosen, flags] { chosen = [&session, flags] { return genesis_new(session, *flags); }; });
  auto* show = genesis->add_subcommand("show", "Check a genesis and show what it fixes");
  show->add_option("PATH", flags->path, "genesis.json")->capture_default_str();
  show->callback([&session, &chosen, flags] { chosen = [&session, flags] { return genesis_show(session, *flags); }; });
}

}  // namespace aval::cli
