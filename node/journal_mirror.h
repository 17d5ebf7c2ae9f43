#pragma once

#include "ledger/ledger.h"
#include "node/journal_file.h"

/// Vote journal and ledger know of each other, so that an old copy of either is noticed at the start:
/// the ledger notes how far the journal reached, the journal which blocks the ledger had on disk when
/// it left them out.
namespace aval::node {

/// Notes the journal's position in the ledger. The note and every block appended before it are on disk
/// when it returns.
void mirror_journal(ledger::Ledger& ledger, const JournalFile& journal);

/// Replaces the journal by these records. The ledger is forced to disk before, because they leave out
/// what it holds, and after, so that it knows the new journal. `binding`: journal.binding(), but when an
/// epoch begins.
Result<void> restart_journal(ledger::Ledger& ledger, JournalFile& journal, const JournalBinding& binding,
                             const std::vector<Bytes>& payloads);

/// What the ledger noted last; Corrupt when that cannot be read.
Result<std::optional<JournalPosition>> mirrored_position(const ledger::Ledger& ledger);

}  // namespace aval::node
