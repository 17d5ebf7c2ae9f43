#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/output.h"
#include "cli/submit.h"

namespace CLI {
class App;
}

namespace aval::cli {

/// Flags that every writing command has.
struct WriteFlags {
  std::string as;          // --as; empty: the party that the command belongs to
  std::string client_ref;  // --client-ref; empty: a fresh one
  unsigned wait_s = 15;    // --wait
  bool governs = false;    // signed with governor keys
};
void add_write_flags(CLI::App& command, Session& session, WriteFlags& flags, const std::string& whose);

/// What a writing command says once it is committed.
struct Report {
  nlohmann::json object = nlohmann::json::object();  // joined with the transaction object
  std::string done;                                  // one line for people
  std::string next;                                  // the command that usually follows
};

/// Sends one command and reports; with --dry-run prints what would have been sent. The exit code says
/// how it ended: committed 0, refused or expired 1, still pending 69.
Result<int> send(const Session& session, const WriteFlags& flags, const std::string& member,
                 contracts::pb::Command command, const Report& report,
                 const std::vector<std::string>& counterparts = {});

/// Reports an end that was reached some other way.
int report_outcome(const Session& session, const Outcome& outcome, const Report& report);

nlohmann::json to_json(const Outcome& outcome);

/// The error of `body` becomes the command's failure.
template <class Body>
int run(const Session& session, Body&& body) {
  const Result<int> exit_code = body();
  return exit_code ? *exit_code : fail(session, failure_of(exit_code.error()));
}

}  // namespace aval::cli
