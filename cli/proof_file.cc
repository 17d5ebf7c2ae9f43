#include "cli/proof_file.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "node/strict_json.h"

namespace aval::cli {
namespace {

constexpr std::size_t file_bytes_max = 8U << 20U;

unexpected usage(std::string message) { return unexpected(Error::Code::Malformed, std::move(message)); }

}  // namespace

Result<Bytes> read_proof_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return usage(path + " is a folder, not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return usage("cannot read " + path);
  Bytes bytes;
  bytes.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (file.bad()) return usage("cannot read " + path);
  if (bytes.empty()) return usage(path + " is empty");
  if (bytes.size() > file_bytes_max) return usage(path + " is larger than 8 MiB");
  return bytes;
}

Result<nlohmann::json> parse_json_file(ByteView text) {
  node::JsonLimits limits;
  limits.string_bytes_max = file_bytes_max;
  AVAL_ASSIGN(auto object, node::parse_strict_json(text, limits));
  if (!object.is_object()) return usage("the file must hold a JSON object");
  return object;
}

Result<void> write_text_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) return usage("cannot write " + path);
  return {};
}

}  // namespace aval::cli
