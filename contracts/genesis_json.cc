#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "contracts/genesis.h"

namespace aval::contracts {
namespace {

constexpr std::size_t file_bytes_max = 64U << 20U;

unexpected bad_genesis_file(const std::filesystem::path& path, const std::string& what) {
  return unexpected(Error::Code::Malformed, path.string() + ": " + what);
}

Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return unexpected(Error::Code::Io, "cannot open the genesis file " + path.string());
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return unexpected(Error::Code::Io, "cannot read the genesis file " + path.string());
  if (text.size() > file_bytes_max) return bad_genesis_file(path, "larger than 64 MiB");
  return text;
}

/// The end of the string that opens at `open`: the index of its closing quote, or the text's size.
std::size_t closing_quote(std::string_view text, std::size_t open) {
  std::size_t at = open + 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
  return std::min(at, text.size());
}

bool is_followed_by_colon(std::string_view text, std::size_t quote) {
  const std::size_t next = text.find_first_not_of(" \t\r\n", quote + 1);
  return next != std::string_view::npos && text[next] == ':';
}

/// Field names are as in finance.proto: protobuf's reader takes "timeMs" for "time_ms" too, and an
/// escape could hide a name that is there already.
bool is_field_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// The first name that is not a field name, or that stands twice in one object (protobuf's reader
/// keeps the last one silently); empty when all is well. `text` is well-formed JSON.
std::string bad_name(std::string_view text) {
  std::vector<std::set<std::string, std::less<>>> objects;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') objects.emplace_back();
    if (text[at] == '}' && !objects.empty()) objects.pop_back();
    if (text[at] != '"') continue;
    const std::size_t quote = closing_quote(text, at);
    std::string name(text.substr(at + 1, quote - at - 1));
    at = quote;
    if (objects.empty() || !is_followed_by_colon(text, quote)) continue;
    if (!is_field_name(name) || !objects.back().insert(name).second) return name;
  }
  return {};
}

}  // namespace

Result<GenesisState> read_genesis(const std::filesystem::path& path) {
  AVAL_ASSIGN(const std::string text, read_text(path));
  pb::Genesis document;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &document, options);
  if (!parsed.ok()) return bad_genesis_file(path, std::string(parsed.message()));
  if (const std::string name = bad_name(text); !name.empty()) {
    return bad_genesis_file(path, "the name '" + name + "' stands twice in one object, or is not a field name");
  }
  return make_genesis(document);
}

std::string genesis_json(const pb::Genesis& document) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(document, &text, options);
  AVAL_CHECK(printed.ok());  // no message of ours has anything that JSON cannot say
  return text;
}

}  // namespace aval::contracts
