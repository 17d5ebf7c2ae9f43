#pragma once

#include <optional>
#include <variant>

#include "ledger/snapshot.h"

/// What a node that joins asks its peers, and what they answer: the payload of frames of kind Snapshot.
///   u8 1                                                  which snapshot have you?
///   u8 2, and when there is one
///         u32 length, manifest, u32 length, finality      the newest one, and that its block is final
///   u8 3, u64 height, u32 index                           give me that chunk
///   u8 4, u64 height, u32 index, bytes                    there; no bytes: it is not here
namespace aval::node {

struct AskSnapshot {};
struct SnapshotOffer {
  struct Snapshot {
    ledger::SnapshotManifest manifest;
    ledger::FinalityProof finality;
  };
  std::optional<Snapshot> newest;
};
struct AskChunk {
  ledger::Height height{};
  std::uint32_t index = 0;
};
struct SnapshotChunk {
  ledger::Height height{};
  std::uint32_t index = 0;
  Bytes bytes;
};
using SnapshotMessage = std::variant<AskSnapshot, SnapshotOffer, AskChunk, SnapshotChunk>;

Bytes encode(const SnapshotMessage& message);
/// Malformed, saying what is wrong, for anything but exactly one of the above.
Result<SnapshotMessage> decode_snapshot_message(ByteView bytes);

}  // namespace aval::node
