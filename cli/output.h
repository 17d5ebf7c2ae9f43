#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/session.h"

namespace aval::cli {

/// A table for people: a header and rows, columns aligned, no trailing blanks.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

/// Prints `object` as JSON with --json, else `text`. Control characters in text from the ledger are escaped.
void print(const Session& session, const nlohmann::json& object, const std::string& text);

/// Prints a failure (JSON {"error":{"code","cause","next"}} with --json, else two lines on stderr) and
/// returns its exit code.
int fail(const Session& session, const Failure& failure);

/// The Failure for an Error of a library call or an HTTP problem document.
Failure failure_of(const Error& error);

/// A line on stderr that says what is going on, for work that takes over two seconds; quiet with --json.
void progress(const Session& session, const std::string& line);

/// Escapes control characters and terminal sequences.
std::string printable(std::string_view text);

}  // namespace aval::cli
