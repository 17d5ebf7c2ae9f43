#pragma once

#include "consensus/journal.h"
#include "consensus/messages.h"

namespace aval::consensus {

/// Bytes of a peer message (consensus.proto, canonical) and back. Decoding checks every bound: list
/// lengths against `validators`, byte limits against the parameters.
Bytes encode(const Message& message);
Result<Message> decode_message(ByteView bytes, const ledger::ChainConfig& config);

/// What can be read of a NewView without knowing the validators of its epoch.
struct NewViewPlace {
  Epoch epoch{};
  View view{};
  ReplicaId from{};
};
/// Nothing when the bytes are no NewView, or not its canonical ones.
std::optional<NewViewPlace> place_of_new_view(ByteView bytes);

/// The canonical bytes that senders of these sign: the message without its signature.
Bytes signed_bytes(const ViewChange& message);
Bytes signed_bytes(const NewView& message);

/// Bytes of a journal record's content and back.
Bytes encode(const Record& record);
Result<Record> decode_record(ByteView bytes, const ledger::ChainConfig& config);

}  // namespace aval::consensus
