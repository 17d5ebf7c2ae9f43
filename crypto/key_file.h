#pragma once

#include <filesystem>
#include <string_view>

#include "crypto/keys.h"

namespace aval::crypto {

/// Reads an encrypted PKCS#8 PEM key file ("BEGIN ENCRYPTED PRIVATE KEY"). Refused, with the path
/// and the remedy in the message: a symbolic link, an owner other than this user (or root), any
/// permission for group or others, a directory everyone may write to, an unencrypted key, a wrong
/// passphrase, a curve other than P-256.
Result<PrivateKey> read_key_file(const std::filesystem::path& path, std::string_view passphrase);

/// Who made a passphrase decides how dear each guess at it must be.
enum class PassphraseKind {
  Chosen,  // by a person, so it can be guessed: a fifth of a second a guess
  Random,  // at least 128 random bits: no guess is worth anything, so it costs a millisecond
};

/// Writes an encrypted PKCS#8 PEM file (scrypt, AES-256-CBC) with mode 0600 through a temporary
/// name, fsync and a hard link (a rename would overwrite). Conflict when the path exists.
Result<void> write_key_file(const std::filesystem::path& path, const PrivateKey& key, std::string_view passphrase,
                            PassphraseKind kind = PassphraseKind::Chosen);

/// Reads a passphrase from a file with the same mode and owner rules; trailing newlines are cut.
Result<std::string> read_passphrase_file(const std::filesystem::path& path);

}  // namespace aval::crypto
