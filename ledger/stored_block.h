#pragma once

#include "ledger/ledger.h"

namespace aval::ledger {

/// Is the block at `height`, above the base and not above the head, whole and what it was when it became final?
/// Its name, bodies, roots, the certificate that stands with it if one does, and where its transactions are said to
/// be; nothing is executed. Corrupt, naming what is not. What cannot be read at all ends in on_fatal, as every read of
/// a ledger does.
Result<void> check_stored_block(const LedgerSnapshot& ledger, Height height);

}  // namespace aval::ledger
