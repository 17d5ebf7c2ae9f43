#pragma once

#include <vector>

#include "crypto/base/time.h"
#include "ledger/batch.h"

namespace aval::ledger {

using BlockHash = crypto::Digest;

/// Everything a certificate proves. Layout: ledger.proto, message Header.
struct Header {
  crypto::Digest chain_id;
  Epoch epoch{};
  Height height{};
  BlockHash parent;
  ReplicaId proposer{};
  View origin_view{};
  UnixMillis time_ms = 0;
  crypto::Digest batches_root;
  crypto::Digest tx_root;
  crypto::Digest receipt_root;
  crypto::Digest state_root;
  crypto::Digest validators_hash;
  crypto::Digest params_hash;
  bool operator==(const Header&) const = default;
};

Bytes encode_header(const Header& header);
Result<Header> decode_header(ByteView bytes);
/// tagged(Header, canonical header).
BlockHash hash_of(const Header& header);

/// A header and the batches it orders; the bodies travel apart.
struct Block {
  Header header;
  std::vector<BatchRef> batches;
  bool operator==(const Block&) const = default;
};

Bytes encode_block(const Block& block);
/// Also checks that batches_root is the root of the refs and that they stand in block order.
Result<Block> decode_block(ByteView bytes);

crypto::Digest batches_root(const std::vector<BatchRef>& refs);

}  // namespace aval::ledger
