#include "node/config.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "node/edit_distance.h"
#include "node/host_port.h"

namespace aval::node::config_test {
namespace {

using nlohmann::json;
using Catch::Matchers::Contains;

json smallest() {
  return json::parse(R"({
    "genesis": "genesis.json", "data_dir": "data", "member": "bank-a",
    "identity": {"vote_key": "vote.pem", "tls_key": "tls.pem", "tls_certificate": "tls.crt",
                 "passphrase_file": "passphrase"},
    "p2p": {"listen": "127.0.0.1:7400"}, "api": {"listen": "127.0.0.1:7410"}})");
}

/// A configuration file that goes away with the test.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("aval-config-" + std::to_string(::getpid()) + ".json")) {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Result<Config> read(const std::string& text) { return read_config(ConfigFile(text).path()); }
std::string refusal(const json& document) {
  const auto config = read(document.dump(2));
  return config ? "accepted" : config.error().message;
}

}  // namespace

TEST_CASE("the smallest configuration is read with its defaults", "[config]") {
  const ConfigFile file(smallest().dump());
  const auto config = read_config(file.path());
  REQUIRE(config);
  REQUIRE(config->member == "bank-a");
  REQUIRE(config->p2p.listen.port == 7400);
  REQUIRE(config->api.connections_max == 512);
  REQUIRE(config->api.requests_per_second == 2000);
  REQUIRE(config->log.level == "info");
  REQUIRE(config->gateway.key.empty());
}

TEST_CASE("paths are taken relative to the file's folder", "[config]") {
  const auto config = read(smallest().dump());
  REQUIRE(config->genesis == std::filesystem::temp_directory_path() / "genesis.json");
  json absolute = smallest();
  absolute["data_dir"] = "/srv/aval";
  REQUIRE(read(absolute.dump())->data_dir == "/srv/aval");
}

TEST_CASE("a misspelt key is refused and the nearest known one named", "[config][OP-03]") {
  json document = smallest();
  document["api"]["listn"] = "127.0.0.1:1";
  REQUIRE_THAT(refusal(document), Contains("\"api.listn\"") && Contains("\"api.listen\""));
  document = smallest();
  document["memeber"] = "bank-a";
  REQUIRE_THAT(refusal(document), Contains("nearest one is \"member\""));
  document = smallest();
  document["storag"] = json::object();
  REQUIRE_THAT(refusal(document), Contains("nearest one is \"storage\""));
}

TEST_CASE("each key misspelt by one letter is refused", "[config][OP-03]") {
  const json document = smallest();
  for (const auto& [name, value] : document.items()) {
    json changed = document;
    changed.erase(name);
    changed[name + "x"] = value;
    REQUIRE_THAT(refusal(changed), Contains("\"" + name + "x\""));
  }
}

TEST_CASE("each required key that is missing is named", "[config][OP-03]") {
  for (const char* pointer : {"/genesis", "/data_dir", "/member", "/identity/vote_key", "/identity/tls_key",
                              "/identity/tls_certificate", "/identity/passphrase_file", "/p2p/listen", "/api/listen"}) {
    const json::json_pointer where(pointer);
    json document = smallest();
    document[where.parent_pointer()].erase(where.back());
    REQUIRE_THAT(refusal(document), Contains(where.back()) && Contains("is missing"));
  }
}

TEST_CASE("a value of the wrong type names file, line and key", "[config][OP-03]") {
  json document = smallest();
  document["member"] = 7;
  REQUIRE_THAT(refusal(document), Contains("aval-config") && Contains("\"member\" must be text"));
  document = smallest();
  document["api"] = "127.0.0.1:1";
  REQUIRE_THAT(refusal(document), Contains("\"api\" must be an object"));
  const auto config = read("{\n\n  \"member\": 7\n}");
  REQUIRE_THAT(config.error().message, Contains(".json:3:"));
}

TEST_CASE("numbers out of bounds and unknown words are refused", "[config][OP-03]") {
  json document = smallest();
  document["storage"]["cache_mb"] = 1;
  REQUIRE_THAT(refusal(document), Contains("storage.cache_mb") && Contains("from 8 to"));
  document["storage"]["cache_mb"] = -8;
  REQUIRE_THAT(refusal(document), Contains("storage.cache_mb"));
  document = smallest();
  document["log"]["level"] = "loud";
  REQUIRE_THAT(refusal(document), Contains("debug, error, info, warn"));
}

TEST_CASE("a secret inline is refused with the remedy", "[config]") {
  json document = smallest();
  document["identity"]["vote_key"] = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
  REQUIRE_THAT(refusal(document), Contains("identity.vote_key") && Contains("mode 0600"));
}

TEST_CASE("the same key twice is refused", "[config]") {
  REQUIRE_FALSE(read(R"({"member": "a", "member": "b"})"));
}

TEST_CASE("a gateway needs its key, passphrase and member together", "[config]") {
  json document = smallest();
  document["gateway"] = {{"key", "gateway.pem"}};
  REQUIRE_THAT(refusal(document), Contains("gateway"));
  document["gateway"] = {{"key", "gateway.pem"}, {"passphrase_file", "p"}, {"member", "logistics"}};
  REQUIRE(refusal(document) == "accepted");
}

TEST_CASE("the effective configuration tells file from default", "[config]") {
  json document = smallest();
  document["log"]["level"] = "debug";
  const json shown = json::parse(effective_json(*read(document.dump())));
  REQUIRE(shown["log.level"]["from"] == "file");
  REQUIRE(shown["log.level"]["value"] == "debug");
  REQUIRE(shown["log.format"]["from"] == "default");
  REQUIRE(shown["p2p.listen"]["value"] == "127.0.0.1:7400");
}

TEST_CASE("an address is host and port, with brackets for IPv6", "[config]") {
  REQUIRE(parse_host_port("bank-a.example:7400")->host == "bank-a.example");
  REQUIRE(parse_host_port("[::1]:80")->host == "::1");
  REQUIRE(to_text(*parse_host_port("[::1]:80")) == "[::1]:80");
  for (const char* bad : {"", ":", "host", ":80", "host:", "host:x", "host:65536", "host:-1", "host:123456", "::1:80", "[]:80",
                          "[[::1]]:80", "[host]:80", "[::1:80", "[::1]x:80", "a b:80", "http://a:80"}) {
    INFO(bad);
    CHECK_FALSE(parse_host_port(bad));
  }
}

TEST_CASE("the edit distance counts insertions, deletions and replacements", "[config]") {
  REQUIRE(edit_distance("", "abc") == 3);
  REQUIRE(edit_distance("kitten", "sitting") == 3);
  REQUIRE(nearest("listn", {"level", "listen", "member"}) == "listen");
}

}  // namespace aval::node::config_test
