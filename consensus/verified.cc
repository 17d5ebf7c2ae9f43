#include "consensus/verified.h"

#include <algorithm>
#include <set>

#include "consensus/limits.h"
#include "consensus/view_change.h"
#include "consensus/wire.h"
#include "ledger/chain.h"

namespace aval::consensus {
namespace {

using ledger::ChainConfig;
using ledger::SignatureCheck;

unexpected refused(std::string why) { return unexpected(Error::Code::Refused, std::move(why)); }
/// No honest peer sends this, in whatever epoch it is.
unexpected forged(std::string why) { return unexpected(Error::Code::Corrupt, std::move(why)); }

/// A batch is named by its digest everywhere, so the digest is computed again here.
Result<void> check_batch(const ledger::Batch& batch, const ChainConfig& config) {
  if (!config.validators.contains(batch.origin)) return refused("batch: origin is not in the validator set");
  if (batch.envelopes.empty()) return refused("batch: no envelopes");
  if (batch.envelopes.size() > config.parameters.batch_envelopes_max)
    return refused("batch: more envelopes than batch_envelopes_max");
  if (batch.bytes.size() > config.parameters.batch_bytes_max)
    return refused("batch: more bytes than batch_bytes_max");
  if (crypto::tagged(crypto::Tag::Batch, batch.bytes) != batch.digest)
    return refused("batch: its digest is of other bytes");
  if (!ledger::signatures_valid(batch)) return forged("batch: a client signature does not verify");
  return {};
}

Result<void> check_refs(const Block& block, const ChainConfig& config) {
  const auto& refs = block.batches;
  if (refs.empty()) return refused("block: no batches");
  if (refs.size() > config.parameters.block_batches_max)
    return refused("block: more batches than block_batches_max");
  if (ledger::in_block_order(block.header.parent, refs) != refs)
    return refused("block: batches not in block order");
  if (std::adjacent_find(refs.begin(), refs.end()) != refs.end())
    return refused("block: a batch stands twice");
  if (ledger::batches_root(refs) != block.header.batches_root)
    return refused("block: batches_root is of other batches");
  return {};
}

Result<void> check_certified(const ledger::CertifiedBlock& entry, const ChainConfig& config,
                             SignatureCheck check) {
  AVAL_TRY(check_refs(entry.block, config));
  if (entry.batches.size() != entry.block.batches.size())
    return refused("final block: not all batches are there");
  for (std::size_t i = 0; i < entry.batches.size(); ++i) {
    if (ledger::ref_of(*entry.batches[i]) != entry.block.batches[i])
      return refused("final block: a batch is not the one the block names");
    AVAL_TRY(check_batch(*entry.batches[i], config));
  }
  if (!entry.certificate) return {};
  if (entry.certificate->phase != Phase::Commit || entry.certificate->height != entry.block.header.height ||
      entry.certificate->block_hash != ledger::hash_of(entry.block.header))
    return refused("final block: its certificate is of something else");
  return ledger::verify_certificate(*entry.certificate, config.chain_id, config.validators, check);
}

struct Checker {
  ReplicaId peer;
  const ChainConfig& config;
  SignatureCheck check;

  bool signed_by(ReplicaId signer, const crypto::Digest& digest, const crypto::Signature& signature) const {
    return config.validators.contains(signer) &&
           check(config.validators.validators[number(signer)].vote_key, digest, signature);
  }

  Result<void> operator()(const BatchMessage& message) const {
    if (message.batch == nullptr) return refused("batch: nothing there");
    return check_batch(*message.batch, config);
  }

  Result<void> operator()(const Proposal& message) const {
    if (message.epoch != config.validators.epoch) return refused("proposal: of another epoch");
    if (message.from != primary_of(message.view, config.validators))
      return refused("proposal: not by the primary");
    AVAL_TRY(check_refs(message.block, config));
    const auto digest =
        proposal_digest(config.chain_id, message.epoch, message.view, ledger::hash_of(message.block.header));
    if (!signed_by(message.from, digest, message.signature))
      return forged("proposal: signature does not verify");
    return {};
  }

  Result<void> operator()(const SignedVote& message) const {
    const Vote& vote = message.vote;
    if (vote.chain_id != config.chain_id) return refused("vote: of another chain");
    if (vote.epoch != config.validators.epoch) return refused("vote: of another epoch");
    if (vote.phase != Phase::Prepare && vote.phase != Phase::Commit) return refused("vote: unknown phase");
    if (!signed_by(message.from, ledger::signing_digest(vote), message.signature))
      return forged("vote: signature does not verify");
    return {};
  }

  /// A sender speaks for itself here; those a new view quotes are checked with it.
  Result<void> operator()(const ViewChange& message) const { return validate(message, config, check); }
  Result<void> operator()(const NewView& message) const { return validate(message, config, check); }

  Result<void> operator()(const StatusMessage&) const {
    return {};  // also of another epoch: it only makes us ask
  }

  Result<void> operator()(const FetchBatches& message) const {
    if (message.digests.size() > config.parameters.block_batches_max)
      return refused("fetch batches: more digests than block_batches_max");
    // Each is answered by a whole batch.
    if (std::set(message.digests.begin(), message.digests.end()).size() != message.digests.size())
      return refused("fetch batches: a digest stands twice");
    return {};
  }
  Result<void> operator()(const FetchBlock&) const { return {}; }
  Result<void> operator()(const FetchFinal&) const { return {}; }
  Result<void> operator()(const BlockReply& message) const { return check_refs(message.block, config); }

  Result<void> operator()(const FinalBlocks& message) const {
    const auto& blocks = message.blocks;
    if (blocks.empty()) return refused("final blocks: none there");
    if (blocks.size() > final_blocks_max) return refused("final blocks: too many");
    if (!blocks.back().certificate) return refused("final blocks: the last one has no certificate");
    const Header* parent = nullptr;
    for (const auto& entry : blocks) {
      const Header& header = entry.block.header;
      if (parent != nullptr) AVAL_TRY(ledger::follows(*parent, header, config));
      AVAL_TRY(check_certified(entry, config, check));
      parent = &header;
    }
    return {};
  }
};

}  // namespace

Result<Verified> verify(Message message, ReplicaId peer, const ChainConfig& config, SignatureCheck check) {
  if (!config.validators.has_seat(peer)) return refused("peer has no seat in the validator set");
  AVAL_TRY(std::visit(Checker{peer, config, check}, message));
  return Verified(std::move(message), peer);
}

crypto::Digest signing_digest(const crypto::Digest& chain_id, const ViewChange& message) {
  return crypto::tagged(crypto::Tag::ViewChange, {chain_id.view(), signed_bytes(message)});
}

crypto::Digest signing_digest(const crypto::Digest& chain_id, const NewView& message) {
  return crypto::tagged(crypto::Tag::NewView, {chain_id.view(), signed_bytes(message)});
}

}  // namespace aval::consensus
