#include "node/snapshot_messages.h"

#include "ledger/framing.h"

namespace aval::node {

namespace {

enum class Kind : char { Ask = 1, Offer = 2, AskChunk = 3, Chunk = 4 };

constexpr std::size_t chunk_place_bytes = 12;

Bytes started(Kind kind) { return {static_cast<char>(kind)}; }

Bytes place(ledger::Height height, std::uint32_t index) {
  return big_endian(ledger::number(height)) + ledger::big_endian_4(index);
}

struct Encoder {
  Bytes operator()(const AskSnapshot&) const { return started(Kind::Ask); }
  Bytes operator()(const SnapshotOffer& offer) const {
    Bytes out = started(Kind::Offer);
    if (!offer.newest) return out;
    ledger::append_frame(out, ledger::encode_manifest(offer.newest->manifest));
    ledger::append_frame(out, ledger::encode_finality_proof(offer.newest->finality));
    return out;
  }
  Bytes operator()(const AskChunk& ask) const { return started(Kind::AskChunk) + place(ask.height, ask.index); }
  Bytes operator()(const SnapshotChunk& chunk) const {
    return (started(Kind::Chunk) + place(chunk.height, chunk.index)).append(chunk.bytes);
  }
};

unexpected malformed_message(const char* why) {
  return unexpected(Error::Code::Malformed, std::string("snapshot message: ") + why);
}

Result<SnapshotMessage> decode_offer(ByteView rest) {
  if (rest.empty()) return SnapshotMessage(SnapshotOffer{});
  AVAL_ASSIGN(const ByteView manifest, ledger::take_frame(rest));
  AVAL_ASSIGN(const ByteView finality, ledger::take_frame(rest));
  if (!rest.empty()) return malformed_message("bytes after the end");
  SnapshotOffer::Snapshot snapshot;
  AVAL_ASSIGN(snapshot.manifest, ledger::decode_manifest(manifest));
  AVAL_ASSIGN(snapshot.finality, ledger::decode_finality_proof(finality));
  return SnapshotMessage(SnapshotOffer{std::move(snapshot)});
}

Result<AskChunk> take_place(ByteView& rest) {
  if (rest.size() < chunk_place_bytes) return malformed_message("cut off");
  const AskChunk where{ledger::Height{from_big_endian(rest.substr(0, 8))}, ledger::from_big_endian_4(rest.substr(8, 4))};
  rest.remove_prefix(chunk_place_bytes);
  return where;
}

}  // namespace

Bytes encode(const SnapshotMessage& message) { return std::visit(Encoder{}, message); }

Result<SnapshotMessage> decode_snapshot_message(ByteView bytes) {
  if (bytes.empty()) return malformed_message("empty");
  const auto kind = static_cast<Kind>(bytes.front());
  bytes.remove_prefix(1);
  if (kind == Kind::Ask && bytes.empty()) return SnapshotMessage(AskSnapshot{});
  if (kind == Kind::Offer) return decode_offer(bytes);
  if (kind != Kind::AskChunk && kind != Kind::Chunk) return malformed_message("no kind that is known");
  AVAL_ASSIGN(const AskChunk where, take_place(bytes));
  if (kind == Kind::Chunk) return SnapshotMessage(SnapshotChunk{where.height, where.index, Bytes(bytes)});
  if (!bytes.empty()) return malformed_message("bytes after the end");
  return SnapshotMessage(where);
}

}  // namespace aval::node
