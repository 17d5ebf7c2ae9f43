#include "cli/session.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/members.h"
#include "crypto/key_file.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t profile_bytes_max = 64 * 1024;
constexpr auto probe_timeout = std::chrono::seconds(3);
constexpr auto request_timeout = std::chrono::seconds(30);

unexpected usage(std::string message) { return unexpected(Error::Code::Malformed, std::move(message)); }

/// Where a profile may be when no flag names one, in order.
std::vector<fs::path> usual_places() {
  std::vector<fs::path> places{fs::path("aval-devnet") / "profile.json"};
  if (const char* home = std::getenv("HOME"))
    places.push_back(fs::path(home) / ".config" / "aval" / "default.json");
  return places;
}

Result<fs::path> find_profile(const std::string& flag) {
  if (!flag.empty()) return fs::path(flag);
  if (const char* named = std::getenv("AVAL_PROFILE"); named != nullptr && *named != '\0')
    return fs::path(named);
  std::string tried;
  for (const auto& place : usual_places()) {
    if (fs::exists(place)) return place;
    tried += (tried.empty() ? "" : ", ") + place.string();
  }
  return usage("no profile says where the network is (looked for " + tried +
               "): give --profile FILE, set AVAL_PROFILE, or start a network with aval devnet up");
}

Result<Bytes> read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return usage("cannot read " + path.string());
  Bytes text(profile_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > profile_bytes_max) return usage(path.string() + " is too long for a profile");
  return text;
}

Result<std::string> text_of(const nlohmann::json& value, const std::string& key) {
  if (!value.is_string()) return usage("profile: \"" + key + "\" must be text");
  return value.get<std::string>();
}

Result<std::vector<std::string>> endpoints_of(const nlohmann::json& value) {
  std::vector<std::string> out;
  if (!value.is_array()) return usage("profile: \"endpoints\" must be a list of URLs");
  for (const auto& item : value) {
    AVAL_ASSIGN(std::string url, text_of(item, "endpoints"));
    out.push_back(std::move(url));
  }
  return out;
}

Result<void> set_field(Profile& profile, const std::string& key, const nlohmann::json& value) {
  if (key == "endpoints") {
    AVAL_ASSIGN(profile.endpoints, endpoints_of(value));
    return {};
  }
  AVAL_ASSIGN(const std::string text, text_of(value, key));
  const fs::path path = fs::absolute(profile.file).parent_path() / text;
  if (key == "genesis")
    profile.genesis = path;
  else if (key == "keys")
    profile.keys = path;
  else if (key == "passphrase_file")
    profile.passphrase_file = path;
  else if (key == "register_key_file")
    profile.register_key_file = path;
  else
    return usage("profile: unknown key \"" + key + "\"");
  return {};
}

Result<void> must_be_set(const fs::path& value, const char* key, const Profile& profile) {
  if (!value.empty()) return {};
  return usage(profile.file.string() + ": \"" + key + "\" is missing");
}

/// What is wrong with a file of the user's own is not the ledger's refusal.
template <class Value>
Result<Value> as_file_problem(Result<Value> read) {
  if (read) return read;
  return unexpected(Error::Code::Io, read.error().message);
}

/// The key files of a profile and what opens them.
struct KeyRing {
  fs::path folder;
  std::string passphrase;

  fs::path path(const std::string& member, const std::string& role) const {
    return folder / (member + "-" + role + ".pem");
  }
  Result<void> add(const std::string& member, const std::string& role,
                   std::vector<std::unique_ptr<crypto::Signer>>& out) const {
    const fs::path file = path(member, role);
    if (!fs::exists(file)) return usage("no key of " + member + " at hand: " + file.string() + " does not exist");
    AVAL_ASSIGN(auto key, as_file_problem(crypto::read_key_file(file, passphrase)));
    out.push_back(std::make_unique<crypto::MemorySigner>(std::move(key)));
    return {};
  }
};

Result<KeyRing> key_ring(const Session& session) {
  AVAL_ASSIGN(const Profile at, session.profile());
  AVAL_TRY(must_be_set(at.keys, "keys", at));
  AVAL_TRY(must_be_set(at.passphrase_file, "passphrase_file", at));
  AVAL_ASSIGN(std::string passphrase, as_file_problem(crypto::read_passphrase_file(at.passphrase_file)));
  return KeyRing{at.keys, std::move(passphrase)};
}

bool answers(const std::string& url) {
  auto probe = node::HttpClient::open(url, probe_timeout);
  if (!probe) return false;
  const auto answer = probe->get("/livez");
  return answer && answer->status < 500;
}

}  // namespace

Result<Profile> Session::profile() const {
  Profile profile;
  AVAL_ASSIGN(profile.file, find_profile(profile_path));
  AVAL_ASSIGN(const Bytes text, read_text(profile.file));
  const auto document = node::parse_strict_json(text);
  if (!document) return usage(profile.file.string() + ": " + document.error().message);
  if (!document->is_object()) return usage(profile.file.string() + " must hold a JSON object");
  for (const auto& [key, value] : document->items()) AVAL_TRY(set_field(profile, key, value));
  return profile;
}

Result<contracts::GenesisState> Session::genesis() const {
  AVAL_ASSIGN(const Profile at, profile());
  AVAL_TRY(must_be_set(at.genesis, "genesis", at));
  return as_file_problem(contracts::read_genesis(at.genesis));
}

Result<contracts::GenesisState> Session::genesis(const std::string& given) const {
  return given.empty() ? genesis() : contracts::read_genesis(given);
}

Result<std::vector<std::string>> Session::endpoints() const {
  if (!endpoint_override.empty()) return std::vector<std::string>{endpoint_override};
  AVAL_ASSIGN(Profile at, profile());
  if (at.endpoints.empty()) return usage(at.file.string() + ": \"endpoints\" is empty; give --endpoint URL");
  return std::move(at.endpoints);
}

Result<node::HttpClient> Session::client() const {
  AVAL_ASSIGN(const auto urls, endpoints());
  std::string tried;
  for (const auto& url : urls) {
    if (answers(url)) return node::HttpClient::open(url, request_timeout);
    tried += (tried.empty() ? "" : ", ") + url;
  }
  return unexpected(Error::Code::Unavailable, "no node answers (tried " + tried + ")");
}

Result<std::vector<std::unique_ptr<crypto::Signer>>> Session::signers(const std::string& member) const {
  AVAL_ASSIGN(const auto state, genesis());
  AVAL_ASSIGN(const KeyRing ring, key_ring(*this));
  const auto* entry = find_member(state.document, member);
  if (entry == nullptr && !fs::exists(ring.path(member, "maker"))) {
    return usage("no member of this network is called '" + member + "'");
  }
  const bool dual = entry != nullptr ? entry->dual_control() : fs::exists(ring.path(member, "checker"));
  std::vector<std::unique_ptr<crypto::Signer>> out;
  AVAL_TRY(ring.add(member, "maker", out));
  if (dual) AVAL_TRY(ring.add(member, "checker", out));
  return out;
}

Result<std::vector<std::unique_ptr<crypto::Signer>>> Session::governors(const std::string& member) const {
  AVAL_ASSIGN(const KeyRing ring, key_ring(*this));
  std::vector<std::unique_ptr<crypto::Signer>> out;
  AVAL_TRY(ring.add(member, "governor", out));
  if (fs::exists(ring.path(member, "governor-2"))) AVAL_TRY(ring.add(member, "governor-2", out));
  return out;
}

Result<crypto::PrivateKey> Session::key(const std::filesystem::path& file) const {
  AVAL_ASSIGN(const KeyRing ring, key_ring(*this));
  return as_file_problem(crypto::read_key_file(file, ring.passphrase));
}

Result<Bytes> Session::register_key() const {
  AVAL_ASSIGN(const Profile at, profile());
  AVAL_TRY(must_be_set(at.register_key_file, "register_key_file", at));
  AVAL_ASSIGN(const std::string text, as_file_problem(crypto::read_passphrase_file(at.register_key_file)));
  auto key = from_hex(text);
  if (!key || key->size() != 32)
    return usage(at.register_key_file.string() + " must hold 64 hexadecimal digits");
  AVAL_ASSIGN(const auto state, genesis());
  if (crypto::sha256(*key).view() != ByteView(state.document.register_key_check())) {
    return usage(at.register_key_file.string() + " is not the fingerprint key of this network");
  }
  return key;
}

}  // namespace aval::cli
