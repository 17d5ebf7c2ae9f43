#pragma once

#include <cstdint>
#include <vector>

#include "cli/devnet.h"
#include "cli/session.h"

namespace aval::cli {

/// Pre-signs `count` envelopes with one cash transfer each, of `envelope_bytes` bytes as far as
/// its two references can be filled (about 360), from the four banks in turn, after a cash bank has issued what they will move. Every one of them can commit.
Result<std::vector<Bytes>> sign_load(const Session& session, std::uint64_t count, std::size_t envelope_bytes);

}  // namespace aval::cli
