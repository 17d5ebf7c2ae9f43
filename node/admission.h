#pragma once

#include <variant>

#include "ledger/chain_config.h"
#include "node/api_backend.h"

namespace aval::node {

/// A transaction that has its end already, or one that may go to the replica.
using Admission = std::variant<TxState, ledger::EnvelopePtr>;

/// Everything that can be said of an envelope against one view of the ledger, cheapest first, client
/// signatures last. Pure: runs on a verify thread. Malformed; Refused (another chain, a signer without
/// the right, a bad signature); Expired; Conflict when its client reference names another transaction.
Result<Admission> admit(ByteView envelope_bytes, const LedgerView& view);

/// What the next block would say of the envelope before any command of it: Refused with the code of the
/// rule, or Conflict when its client reference names another transaction.
Result<void> judge(const ledger::Envelope& envelope, const LedgerView& view);

/// The end of a transaction that is in the ledger.
std::optional<TxState> find_final(const ledger::LedgerSnapshot& ledger, const ledger::TxId& tx_id);

/// The block a transaction would stand in if it were included next.
contracts::BlockContext next_block(const LedgerView& view);

}  // namespace aval::node
