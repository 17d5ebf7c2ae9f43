#include "ledger/evidence.h"

#include "crypto/base/mutant.h"
#include "ledger/canonical.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

unexpected bad_evidence(std::string why) {
  return unexpected(Error::Code::Refused, "evidence: " + std::move(why));
}

bool is_statement(std::uint32_t value) {
  return value >= static_cast<std::uint32_t>(Statement::Prepare) &&
         value <= static_cast<std::uint32_t>(Statement::Proposal);
}

void write(const SignedBlock& block, pb::SignedBlock& wire) {
  if (block.header)
    wire.set_header(encode_header(*block.header));
  else
    put_field(wire.mutable_block_hash(), block.hash.view());
  put_field(wire.mutable_signature(), block.signature.view());
}

/// The block is named once: a proposal's by its header, a vote's by its hash.
Result<SignedBlock> read(const pb::SignedBlock& wire, Statement statement) {
  SignedBlock out;
  AVAL_TRY(read_field(wire.signature(), "evidence: signature", out.signature));
  if (statement != Statement::Proposal) {
    if (!wire.header().empty()) return malformed("evidence: a vote with a header");
    AVAL_TRY(read_field(wire.block_hash(), "evidence: block_hash", out.hash));
    return out;
  }
  if (!wire.block_hash().empty()) return malformed("evidence: a proposal with a hash beside its header");
  AVAL_ASSIGN(out.header, decode_header(wire.header()));
  out.hash = hash_of(*out.header);
  return out;
}

Result<void> check_header(const Evidence& evidence, const SignedBlock& block,
                          const crypto::Digest& chain_id) {
  const bool has_header = block.header.has_value();
  if (has_header != (evidence.statement == Statement::Proposal))
    return bad_evidence("a header where none belongs");
  if (!has_header) return {};
  if (block.header->chain_id != chain_id) return bad_evidence("a block of another chain");
  if (block.header->epoch != evidence.epoch) return bad_evidence("a block of another epoch");
  if (block.header->height != evidence.height) return bad_evidence("its blocks are not of one height");
  if (hash_of(*block.header) != block.hash) return bad_evidence("a header of another block");
  return {};
}

crypto::Digest signed_digest(const Evidence& evidence, const SignedBlock& block,
                             const crypto::Digest& chain_id) {
  if (evidence.statement == Statement::Proposal)
    return proposal_digest(chain_id, evidence.epoch, evidence.view, block.hash);
  const auto phase = static_cast<Phase>(evidence.statement);
  return signing_digest(Vote{chain_id, evidence.epoch, evidence.view, evidence.height, phase, block.hash});
}

}  // namespace

static_assert(static_cast<std::uint32_t>(Statement::Prepare) == static_cast<std::uint32_t>(Phase::Prepare));
static_assert(static_cast<std::uint32_t>(Statement::Commit) == static_cast<std::uint32_t>(Phase::Commit));

crypto::Digest proposal_digest(const crypto::Digest& chain_id, Epoch epoch, View view,
                               const BlockHash& hash) {
  pb::ProposalStatement wire;
  put_field(wire.mutable_chain_id(), chain_id.view());
  wire.set_epoch(number(epoch));
  wire.set_view(number(view));
  put_field(wire.mutable_block_hash(), hash.view());
  return crypto::tagged(crypto::Tag::Proposal, canonical(wire));
}

const char* name_of(Statement statement) {
  switch (statement) {
    case Statement::Prepare:
      return "prepare";
    case Statement::Commit:
      return "commit";
    case Statement::Proposal:
      return "proposal";
  }
  AVAL_CHECK(false);
}

Evidence in_order(Evidence evidence) {
  if (evidence.second.hash < evidence.first.hash) std::swap(evidence.first, evidence.second);
  return evidence;
}

Bytes encode_evidence(const Evidence& evidence) {
  pb::Evidence wire;
  wire.set_validator(number(evidence.validator));
  wire.set_statement(static_cast<std::uint32_t>(evidence.statement));
  wire.set_epoch(number(evidence.epoch));
  wire.set_view(number(evidence.view));
  wire.set_height(number(evidence.height));
  write(evidence.first, *wire.mutable_first());
  write(evidence.second, *wire.mutable_second());
  return canonical(wire);
}

Result<Evidence> decode_evidence(ByteView bytes) {
  pb::Evidence wire;
  AVAL_TRY(parse_canonical(bytes, wire, "evidence"));
  if (!is_statement(wire.statement())) return malformed("evidence: unknown statement");
  Evidence out;
  out.validator = ReplicaId{wire.validator()};
  out.statement = static_cast<Statement>(wire.statement());
  out.epoch = Epoch{wire.epoch()};
  out.view = View{wire.view()};
  out.height = Height{wire.height()};
  AVAL_ASSIGN(out.first, read(wire.first(), out.statement));
  AVAL_ASSIGN(out.second, read(wire.second(), out.statement));
  if (!(out.first.hash < out.second.hash)) return malformed("evidence: its blocks are not two in order");
  return out;
}

Result<void> verify_evidence(const Evidence& evidence, const crypto::Digest& chain_id,
                             const ValidatorSet& set, SignatureCheck check) {
  if (evidence.epoch != set.epoch) return bad_evidence("of another epoch than the validator set");
  if (!set.contains(evidence.validator)) return bad_evidence("against a validator that is not in the set");
  if (!is_statement(static_cast<std::uint32_t>(evidence.statement)))
    return bad_evidence("of an unknown statement");
  if (!(evidence.first.hash < evidence.second.hash) && !mutated("evidence-of-equal-statements"))
    return bad_evidence("its blocks are not two in order");
  const auto& key = set.validators[number(evidence.validator)].vote_key;
  for (const SignedBlock* block : {&evidence.first, &evidence.second}) {
    AVAL_TRY(check_header(evidence, *block, chain_id));
    if (!check(key, signed_digest(evidence, *block, chain_id), block->signature))
      return bad_evidence("a signature does not verify");
  }
  return {};
}

}  // namespace aval::ledger
