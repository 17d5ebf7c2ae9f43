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
  // Nothing was ever said on a ledger that ends where it begins.
  const bool is_new = ledger.head().height == ledger.snapshot()->base().height;
  const bool is_nobodys = binding.vote_key_id.is_zero();
  if (JournalFile::exists(place) || (!is_nobodys && (mirror || !is_new))) {
    auto opened = JournalFile::open(place, binding, is_nobodys ? std::nullopt : mirror);
    if (opened && opened->journal.binding() != binding) {
      AVAL_TRY(restart_journal(ledger, opened->journal, binding, {}));
    }
    return opened;
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
  const auto snapshot = ledger.snapshot();
  if (head == snapshot->base().height) return snapshot->base().certificate;
  const auto block = snapshot->block(head);
  if (block && block->certificate) return block->certificate;
  std::optional<ledger::Certificate> lowest;
  for (const consensus::Record& record : records) {
    const auto* final_record = std::get_if<consensus::FinalRecord>(&record);
    if (final_record == nullptr || final_record->certificate.height < head) continue;
    if (!lowest || final_record->certificate.height < lowest->height) lowest = final_record->certificate;
  }
  return lowest;
}

std::vector<crypto::Digest> recent_batches(const ledger::LedgerSnapshot& ledger) {
  const auto refs_at = [&](ledger::Height height) { return ledger.batch_refs(height); };
  return consensus::recent_batches(ledger.head().height, refs_at);
}

}  // namespace

consensus::Recovered at_epoch_start(const ledger::LedgerSnapshot& ledger) {
  return {ledger.head(), std::nullopt, {}, recent_batches(ledger)};
}

Result<Recovery> recover(const StoragePlaces& places, const contracts::GenesisState& genesis,
                         const std::optional<crypto::PublicKey>& vote_key) {
  AVAL_ASSIGN(auto ledger, ledger::Ledger::open(places.database, genesis.config, genesis.state, places.ledger));
  return recover(places, std::move(ledger), vote_key);
}

Result<Recovery> recover(const StoragePlaces& places, std::unique_ptr<ledger::Ledger> ledger,
                         const std::optional<crypto::PublicKey>& vote_key) {
  const ledger::ChainConfig& chain = ledger->config();
  const JournalBinding binding{chain.chain_id, vote_key ? crypto::key_id(*vote_key) : crypto::Digest{}, chain.validators.epoch};
  AVAL_ASSIGN(auto opened, open_journal(places.votes, binding, *ledger));
  const ledger::Header head = ledger->head();
  if (ledger::number(head.height) < opened.journal.ledger_height()) {
    return corrupt("the ledger ends at height " + std::to_string(ledger::number(head.height)) +
                   ", but it had everything up to " + std::to_string(opened.journal.ledger_height()) +
                   " on disk: the database has lost its end; restore db/ from a copy that is not older");
  }
  AVAL_ASSIGN(auto records, decode_records(opened.payloads, chain));
  auto certificate = certificate_for(*ledger, records);
  if (head.height > ledger::Height{} && !certificate) {
    return corrupt("no certificate for the head of the ledger at height " +
                   std::to_string(ledger::number(head.height)));
  }
  consensus::Recovered recovered{head, std::move(certificate), std::move(records),
                                 recent_batches(*ledger->snapshot())};
  return Recovery{std::move(ledger), std::move(opened.journal), std::move(recovered), opened.torn_tail_cut};
}

}  // namespace aval::node
