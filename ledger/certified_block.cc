#include "ledger/canonical.h"
#include "ledger/certificate.h"
#include "ledger/parameters.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

Result<BatchPtr> read_body(Bytes bytes, const BatchRef& ref) {
  AVAL_ASSIGN(Batch batch, take_batch(std::move(bytes)));
  if (ref_of(batch) != ref) return malformed("certified block: a batch is not the one the block names");
  return std::make_shared<const Batch>(std::move(batch));
}

Result<std::vector<BatchPtr>> read_bodies(pb::CertifiedBlock& wire, const std::vector<BatchRef>& refs) {
  if (static_cast<std::size_t>(wire.batches_size()) != refs.size())
    return malformed("certified block: not as many batches as the block names");
  std::vector<BatchPtr> out;
  out.reserve(refs.size());
  for (const BatchRef& ref : refs) {
    AVAL_ASSIGN(auto batch, read_body(std::move(*wire.mutable_batches(static_cast<int>(out.size()))), ref));
    out.push_back(std::move(batch));
  }
  return out;
}

/// A certificate that stands beside a block is a commit certificate of exactly that block.
Result<void> check_belongs(const Certificate& certificate, const Header& header) {
  if (certificate.phase != Phase::Commit)
    return malformed("certified block: its certificate is not a commit");
  if (certificate.height != header.height) return malformed("certified block: certificate of another height");
  if (certificate.epoch != header.epoch) return malformed("certified block: certificate of another epoch");
  if (certificate.block_hash != hash_of(header))
    return malformed("certified block: certificate of another block");
  return {};
}

}  // namespace

Bytes encode_certified_block(const CertifiedBlock& block) {
  pb::CertifiedBlock wire;
  wire.set_block(encode_block(block.block));
  for (const BatchPtr& batch : block.batches) wire.add_batches(batch->bytes);
  if (block.certificate) wire.set_certificate(encode_certificate(*block.certificate));
  return canonical(wire);
}

Result<CertifiedBlock> decode_certified_block(ByteView bytes) {
  pb::CertifiedBlock wire;
  AVAL_TRY(parse_canonical(bytes, wire, "certified block"));
  CertifiedBlock out;
  AVAL_ASSIGN(out.block, decode_block(wire.block()));
  AVAL_ASSIGN(out.batches, read_bodies(wire, out.block.batches));
  if (wire.certificate().empty()) return out;
  AVAL_ASSIGN(out.certificate, decode_certificate(wire.certificate()));
  AVAL_TRY(check_belongs(*out.certificate, out.block.header));
  return out;
}

}  // namespace aval::ledger
