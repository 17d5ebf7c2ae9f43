#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

namespace aval::cli {
namespace {

constexpr const char* description =
    "aval: invoices, acceptances, financings and shipments on a ledger that several banks keep.\n"
    "Every command: --json for the API's field names, --dry-run to see what a write would send.";

void add_global_flags(CLI::App& app, Session& session) {
  app.add_flag("--json", session.json, "Print JSON with the API's field names");
  app.add_option("--profile", session.profile_path,
                 "profile.json: where the network is and which keys are at hand")
      ->type_name("FILE");
  app.add_option("--endpoint", session.endpoint_override,
                 "Ask this node alone, such as http://127.0.0.1:7410")
      ->type_name("URL");
  app.set_version_flag("--version", std::string("aval ") + AVAL_VERSION);
  app.fallthrough();
  app.require_subcommand(1);
}

void add_commands(CLI::App& app, Session& session, Chosen& chosen) {
  add_invoice_commands(app, session, chosen);
  add_finance_commands(app, session, chosen);
  add_note_commands(app, session, chosen);
  add_cash_commands(app, session, chosen);
  add_shipment_commands(app, session, chosen);
  add_register_commands(app, session, chosen);
  add_gov_commands(app, session, chosen);
  add_tx_commands(app, session, chosen);
  add_verify_commands(app, session, chosen);
  add_key_commands(app, session, chosen);
  add_genesis_commands(app, session, chosen);
  add_devnet_commands(app, session, chosen);
  add_status_commands(app, session, chosen);
  add_audit_commands(app, session, chosen);
  add_evidence_commands(app, session, chosen);
  add_blame_commands(app, session, chosen);
  add_demo_commands(app, session, chosen);
  add_bench_commands(app, session, chosen);
}

/// Help and version are no failures; everything else is a usage error in the documented form.
int end_of_parse(const CLI::App& app, const Session& session, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::string place = "aval";
  for (const auto* level = &app; !level->get_subcommands().empty();) {
    level = level->get_subcommands().front();
    place += " " + level->get_name();
  }
  return fail(session, {exit_usage, "usage", error.what(), place + " --help"});
}

int run(int argc, char** argv) {
  CLI::App app(description, "aval");
  Session session;
  Chosen chosen;
  add_global_flags(app, session);
  add_commands(app, session, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return end_of_parse(app, session, error);
  }
  return chosen ? chosen() : exit_usage;
}

}  // namespace
}  // namespace aval::cli

int main(int argc, char** argv) {
  try {
    return aval::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "error: " << aval::cli::printable(error.what())
              << "\nnext:  report this as a fault of aval\n";
    return aval::cli::exit_internal;
  }
}
