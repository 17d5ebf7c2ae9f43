#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace aval::cli {

class Session;

/// Each adds its commands to the program; a chosen command stores what to run in `chosen`, which
/// returns the exit code.
using Chosen = std::function<int()>;

void add_key_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_genesis_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_devnet_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_invoice_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_finance_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_cash_commands(CLI::App& app, Session& session, Chosen& chosen);      // cash, pay
void add_shipment_commands(CLI::App& app, Session& session, Chosen& chosen);  // ship
void add_note_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_gov_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_tx_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_verify_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_register_commands(CLI::App& app, Session& session, Chosen& chosen);  // dup
void add_audit_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_evidence_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_blame_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_status_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_demo_commands(CLI::App& app, Session& session, Chosen& chosen);
void add_bench_commands(CLI::App& app, Session& session, Chosen& chosen);

}  // namespace aval::cli
