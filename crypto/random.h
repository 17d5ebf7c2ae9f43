#pragma once

#include "crypto/base/bytes.h"

namespace aval::crypto {

/// `count` bytes from the system's generator; ends the process when it fails, since a weak secret is
/// worse than none. Never called from ledger, contracts or consensus.
Bytes random_bytes(std::size_t count);

/// A number in [0, bound), bound > 0, without bias worth speaking of (64 random bits reduced).
std::uint64_t random_below(std::uint64_t bound);

}  // namespace aval::crypto
