#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/proof_file.h"
#include "cli/write_command.h"
#include "consensus/wire.h"
#include "ledger/evidence.h"
#include "node/evidence_store.h"

namespace aval::cli {
namespace {

using nlohmann::json;

constexpr auto evidence_timeout = std::chrono::seconds(6);

/// What was seen at one node or at several: the bytes are the proof, the rest is for people.
struct Piece {
  Bytes bytes;
  json shown;
  std::string line;
};
using Pieces = std::map<std::string, Piece>;  // by file name

Result<Bytes> bytes_of(const json& entry) {
  const bool is_sound = entry.is_object() && entry.contains("bytes") && entry["bytes"].is_string();
  if (!is_sound) return unexpected(Error::Code::Malformed, "a node gave a piece of evidence without its bytes");
  return from_base64(entry["bytes"].get_ref<const std::string&>());
}

std::string member_of(const json& entry) {
  const auto member = entry.find("member");
  return member != entry.end() && member->is_string() ? member->get<std::string>() : "unknown";
}

/// Whether it convicts anybody is for aval blame to say, which has the validators.
Result<void> add_contradiction(const json& entry, Pieces& out) {
  AVAL_ASSIGN(const Bytes bytes, bytes_of(entry));
  AVAL_ASSIGN(const auto evidence, ledger::decode_evidence(bytes));
  const std::string file = node::evidence_file_name(bytes);
  const json shown = {{"file", file},
                      {"validator", number(evidence.validator)},
                      {"member", entry.value("member", json())},
                      {"statement", ledger::name_of(evidence.statement)},
                      {"epoch", number(evidence.epoch)},
                      {"view", number(evidence.view)},
                      {"height", number(evidence.height)}};
  out[file] = {bytes, shown,
               fmt::format("{}  {} (validator {}) signed two {}s at height {} in view {} of epoch {}\n", file,
                           member_of(entry), number(evidence.validator), ledger::name_of(evidence.statement),
                           number(evidence.height), number(evidence.view), number(evidence.epoch))};
  return {};
}

Result<void> add_new_view(const json& entry, Pieces& out) {
  AVAL_ASSIGN(const Bytes bytes, bytes_of(entry));
  const auto file = node::new_view_file_name(bytes);
  if (!file) return unexpected(Error::Code::Malformed, "a node gave a new view that is none");
  const auto place = *consensus::place_of_new_view(bytes);
  const json shown = {{"file", *file},
                      {"validator", number(place.from)},
                      {"member", entry.value("member", json())},
                      {"statement", "new view"},
                      {"epoch", number(place.epoch)},
                      {"view", number(place.view)}};
  out[*file] = {bytes, shown,
                fmt::format("{}  {} (validator {}) opened view {} of epoch {}\n", *file, member_of(entry),
                            number(place.from), number(place.view), number(place.epoch))};
  return {};
}

Result<void> add_all(const json& answer, const char* list, Result<void> (*add)(const json&, Pieces&), Pieces& out) {
  const auto entries = answer.find(list);
  if (entries == answer.end() || !entries->is_array())
    return unexpected(Error::Code::Malformed, std::string("a node's answer has no list of ") + list);
  for (const json& entry : *entries) AVAL_TRY(add(entry, out));
  return {};
}

Result<void> ask_for_evidence(const std::string& url, Pieces& out) {
  AVAL_ASSIGN(auto client, node::HttpClient::open(url, evidence_timeout));
  AVAL_ASSIGN(const auto answer, client.get("/v1/evidence"));
  AVAL_ASSIGN(const json object, json_of(answer));
  AVAL_TRY(add_all(object, "evidence", add_contradiction, out));
  return add_all(object, "new_views", add_new_view, out);
}

/// Each node keeps what was said in front of it, so all of the profile are asked.
Result<int> save_evidence(const Session& session, const std::string& folder) {
  AVAL_ASSIGN(const auto urls, session.endpoints());
  Pieces pieces;
  json silent = json::array();
  std::string causes;
  for (const std::string& url : urls) {
    if (const auto asked = ask_for_evidence(url, pieces); !asked) {
      silent.push_back(url);
      causes += (causes.empty() ? "" : "; ") + asked.error().message;
      progress(session, asked.error().message);
    }
  }
  if (silent.size() == urls.size()) return unexpected(Error::Code::Unavailable, causes);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return unexpected(Error::Code::Malformed, "cannot make " + folder + ": " + error.message());
  json files = json::array();
  std::string text;
  for (const auto& [file, piece] : pieces) {
    AVAL_TRY(write_text_file((std::filesystem::path(folder) / file).string(), piece.bytes));
    files.push_back(piece.shown);
    text += piece.line;
  }
  text += pieces.empty() ? "the nodes that answered keep no contradiction and have changed no view\n"
                         : fmt::format("next: aval blame EXPORT_A EXPORT_B {}/*\n", folder);
  print(session, {{"folder", folder}, {"files", files}, {"silent", silent}}, text);
  return exit_ok;
}

}  // namespace

void add_evidence_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("evidence", "What validators signed and no honest one signs");
  group->require_subcommand(1);
  auto folder = std::make_shared<std::string>();
  auto* save =
      group->add_subcommand("save", "Write what the nodes of the profile have seen as files for aval blame");
  save->add_option("FOLDER", *folder, "Folder to write to, made when it is not there")->required();
  save->callback([&session, &chosen, folder] {
    chosen = [&session, folder] { return run(session, [&] { return save_evidence(session, *folder); }); };
  });
}

}  // namespace aval::cli
