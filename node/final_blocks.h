#pragma once

#include <optional>

#include "consensus/messages.h"
#include "ledger/ledger.h"

namespace aval::node {

/// Answers FetchFinal from a view of the ledger: consecutive blocks from `first` on, about `bytes_wanted`
/// of them, at most `blocks_max`, all of one epoch, the last one with a certificate. Nothing when there is
/// none to send.
/// Reads only; runs on a verify thread.
std::optional<consensus::FinalBlocks> read_final_blocks(const ledger::LedgerSnapshot& ledger, ledger::Height first,
                                                        std::size_t bytes_wanted, std::size_t blocks_max);

}  // namespace aval::node
