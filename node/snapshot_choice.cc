#include "node/snapshot_choice.h"

namespace aval::node {

namespace {

unexpected refused_offer(const char* why) {
  return unexpected(Error::Code::Refused, std::string("offered snapshot: ") + why);
}

}  // namespace

bool SnapshotChoice::speaks_for_voter(ledger::ReplicaId peer, const ledger::ValidatorSet& set) const {
  const auto& known = genesis_->validators.validators;
  const std::size_t index = ledger::number(peer);
  return set.contains(peer) && index < known.size() && set.validators[index].tls_key == known[index].tls_key;
}

Result<void> SnapshotChoice::on_offer(ledger::ReplicaId peer, SnapshotOffer offer) {
  offers_[peer].reset();
  if (!offer.newest) return {};
  const ledger::SnapshotManifest& manifest = offer.newest->manifest;
  const ledger::FinalityProof& finality = offer.newest->finality;
  if (manifest.chain_id != genesis_->chain_id) return refused_offer("of another chain");
  AVAL_ASSIGN(const ledger::ValidatorSet set,
              ledger::verify_finality(finality, genesis_->chain_id, genesis_->validators, "offered snapshot"));
  const ledger::Header& block = finality.headers.front();
  if (manifest.height != block.height || manifest.block_hash != hash_of(block))
    return refused_offer("of another block than the one that is shown to be final");
  offers_[peer] = Proved{*std::move(offer.newest), speaks_for_voter(peer, set), set.faulty_max() + 1};
  return {};
}

std::optional<SnapshotChoice::Choice> SnapshotChoice::best() const {
  struct Support {
    const Proved* offer = nullptr;
    std::size_t voters = 0;
    std::vector<ledger::ReplicaId> sources;
  };
  std::map<std::pair<ledger::Height, crypto::Digest>, Support> supports;
  for (const auto& [peer, offer] : offers_) {
    if (!offer) continue;
    const ledger::SnapshotManifest& manifest = offer->snapshot.manifest;
    Support& support = supports[{manifest.height, digest_of(manifest)}];
    support.offer = &*offer;
    if (offer->is_voter) ++support.voters;
    support.sources.push_back(peer);
  }
  for (auto at = supports.rbegin(); at != supports.rend(); ++at) {
    const Support& support = at->second;
    if (support.voters < support.offer->needed) continue;
    return Choice{support.offer->snapshot.manifest, support.offer->snapshot.finality, support.sources};
  }
  return std::nullopt;
}

}  // namespace aval::node
