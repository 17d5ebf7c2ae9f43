#pragma once

#include <filesystem>

#include "crypto/keys.h"

/// Vote keys that this node must never sign with again, because its journal of what they signed is lost or not the
/// only one: `given-up` in the folder of the vote journal, a line of hex with each key's id.
namespace aval::node {

/// Io or Corrupt when the list cannot be read.
Result<bool> is_given_up(const std::filesystem::path& votes, const crypto::PublicKey& vote_key);

/// Puts the key on the list and the journal aside, durably. The node follows the chain from its next start on, and
/// votes again under another key that the ledger names for its seat.
Result<void> give_up(const std::filesystem::path& votes, const crypto::PublicKey& vote_key);

}  // namespace aval::node
