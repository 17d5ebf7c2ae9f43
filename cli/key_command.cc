#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "crypto/key_file.h"

namespace aval::cli {
namespace {

struct KeyFlags {
  std::string path;
  std::string passphrase_file;
};

Result<std::string> passphrase(const KeyFlags& flags) {
  if (flags.passphrase_file.empty()) {
    return unexpected(Error::Code::Refused,
                      "no passphrase: give --passphrase-file FILE (a file of mode 0600; passphrases are never "
                      "taken from the command line)");
  }
  return crypto::read_passphrase_file(flags.passphrase_file);
}

int show_public_key(const Session& session, const KeyFlags& flags, const crypto::PublicKey& key,
                    const char* verb) {
  const nlohmann::json object{{"path", flags.path},
                              {"public_key", key.hex()},
                              {"public_key_base64", to_base64(key.view())},
                              {"key_id", crypto::key_id(key).hex()}};
  print(session, object,
        std::string(verb) + " " + flags.path + "\npublic key  " + key.hex() + "\nkey id      " +
            crypto::key_id(key).hex() + "\n");
  return exit_ok;
}

int key_new(const Session& session, const KeyFlags& flags) {
  const auto secret = passphrase(flags);
  if (!secret) return fail(session, failure_of(secret.error()));
  const auto key = crypto::PrivateKey::generate();
  if (const auto written = crypto::write_key_file(flags.path, key, *secret); !written) {
    return fail(session, failure_of(written.error()));
  }
  return show_public_key(session, flags, key.public_key(), "wrote");
}

int key_show(const Session& session, const KeyFlags& flags) {
  const auto secret = passphrase(flags);
  if (!secret) return fail(session, failure_of(secret.error()));
  const auto key = crypto::read_key_file(flags.path, *secret);
  if (!key) return fail(session, failure_of(key.error()));
  return show_public_key(session, flags, key->public_key(), "read");
}

}  // namespace

void add_key_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* key = app.add_subcommand("key", "Make and show P-256 keys (encrypted PKCS#8 files, mode 0600)");
  key->require_subcommand(1);
  auto flags = std::make_shared<KeyFlags>();
  const auto common = [&](CLI::App* command) {
    command->add_option("PATH", flags->path, "Key file")->required();
    command->add_option("--passphrase-file", flags->passphrase_file, "File of mode 0600 that holds the passphrase");
  };
  auto* make = key->add_subcommand("new", "Make a key; never overwrites");
  common(make);
  make->callback([&session, &chosen, flags] { chosen = [&session, flags] { return key_new(session, *flags); }; });
  auto* show = key->add_subcommand("show", "Show the public key of a key file");
  common(show);
  show->callback([&session, &chosen, flags] { chosen = [&session, flags] { return key_show(session, *flags); }; });
}

}  // namespace aval::cli
