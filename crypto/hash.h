#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "crypto/base/bytes.h"

namespace aval::crypto {

/// A SHA-256 value.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  ByteView view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  std::string hex() const { return to_hex(view()); }
  bool is_zero() const { return *this == Digest{}; }
  /// Reads exactly 32 bytes; anything else is Malformed.
  static Result<Digest> from_bytes(ByteView bytes);
  static Result<Digest> from_hex(std::string_view text);
  auto operator<=>(const Digest&) const = default;
};

/// Every domain tag of the system. Add a tag here and in tag_text(); a test proves them distinct
/// and that none is a prefix of another followed by 0x00.
enum class Tag {
  Genesis,      // aval/genesis/v1      canonical genesis bytes -> chain id
  Tx,           // aval/tx/v1           envelope body bytes -> transaction id; what clients sign
  Batch,        // aval/batch/v1        canonical batch bytes -> batch digest
  Header,       // aval/header/v1       canonical header bytes -> block hash
  Receipt,      // aval/receipt/v1      canonical receipt bytes -> Merkle leaf data
  Vote,         // aval/vote/v1         canonical vote bytes; what validators sign
  Proposal,     // aval/proposal/v1     canonical proposal statement; what primaries sign
  ViewChange,   // aval/view-change/v1
  NewView,      // aval/new-view/v1
  Status,       // aval/status/v1       a replica's own summary of where it stands
  Validators,   // aval/validators/v1   canonical validator set
  Parameters,   // aval/parameters/v1   canonical ledger parameters
  StateLeaf,    // aval/state-leaf/v1
  StateNode,    // aval/state-node/v1
  StateKey,     // aval/state-key/v1    state key -> position in the tree
  OriginOrder,  // aval/origin-order/v1 (parent hash, origin) -> order of origins in a block
  KeyId,        // aval/key-id/v1       public key -> key id
  Document,     // aval/document/v1     a document kept off the ledger
  Terms,        // aval/terms/v1        terms of a note or a deal
  Fingerprint,  // aval/fingerprint/v1  duplicate register (keyed)
  Attestation,  // aval/attestation/v1  external data of device signatures
  Journal,      // aval/journal/v1      hash chain of the vote journal
  Change,       // aval/change/v1       canonical proposed change; what members approve
  Ready,        // aval/ready/v1        chain id, height, block hash; what an observer's vote key signs
  Possession,   // aval/possession/v1   chain id, vote key, member; what a new vote key signs
  Snapshot,     // aval/snapshot/v1     canonical snapshot manifest; what peers must agree on
  TestSigner,   // aval/test-signer/v1  the simulator's toy signatures; never accepted by avald
  Last_,        // count; not a tag
};

/// The text of a tag, for example "aval/tx/v1".
std::string_view tag_text(Tag tag);

/// Plain SHA-256. Uses one reused context per thread.
Digest sha256(ByteView bytes);

/// SHA-256(tag || 0x00 || bytes).
Digest tagged(Tag tag, ByteView bytes);

/// SHA-256(tag || 0x00 || part...), without copying the parts together. The caller makes the parts
/// unambiguous: fixed widths, or lengths in front.
Digest tagged(Tag tag, std::initializer_list<ByteView> parts);

}  // namespace aval::crypto
