#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/proof_file.h"
#include "cli/write_command.h"
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
};
using Pieces = std::map<std::string, Piece>;  // by file name

/// Whether it convicts anybody is for aval blame to say, which has the validators.
Result<void> add_piece(const json& entry, Pieces& out) {
  const bool is_sound = entry.is_object() && entry.contains("bytes") && entry["bytes"].is_string();
  if (!is_sound) return unexpected(Error::Code::Malformed, "a node gave evidence without its bytes");
  AVAL_ASSIGN(const Bytes bytes, from_base64(entry["bytes"].get_ref<const std::string&>()));
  AVAL_ASSIGN(const auto evidence, ledger::decode_evidence(bytes));
  const std::string file = node::evidence_file_name(bytes);
  out[file] = {bytes,
               {{"file", file},
                {"validator", number(evidence.validator)},
                {"member", entry.contains("member") ? entry["member"] : json()},
                {"statement", ledger::name_of(evidence.statement)},
                {"epoch", number(evidence.epoch)},
                {"view", number(evidence.view)},
                {"height", number(evidence.height)}}};
  return {};
}

Result<void> ask_for_evidence(const std::string& url, Pieces& out) {
  AVAL_ASSIGN(auto client, node::HttpClient::open(url, evidence_timeout));
  AVAL_ASSIGN(const auto answer, client.get("/v1/evidence"));
  AVAL_ASSIGN(const json object, json_of(answer));
  const auto entries = object.find("evidence");
  if (entries == object.end() || !entries->is_array())
    return unexpected(Error::Code::Malformed, url + " answered something that is no list of evidence");
  for (const json& entry : *entries) AVAL_TRY(add_piece(entry, out));
  return {};
}

std::string line_of(const json& piece) {
  const json& member = piece["member"];
  return fmt::format("{}  {} (validator {}) signed two {}s at height {} in view {} of epoch {}\n",
                     piece["file"].get<std::string>(),
                     member.is_string() ? member.get<std::string>() : "unknown",
                     piece["validator"].get<std::uint32_t>(), piece["statement"].get<std::string>(),
                     piece["height"].get<std::uint64_t>(), piece["view"].get<std::uint64_t>(),
                     piece["epoch"].get<std::uint64_t>());
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
    text += line_of(piece.shown);
  }
  text += pieces.empty() ? "no contradiction is known to the nodes that answered\n"
                         : fmt::format("next: aval blame EXPORT_A EXPORT_B {}/*.evidence\n", folder);
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
