#include "cli/output.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/advice.h"
#include "cli/text.h"

namespace aval::cli {
namespace {

constexpr int json_indent = 2;

std::string to_text(const nlohmann::json& object) {
  // Everything beyond ASCII is escaped, so that no terminal can be made to obey a name.
  return object.dump(json_indent, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::vector<std::size_t> column_widths(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (row.size() > widths.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], code_point_count(row[i]));
  }
  return widths;
}

std::string aligned(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i];
    if (i + 1 < row.size()) line.append(widths[i] - code_point_count(row[i]) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::vector<std::string> printable_row(const std::vector<std::string>& row) {
  std::vector<std::string> out;
  for (const auto& cell : row) out.push_back(printable(cell));
  return out;
}

/// Lines are ours; what stands in them may not be.
std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += printable(text.substr(0, end));
    if (end == text.size()) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

/// A stable code in front of a message ("DFIN: ..."), as errors of the API carry it; may be empty.
std::string_view leading_code(std::string_view message) {
  constexpr std::size_t code_length_max = 24;
  const auto colon = message.find(": ");
  if (colon == std::string_view::npos || colon < 2 || colon > code_length_max) return {};
  const auto code = message.substr(0, colon);
  const bool plain = std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  return plain ? code : std::string_view();
}

struct Kind {
  ExitCode exit_code;
  const char* code;
};

Kind kind_of(Error::Code code) {
  switch (code) {
    case Error::Code::Malformed:
      return {exit_usage, "malformed"};
    case Error::Code::NotFound:
      return {exit_refused, "not_found"};
    case Error::Code::Refused:
      return {exit_refused, "refused"};
    case Error::Code::Conflict:
      return {exit_refused, "conflict"};
    case Error::Code::Expired:
      return {exit_refused, "expired"};
    case Error::Code::Quota:
      return {exit_unavailable, "quota"};
    case Error::Code::Unavailable:
      return {exit_unavailable, "unavailable"};
    case Error::Code::Io:
      return {exit_usage, "io"};
    case Error::Code::Corrupt:
      return {exit_unsound, "corrupt"};
  }
  return {exit_internal, "internal"};
}

}  // namespace

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines{printable_row(header)};
  for (const auto& row : rows) lines.push_back(printable_row(row));
  const auto widths = column_widths(lines);
  std::string out;
  for (const auto& line : lines) out += aligned(line, widths);
  return out;
}

void print(const Session& session, const nlohmann::json& object, const std::string& text) {
  std::cout << (session.json ? to_text(object) + "\n" : printable_lines(text)) << std::flush;
}

int fail(const Session& session, const Failure& failure) {
  if (session.json) {
    const nlohmann::json object{
        {"error", {{"code", failure.code}, {"cause", failure.cause}, {"next", failure.next}}}};
    std::cout << to_text(object) << std::endl;
    return failure.exit_code;
  }
  const bool stable = !failure.code.empty() && failure.code.front() >= 'A' && failure.code.front() <= 'Z';
  const std::string named = !stable || failure.cause.starts_with(failure.code + ":")
                                ? failure.cause
                                : failure.code + ": " + failure.cause;
  std::cerr << "error: " << printable(named) << "\n";
  if (!failure.next.empty()) std::cerr << "next:  " << printable(failure.next) << "\n";
  return failure.exit_code;
}

Failure failure_of(const Error& error) {
  const Kind kind = kind_of(error.code);
  const auto code = leading_code(error.message);
  if (code.empty()) return {kind.exit_code, kind.code, error.message, next_step_for(kind.code)};
  const int exit_code = error.code == Error::Code::Unavailable ? exit_unavailable : exit_refused;
  return {exit_code, std::string(code), error.message.substr(code.size() + 2), next_step_for(code)};
}

void progress(const Session& session, const std::string& line) {
  if (!session.json) std::cerr << printable(line) << "\n" << std::flush;
}

}  // namespace aval::cli
