#include "node/snapshot_answer.h"

namespace aval::node {

namespace {

SnapshotOffer offer_of(const SnapshotStore& store, const ledger::LedgerSnapshot& ledger) {
  auto manifest = store.newest();
  if (!manifest || manifest->height > ledger.head().height) return {};
  auto finality = ledger.finality_proof(manifest->height);
  if (!finality) return {};
  return {SnapshotOffer::Snapshot{*std::move(manifest), *std::move(finality)}};
}

SnapshotChunk chunk_of(const AskChunk& ask, const SnapshotStore& store) {
  auto bytes = store.chunk(ask.height, ask.index);
  return {ask.height, ask.index, bytes ? std::move(*bytes) : Bytes()};
}

}  // namespace

Result<Bytes> answer_snapshot_question(ByteView question, const SnapshotStore& store,
                                       const ledger::LedgerSnapshot& ledger) {
  AVAL_ASSIGN(const SnapshotMessage message, decode_snapshot_message(question));
  if (std::holds_alternative<AskSnapshot>(message)) return encode(SnapshotMessage(offer_of(store, ledger)));
  if (const auto* ask = std::get_if<AskChunk>(&message)) return encode(SnapshotMessage(chunk_of(*ask, store)));
  return unexpected(Error::Code::Malformed, "snapshot message: not a question");
}

}  // namespace aval::node
