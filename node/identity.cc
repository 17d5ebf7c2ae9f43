#include "node/identity.h"

#include <fstream>

#include "contracts/seats.h"
#include "crypto/key_file.h"
#include "node/clock.h"
#include "node/log.h"

namespace aval::node {

namespace {

constexpr std::streamsize certificate_bytes_max = 64 * 1024;
constexpr Duration pause_between_turns = std::chrono::seconds(2);

unexpected refused(const std::string& what) { return unexpected(Error::Code::Refused, what); }

Result<Bytes> read_certificate(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refused("cannot read certificate " + path.string());
  Bytes bytes(certificate_bytes_max, '\0');
  file.read(bytes.data(), certificate_bytes_max);
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

Result<ledger::ReplicaId> find_seat(const Config& config, const ledger::ValidatorSet& set) {
  if (const auto seat = contracts::seat_of(set, config.member)) return *seat;
  if (config.join) return ledger::no_seat;
  std::string known;
  for (std::uint32_t i = 0; i < set.validators.size(); ++i) {
    if (set.has_seat(ledger::ReplicaId{i})) known += (known.empty() ? "" : ", ") + set.validators[i].member;
  }
  return refused("member \"" + config.member + "\" holds no validator's seat; those who do are " + known +
                 "; if the ledger is about to give it one, set \"join\": true");
}

std::filesystem::path next_of(std::filesystem::path path) { return path += ".next"; }

/// A key file and the passphrase of all of them.
struct KeyPlace {
  std::filesystem::path path;
  const std::string& passphrase;
  std::string role;
};

/// The key that the seat names, from the file or the one beside it. Without a seat: the one in the file; so too for who
/// joins, whose keys a later epoch may name.
Result<crypto::PrivateKey> read_key(const KeyPlace& place, const std::optional<crypto::PublicKey>& expected, bool joins) {
  AVAL_ASSIGN(crypto::PrivateKey key, crypto::read_key_file(place.path, place.passphrase));
  if (!expected || key.public_key() == *expected) return key;
  if (std::filesystem::exists(next_of(place.path))) {
    AVAL_ASSIGN(crypto::PrivateKey next, crypto::read_key_file(next_of(place.path), place.passphrase));
    if (next.public_key() == *expected) return next;
  }
  if (joins) return key;
  return refused("the key in " + place.path.string() + " is not the " + place.role + " key of this seat: it has public key " +
                 key.public_key().hex() + ", the ledger names " + expected->hex() + "; a key that replaces it is looked for in " +
                 next_of(place.path).string() + "; if a later epoch than the one known here names it, set \"join\": true");
}

Result<TlsContext> make_tls(const Config::Identity& files, const crypto::PrivateKey& key,
                            const ledger::ValidatorSet& set) {
  Bytes issuer;
  if (!files.ca_certificate.empty()) {
    AVAL_ASSIGN(issuer, read_certificate(files.ca_certificate));
  }
  Bytes certificate;
  AVAL_ASSIGN(certificate, read_certificate(files.tls_certificate));
  auto tls = TlsContext::make(key, certificate, issuer, PeerDirectory(set));
  if (!tls && std::filesystem::exists(next_of(files.tls_certificate))) {
    AVAL_ASSIGN(certificate, read_certificate(next_of(files.tls_certificate)));
    tls = TlsContext::make(key, certificate, issuer, PeerDirectory(set));
  }
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

Result<Identity> read_identity(const Config& config, const ledger::ValidatorSet& set) {
  AVAL_ASSIGN(const ledger::ReplicaId self, find_seat(config, set));
  std::optional<crypto::PublicKey> vote_key, tls_key;
  if (self != ledger::no_seat) {
    vote_key = set.validators[ledger::number(self)].vote_key;
    tls_key = set.validators[ledger::number(self)].tls_key;
  }
  AVAL_ASSIGN(const std::string passphrase, crypto::read_passphrase_file(config.identity.passphrase_file));
  AVAL_ASSIGN(auto vote, read_key({config.identity.vote_key, passphrase, "vote"}, vote_key, config.join));
  AVAL_ASSIGN(auto tls_private, read_key({config.identity.tls_key, passphrase, "TLS"}, tls_key, config.join));
  AVAL_ASSIGN(auto tls, make_tls(config.identity, tls_private, set));
  AVAL_ASSIGN(auto gateway_key, read_gateway_key(config.gateway));
  return Identity{self, std::move(vote), tls_private.public_key(), std::move(tls), std::move(gateway_key)};
}

namespace {

Result<std::optional<TlsIdentity>> read_other_tls(const Config& config, const ledger::ValidatorSet& set,
                                                  const crypto::PublicKey& in_use) {
  AVAL_ASSIGN(const std::string passphrase, crypto::read_passphrase_file(config.identity.passphrase_file));
  for (const auto& path : {config.identity.tls_key, next_of(config.identity.tls_key)}) {
    if (!std::filesystem::exists(path)) continue;
    AVAL_ASSIGN(const crypto::PrivateKey key, crypto::read_key_file(path, passphrase));
    if (key.public_key() == in_use) continue;
    AVAL_ASSIGN(auto tls, make_tls(config.identity, key, set));
    return std::optional(TlsIdentity{key.public_key(), std::move(tls)});
  }
  return std::optional<TlsIdentity>();
}

}  // namespace

std::optional<TlsIdentity> TlsTurns::take(const ledger::ValidatorSet& set, const crypto::PublicKey& in_use) {
  if (now() < not_before_) return std::nullopt;
  not_before_ = now() + pause_between_turns;
  auto other = read_other_tls(config_, set, in_use);
  if (!other) {
    log_warn("alarm: the other TLS key of this node cannot be used: " + other.error().message);
    return std::nullopt;
  }
  if (*other) log_info("peers refuse this node's TLS key; it shows the other one, " + (*other)->key.hex());
  return std::move(*other);
}

}  // namespace aval::node
