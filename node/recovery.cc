#include "node/recovery.h"

#include "consensus/recent_batches.h"
#include "consensus/wire.h"
#include "node/journal_mirror.h"

namespace aval::node {

namespace {

unexpected corrupt(const std::string& what) { return unexpected(Error::Code::Corrupt, what); }

Result<JournalFile::Opened> open_journal(const JournalPlace& place, const JournalBinding& binding,
                                         ledger::Ledger& ledger) {
  AVAL_ASSIGN(const auto mirror, mirrored_position(ledger));
  if (JournalFile::exists(place) || mirror || ledger.head().height > ledger::Height{}) {
    return JournalFile::open(place, binding, mirror);
  }
  AVAL_ASSIGN(JournalFile journal, JournalFile::create(place, binding));
  mirror_journal(ledger, journal);
  return JournalFile::Opened{std::move(journal), {}, false};
}

Result<std::vector<consensus::Record>> decode_records(const std::vector<Bytes>& payloads,
                                                      const ledger::ChainConfig& config) {
  std::vector<consensus::Record> records;
  records.reserve(payloads.size());
  for (const Bytes& payload : payloads) {
    auto record = consensus::decode_record(payload, config);
    if (!record) return corrupt("a record of the vote journal cannot be read: " + record.error().message);
    records.push_back(std::move(*record));
  }
  return records;
}

/// The head's own certificate, or the lowest one above it that the journal knows.
std::optional<ledger::Certificate> certificate_for(const ledger::Ledger& ledger,
                                                   const std::vector<consensus::Record>& records) {
  const ledger::Height head = ledger.head().height;
  if (head == ledger::Height{}) return std::nullopt;
  const auto block = ledger.snapshot()->block(head);
  if (block && block->certificate) return block->certificate;
  std::optional<ledger::Certificate> lowest;
  for (const consensus::Record& record : records) {
    const auto* final_record = std::get_if<consensus::FinalRecord>(&record);
    if (final_record == nullptr || final_record->certificate.height < head) continue;
    if (!lowest || final_record->certificate.height < lowest->height) lowest = final_record->certificate;
  }
  return lowest;
}

}  // namespace

Result<Recovery> recover(const StoragePlaces& places, const contracts::GenesisState& genesis,
                         const crypto::PublicKey& vote_key) {
  AVAL_ASSIGN(auto ledger, ledger::Ledger::open(places.database, genesis.config, genesis.state, places.ledger));
  const JournalBinding binding{genesis.config.chain_id, crypto::key_id(vote_key)};
  AVAL_ASSIGN(auto opened, open_journal(places.votes, binding, *ledger));
  const ledger::Header head = ledger->head();
  if (ledger::number(head.height) < opened.journal.ledger_height()) {
    return corrupt("the ledger ends at height " + std::to_string(ledger::number(head.height)) +
                   ", but it had everything up to " + std::to_string(opened.journal.ledger_height()) +
                   " on disk: the database has lost its end; restore db/ from a copy that is not older");
  }
  AVAL_ASSIGN(auto records, decode_records(opened.payloads, genesis.config));
  auto certificate = certificate_for(*ledger, records);
  if (head.height > ledger::Height{} && !certificate) {
    return corrupt("no certificate for the head of the ledger at height " +
                   std::to_string(ledger::number(head.height)));
  }
  const auto snapshot = ledger->snapshot();
  const auto refs_at = [&](ledger::Height height) { return snapshot->batch_refs(height); };
  consensus::Recovered recovered{head, std::move(certificate), std::move(records),
                                 consensus::recent_batches(head.height, refs_at)};
  return Recovery{std::move(ledger), std::move(opened.journal), std::move(recovered), opened.torn_tail_cut};
}

}  // namespace aval::node
