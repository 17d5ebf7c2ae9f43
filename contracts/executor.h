#pragma once

#include <vector>

#include "contracts/status.h"
#include "ledger/receipt.h"
#include "ledger/state.h"

namespace aval::contracts {

/// What a block tells its transactions about the world; the only time there is.
struct BlockContext {
  crypto::Digest chain_id;
  ledger::Height height{};
  UnixMillis time_ms = 0;
  std::uint32_t validity_window_blocks = 0;
};

/// What executing a block's envelopes gave.
struct ExecutedBlock {
  std::vector<ledger::EnvelopePtr> included;  // in order; skipped ones are not here
  std::vector<ledger::Receipt> receipts;      // same order
};

/// Executes the envelopes of `batches`, in order, into `state`. An envelope is skipped (it leaves no
/// trace) when it names another chain, has expired, or its transaction id is already in the chain or
/// earlier in this block. Every other one gets a receipt: committed, or rejected with its code and no
/// effect but the record of its id and client reference. Signatures are taken as verified; who may
/// sign is judged here, against the state. Pure: same inputs, same outputs and writes.
ExecutedBlock execute_block(const BlockContext& context, const std::vector<ledger::BatchPtr>& batches,
                            ledger::Overlay& state);

}  // namespace aval::contracts
