#include "node/journal_mirror.h"

namespace aval::node {

namespace {

constexpr ByteView note_name = "journal";

}  // namespace

void mirror_journal(ledger::Ledger& ledger, const JournalFile& journal) {
  ledger.put_note(note_name, encode_position(journal.position()), true);
}

Result<void> restart_journal(ledger::Ledger& ledger, JournalFile& journal, const JournalBinding& binding,
                             const std::vector<Bytes>& payloads) {
  mirror_journal(ledger, journal);
  AVAL_TRY(journal.restart(binding, payloads, ledger::number(ledger.head().height)));
  mirror_journal(ledger, journal);
  return {};
}

Result<std::optional<JournalPosition>> mirrored_position(const ledger::Ledger& ledger) {
  const auto note = ledger.note(note_name);
  if (!note) return std::optional<JournalPosition>();
  auto position = decode_position(*note);
  if (!position)
    return unexpected(Error::Code::Corrupt, "the ledger's note of the vote journal cannot be read");
  return position;
}

}  // namespace aval::node
