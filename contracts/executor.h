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
/// trace) when it names another chain, has expired, its transaction id is already in the chain or
/// earlier in this block, or its signatures do not carry its commands (authority.h). Every other one
/// gets a receipt: committed, or rejected with its code and no effect but the record of its id and
/// client reference. So no result depends on which of several sufficient sets of signatures stood on
/// the envelope. Signatures are taken as verified; who may sign is judged here, against the state. In
/// a rejected receipt of an atomic envelope the result of the refused command has its code and every
/// other one RolledBack. Pure: same inputs, same outputs and writes.
ExecutedBlock execute_block(const BlockContext& context, const std::vector<ledger::BatchPtr>& batches,
                            ledger::Overlay& state);

/// What the state remembers of every included transaction, under tx_index_key().
struct TxRecord {
  ledger::Height height{};
  std::uint32_t status = 0;
  bool operator==(const TxRecord&) const = default;
};
/// height (8 bytes big endian), status (4 bytes big endian).
Bytes encode_tx_record(const TxRecord& record);
Result<TxRecord> decode_tx_record(ByteView bytes);

/// What execute_block would say of the envelope itself, before any command: who signed it, its validity,
/// its sender, its client reference; not whether it is known or expired. For a node that answers a
/// client at once, also where execution would be silent.
Status judge_envelope(const BlockContext& context, const ledger::Envelope& envelope,
                      const ledger::StateReader& state);

}  // namespace aval::contracts
