#include "cli/devnet_files.h"

#include <sys/stat.h>

#include <chrono>
#include <fmt/format.h>
#include <fstream>

#include "cli/process.h"
#include "crypto/key_file.h"
#include "crypto/random.h"
#include "crypto/x509.h"

namespace aval::cli {
namespace {

using nlohmann::json;

constexpr int certificate_days = 825;
const std::vector<std::string> cash_currencies{"CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "JPY",
                                               "NOK", "PLN", "RON", "SEK", "USD"};

/// Below the ports that Linux gives to outgoing connections (from 32768 on), one of which could take a
/// port between its choice and its use.
constexpr std::uint16_t any_port_first = 12000;
constexpr std::uint16_t any_ports = 20000;

}  // namespace

Result<void> write_text(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) return unexpected(Error::Code::Io, "cannot write " + path.string());
  file.close();
  if (::chmod(path.c_str(), mode) != 0) return unexpected(Error::Code::Io, "cannot set the mode of " + path.string());
  return {};
}

Result<void> make_private_folder(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return unexpected(Error::Code::Io, "cannot create " + path.string() + ": " + failed.message());
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, failed);
  return {};
}

Result<crypto::PublicKey> new_key(const std::filesystem::path& path, const std::string& passphrase) {
  const auto key = crypto::PrivateKey::generate();
  AVAL_TRY(crypto::write_key_file(path, key, passphrase, crypto::PassphraseKind::Random));
  return key.public_key();
}

Result<Issuer> new_issuer() {
  Issuer issuer;
  issuer.now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  AVAL_ASSIGN(issuer.certificate_pem, crypto::issue_ca_certificate(issuer.key, "Aval development CA",
                                                                   issuer.now - 3600, certificate_days));
  return issuer;
}

Result<void> certify(const Issuer& issuer, const crypto::PublicKey& tls_key, const std::string& member,
                     const std::filesystem::path& path) {
  AVAL_ASSIGN(const auto certificate, crypto::issue_certificate(issuer.key, issuer.certificate_pem, tls_key, member,
                                                                issuer.now - 3600, certificate_days));
  return write_text(path, certificate, 0644);
}

Result<std::string> passphrase_of(const Devnet& devnet) {
  return crypto::read_passphrase_file(devnet.folder / "keys" / "passphrase");
}

Result<json> member_with_key(const std::filesystem::path& folder, const std::string& passphrase, const std::string& id,
                             const std::string& name, const std::vector<std::string>& roles) {
  AVAL_ASSIGN(const auto key, new_key(folder / "keys" / (id + "-maker.pem"), passphrase));
  return json{{"id", id},
              {"name", name},
              {"roles", roles},
              {"keys", json::array({{{"public_key", key.hex()}, {"role", "maker"}}})}};
}

Result<json> bank_member(const std::filesystem::path& folder, const std::string& passphrase, const DevnetNode& node) {
  const std::string name = std::string("Bank ") + static_cast<char>('A' + node.index - 1);
  AVAL_ASSIGN(json member, member_with_key(folder, passphrase, node.member, name, {"financier", "cash-bank"}));
  AVAL_ASSIGN(const auto governor, new_key(folder / "keys" / (node.member + "-governor.pem"), passphrase));
  member["keys"].push_back({{"public_key", governor.hex()}, {"role", "governor"}});
  member["cash_currencies"] = cash_currencies;
  return member;
}

Result<json> node_seat(const DevnetNode& node, const std::string& passphrase, const Issuer& issuer) {
  AVAL_TRY(make_private_folder(node.folder));
  AVAL_ASSIGN(const auto vote, new_key(node.folder / "vote.pem", passphrase));
  AVAL_ASSIGN(const auto tls, new_key(node.folder / "tls.pem", passphrase));
  AVAL_TRY(certify(issuer, tls, node.member, node.folder / "tls.crt"));
  return json{{"member", node.member},
              {"vote_key", vote.hex()},
              {"tls_key", tls.hex()},
              {"address", fmt::format("127.0.0.1:{}", node.peer_port)}};
}

json node_config(const DevnetNode& node) {
  json config{{"genesis", "../genesis.json"},
              {"data_dir", "data"},
              {"member", node.member},
              {"identity",
               {{"vote_key", "vote.pem"},
                {"tls_key", "tls.pem"},
                {"tls_certificate", "tls.crt"},
                {"ca_certificate", "../ca.pem"},
                {"passphrase_file", "../keys/passphrase"}}},
              {"p2p", {{"listen", fmt::format("127.0.0.1:{}", node.peer_port)}}},
              {"api", {{"listen", fmt::format("127.0.0.1:{}", node.api_port)}}}};
  if (node.index == 1) {
    config["gateway"] = {{"key", "../keys/logistics-gateway.pem"},
                         {"passphrase_file", "../keys/passphrase"},
                         {"member", "logistics"}};
  }
  return config;
}

DevnetNode node_at(const std::filesystem::path& folder, unsigned index) {
  DevnetNode node;
  node.index = index;
  node.member = std::string("bank-") + static_cast<char>('a' + index - 1);
  node.folder = folder / fmt::format("node-{}", index);
  return node;
}

std::uint16_t take_free_port(std::uint16_t& candidate) {
  while (!port_is_free(candidate)) ++candidate;
  return candidate++;
}

std::uint16_t any_port() { return static_cast<std::uint16_t>(any_port_first + crypto::random_below(any_ports)); }

Result<void> write_profile(const Devnet& devnet) {
  json endpoints = json::array();
  for (const auto& node : devnet.nodes) endpoints.push_back(node.url());
  const json profile{{"endpoints", endpoints},
                     {"genesis", "genesis.json"},
                     {"keys", "keys"},
                     {"passphrase_file", "keys/passphrase"},
                     {"register_key_file", "keys/register.key"}};
  return write_text(devnet.folder / "profile.json", profile.dump(2) + "\n", 0644);
}

}  // namespace aval::cli
