#include "ledger/block.h"

#include <algorithm>

#include "crypto/base/mutant.h"
#include "crypto/merkle.h"
#include "ledger/canonical.h"
#include "ledger/parameters.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

void write_ref(const BatchRef& ref, pb::BatchRef& wire) {
  wire.set_origin(number(ref.origin));
  wire.set_counter(ref.counter);
  put_field(wire.mutable_digest(), ref.digest.view());
}

Result<BatchRef> read_ref(const pb::BatchRef& wire) {
  BatchRef ref{ReplicaId{wire.origin()}, wire.counter(), {}};
  AVAL_TRY(read_field(wire.digest(), "block: digest of a batch", ref.digest));
  return ref;
}

Result<std::vector<BatchRef>> read_refs(const pb::Block& wire) {
  if (static_cast<std::size_t>(wire.batches_size()) > block_batches_limit)
    return malformed("block: more than 1024 batches");
  std::vector<BatchRef> refs;
  refs.reserve(static_cast<std::size_t>(wire.batches_size()));
  for (const auto& entry : wire.batches()) {
    AVAL_ASSIGN(const auto ref, read_ref(entry));
    refs.push_back(ref);
  }
  return refs;
}

Result<void> check_refs(const Block& block) {
  const auto& refs = block.batches;
  if (in_block_order(block.header.parent, refs) != refs && !mutated("batches-as-the-primary-likes"))
    return malformed("block: batches not in block order");
  if (std::adjacent_find(refs.begin(), refs.end()) != refs.end())
    return malformed("block: a batch stands twice");
  if (batches_root(refs) != block.header.batches_root)
    return malformed("block: batches_root is of other batches");
  return {};
}

Result<void> read_roots(const pb::Header& wire, Header& out) {
  AVAL_TRY(read_field(wire.batches_root(), "header: batches_root", out.batches_root));
  AVAL_TRY(read_field(wire.tx_root(), "header: tx_root", out.tx_root));
  AVAL_TRY(read_field(wire.receipt_root(), "header: receipt_root", out.receipt_root));
  AVAL_TRY(read_field(wire.state_root(), "header: state_root", out.state_root));
  AVAL_TRY(read_field(wire.validators_hash(), "header: validators_hash", out.validators_hash));
  return read_field(wire.params_hash(), "header: params_hash", out.params_hash);
}

}  // namespace

Bytes encode_header(const Header& header) {
  pb::Header wire;
  put_field(wire.mutable_chain_id(), header.chain_id.view());
  wire.set_epoch(number(header.epoch));
  wire.set_height(number(header.height));
  put_field(wire.mutable_parent(), header.parent.view());
  wire.set_proposer(number(header.proposer));
  wire.set_origin_view(number(header.origin_view));
  wire.set_time_ms(header.time_ms);
  put_field(wire.mutable_batches_root(), header.batches_root.view());
  put_field(wire.mutable_tx_root(), header.tx_root.view());
  put_field(wire.mutable_receipt_root(), header.receipt_root.view());
  put_field(wire.mutable_state_root(), header.state_root.view());
  put_field(wire.mutable_validators_hash(), header.validators_hash.view());
  put_field(wire.mutable_params_hash(), header.params_hash.view());
  return canonical(wire);
}

Result<Header> decode_header(ByteView bytes) {
  pb::Header wire;
  AVAL_TRY(parse_canonical(bytes, wire, "header"));
  Header header;
  AVAL_TRY(read_field(wire.chain_id(), "header: chain_id", header.chain_id));
  AVAL_TRY(read_field(wire.parent(), "header: parent", header.parent));
  AVAL_TRY(read_roots(wire, header));
  header.epoch = Epoch{wire.epoch()};
  header.height = Height{wire.height()};
  header.proposer = ReplicaId{wire.proposer()};
  header.origin_view = View{wire.origin_view()};
  header.time_ms = wire.time_ms();
  return header;
}

BlockHash hash_of(const Header& header) { return crypto::tagged(crypto::Tag::Header, encode_header(header)); }

Bytes encode_block(const Block& block) {
  pb::Block wire;
  wire.set_header(encode_header(block.header));
  for (const BatchRef& ref : block.batches) write_ref(ref, *wire.add_batches());
  return canonical(wire);
}

Result<Block> decode_block(ByteView bytes) {
  pb::Block wire;
  AVAL_TRY(parse_canonical(bytes, wire, "block"));
  Block block;
  AVAL_ASSIGN(block.header, decode_header(wire.header()));
  AVAL_ASSIGN(block.batches, read_refs(wire));
  AVAL_TRY(check_refs(block));
  return block;
}

crypto::Digest batches_root(const std::vector<BatchRef>& refs) {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(refs.size());
  for (const BatchRef& ref : refs) {
    pb::BatchRef wire;
    write_ref(ref, wire);
    leaves.push_back(crypto::merkle_leaf(canonical(wire)));
  }
  return crypto::merkle_root(leaves);
}

}  // namespace aval::ledger
