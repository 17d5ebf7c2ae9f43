#pragma once

#include <cstdint>
#include <vector>

#include "cli/devnet.h"
#include "cli/session.h"

namespace aval::cli {

/// What each envelope of a load does.
enum class LoadKind {
  Invoice,   // the traders submit invoices to one another: six new entries of the state each
  Transfer,  // the banks move cash in a round: entries that everybody writes
};

/// Pre-signs `count` envelopes with one command each, of `envelope_bytes` bytes as far as texts can be
/// filled: 512 with an invoice, about 370 with a transfer, for which a cash bank first issues what will
/// move. Every one of them can commit. Refused when the network has fewer than two senders.
Result<std::vector<Bytes>> sign_load(const Session& session, LoadKind kind, std::uint64_t count,
                                     std::size_t envelope_bytes);

}  // namespace aval::cli
