#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contracts/genesis.h"
#include "crypto/signer.h"
#include "node/client.h"

namespace aval::cli {

/// Exit codes of aval, documented in cli/README.md.
enum ExitCode : int {
  exit_ok = 0,
  exit_refused = 1,       // the ledger, a rule or a check said no; the code is in the output
  exit_unsound = 2,       // audit found a difference
  exit_incomplete = 3,    // audit: something needed is missing
  exit_unreadable = 4,    // audit: the source cannot be read
  exit_usage = 64,        // wrong flags, files or keys; nothing was sent
  exit_unavailable = 69,  // no node could be reached or it did not answer in time
  exit_internal = 70,
};

/// A failure of a command: what it exits with, the cause, and the next step for the user.
struct Failure {
  int exit_code = exit_usage;
  std::string code;  // stable short code, such as "DFIN" or "BR-CO-10"
  std::string cause;
  std::string next;  // a command or an action; may be empty
};

/// profile.json: where the network is and which keys are at hand.
///   {"endpoints":["http://127.0.0.1:7410",…],"genesis":"genesis.json","keys":"keys",
///    "passphrase_file":"keys/passphrase","register_key_file":"keys/register.key"}
/// Relative paths are relative to the profile. Key files are <keys>/<member>-maker.pem, -checker.pem,
/// -governor.pem and -governor-2.pem.
/// Chosen by --profile, AVAL_PROFILE, ./aval-devnet/profile.json, ~/.config/aval/default.json.
struct Profile {
  std::filesystem::path file;
  std::vector<std::string> endpoints;
  std::filesystem::path genesis;
  std::filesystem::path keys;
  std::filesystem::path passphrase_file;
  std::filesystem::path register_key_file;  // 32 bytes in hex: the consortium's fingerprint key
};

/// The flags every command shares, and what they lead to; loaded when first asked for.
class Session {
 public:
  bool json = false;              // --json
  std::string profile_path;       // --profile
  std::string endpoint_override;  // --endpoint
  bool dry_run = false;           // --dry-run on anything that writes

  Result<Profile> profile() const;
  Result<contracts::GenesisState> genesis() const;
  /// Of the file `given`; of the profile when that is empty.
  Result<contracts::GenesisState> genesis(const std::string& given) const;
  /// --endpoint alone when given, else the profile's, in order.
  Result<std::vector<std::string>> endpoints() const;
  /// A client to the first endpoint that answers.
  Result<node::HttpClient> client() const;
  /// The keys of `member`: maker first, then checker where the genesis asks for dual control. Of a member that
  /// joined later: the checker when its file is at hand.
  Result<std::vector<std::unique_ptr<crypto::Signer>>> signers(const std::string& member) const;
  /// The governor keys of `member` that are at hand: one, or two for the two-person rule.
  Result<std::vector<std::unique_ptr<crypto::Signer>>> governors(const std::string& member) const;
  /// The key of one file, opened with the profile's passphrase.
  Result<crypto::PrivateKey> key(const std::filesystem::path& file) const;
  /// The consortium's fingerprint key, checked against the genesis.
  Result<Bytes> register_key() const;
};

}  // namespace aval::cli
