#include "node/identity.h"

#include <fstream>

#include "crypto/key_file.h"

namespace aval::node {

namespace {

constexpr std::streamsize certificate_bytes_max = 64 * 1024;

unexpected refused(const std::string& what) { return unexpected(Error::Code::Refused, what); }

Result<Bytes> read_certificate(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refused("cannot read certificate " + path.string());
  Bytes bytes(certificate_bytes_max, '\0');
  file.read(bytes.data(), certificate_bytes_max);
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

Result<ledger::ReplicaId> find_validator(const ledger::ValidatorSet& set, const std::string& member) {
  std::string known;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set.validators[i].member == member) return ledger::ReplicaId{static_cast<std::uint32_t>(i)};
    known += (known.empty() ? "" : ", ") + set.validators[i].member;
  }
  return refused("member \"" + member + "\" is no validator of the genesis; those are " + known);
}

Result<crypto::PrivateKey> read_key(const std::filesystem::path& path, const std::string& passphrase,
                                    const crypto::PublicKey& expected, const std::string& role) {
  AVAL_ASSIGN(crypto::PrivateKey key, crypto::read_key_file(path, passphrase));
  if (key.public_key() == expected) return key;
  return refused("the key in " + path.string() + " is not the " + role + " key that the genesis names: it has public key " +
                 key.public_key().hex() + ", the genesis " + expected.hex());
}

Result<TlsContext> make_tls(const Config::Identity& files, const crypto::PrivateKey& key,
                            const ledger::ValidatorSet& set) {
  AVAL_ASSIGN(const Bytes certificate, read_certificate(files.tls_certificate));
  Bytes issuer;
  if (!files.ca_certificate.empty()) {
    AVAL_ASSIGN(issuer, read_certificate(files.ca_certificate));
  }
  auto tls = TlsContext::make(key, certificate, issuer, PeerDirectory(set));
  if (!tls) return refused(files.tls_certificate.string() + ": " + tls.error().message);
  return tls;
}

Result<std::optional<crypto::PrivateKey>> read_gateway_key(const Config::Gateway& gateway) {
  if (gateway.key.empty()) return std::optional<crypto::PrivateKey>();
  AVAL_ASSIGN(const std::string passphrase, crypto::read_passphrase_file(gateway.passphrase_file));
  AVAL_ASSIGN(crypto::PrivateKey key, crypto::read_key_file(gateway.key, passphrase));
  return std::optional(std::move(key));
}

}  // namespace

Result<Identity> read_identity(const Config& config, const contracts::GenesisState& genesis) {
  const ledger::ValidatorSet& set = genesis.config.validators;
  AVAL_ASSIGN(const ledger::ReplicaId self, find_validator(set, config.member));
  const ledger::Validator& validator = set.validators[ledger::number(self)];
  AVAL_ASSIGN(const std::string passphrase, crypto::read_passphrase_file(config.identity.passphrase_file));
  AVAL_ASSIGN(auto vote, read_key(config.identity.vote_key, passphrase, validator.vote_key, "vote"));
  AVAL_ASSIGN(auto tls_key, read_key(config.identity.tls_key, passphrase, validator.tls_key, "TLS"));
  AVAL_ASSIGN(auto tls, make_tls(config.identity, tls_key, set));
  AVAL_ASSIGN(auto gateway_key, read_gateway_key(config.gateway));
  return Identity{self, std::move(vote), std::move(tls), std::move(gateway_key)};
}

}  // namespace aval::node
