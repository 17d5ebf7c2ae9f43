#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/devnet.h"
#include "crypto/keys.h"

/// What the folder of a development network is made of.
namespace aval::cli {

Result<void> write_text(const std::filesystem::path& path, const std::string& text, mode_t mode);
/// With all that lies above it; mode 0700.
Result<void> make_private_folder(const std::filesystem::path& path);

/// A new key in an encrypted file.
Result<crypto::PublicKey> new_key(const std::filesystem::path& path, const std::string& passphrase);

/// Who vouches for TLS keys. The network believes the ledger and not the issuer, so any issuer will do.
struct Issuer {
  crypto::PrivateKey key = crypto::PrivateKey::generate();
  std::string certificate_pem;
  std::int64_t now = 0;  // seconds since 1970
};
Result<Issuer> new_issuer();
/// A certificate for a TLS key, in a file.
Result<void> certify(const Issuer& issuer, const crypto::PublicKey& tls_key, const std::string& member,
                     const std::filesystem::path& path);

/// The passphrase that opens every key of the network.
Result<std::string> passphrase_of(const Devnet& devnet);
/// A member as the genesis description has it, with a maker key of its own in keys/.
Result<nlohmann::json> member_with_key(const std::filesystem::path& folder, const std::string& passphrase,
                                       const std::string& id, const std::string& name,
                                       const std::vector<std::string>& roles);
/// A bank: a member with a governor key as well, which may bring in cash.
Result<nlohmann::json> bank_member(const std::filesystem::path& folder, const std::string& passphrase,
                                   const DevnetNode& node);
/// Its node's vote and TLS keys, and what the ledger is to know of them.
Result<nlohmann::json> node_seat(const DevnetNode& node, const std::string& passphrase, const Issuer& issuer);
nlohmann::json node_config(const DevnetNode& node);
/// The `index`-th node of a network, without ports.
DevnetNode node_at(const std::filesystem::path& folder, unsigned index);
/// A port on 127.0.0.1 that nobody listens at, from `candidate` on; moves `candidate` behind it.
std::uint16_t take_free_port(std::uint16_t& candidate);
/// Where to begin when any port will do.
std::uint16_t any_port();
Result<void> write_profile(const Devnet& devnet);

}  // namespace aval::cli
