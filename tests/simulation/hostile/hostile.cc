#include "tests/simulation/hostile/hostile.h"

#include "consensus/verified.h"
#include "tests/simulation/hostile/answers.h"
#include "tests/simulation/hostile/blocks.h"
#include "tests/simulation/hostile/lives.h"
#include "tests/simulation/hostile/noise.h"
#include "tests/simulation/hostile/silences.h"
#include "tests/simulation/hostile/views.h"

namespace aval::simulation {

consensus::SignedVote Hostile::signed_vote(const ledger::Vote& vote) {
  return {vote, self(), sign(ledger::signing_digest(vote))};
}

consensus::Proposal Hostile::signed_proposal(ledger::View view, const ledger::Block& block) {
  const ledger::Epoch epoch = config().validators.epoch;
  const auto digest =
      consensus::proposal_digest(config().chain_id, epoch, view, ledger::hash_of(block.header));
  return {epoch, view, block, self(), sign(digest)};
}

consensus::ViewChange Hostile::signed_again(consensus::ViewChange message) {
  message.from = self();
  message.signature = sign(consensus::signing_digest(config().chain_id, message));
  return message;
}

consensus::NewView Hostile::signed_again(consensus::NewView message) {
  message.from = self();
  message.signature = sign(consensus::signing_digest(config().chain_id, message));
  return message;
}

std::unique_ptr<Hostile> make_hostile(Treachery treachery, const Captive& captive) {
  switch (treachery) {
    case Treachery::Silent:
      return std::make_unique<Silent>(captive);
    case Treachery::Mute:
      return std::make_unique<Mute>(captive);
    case Treachery::Slow:
      return std::make_unique<Slow>(captive);
    case Treachery::WithholdBatches:
      return std::make_unique<WithholdBatches>(captive);
    case Treachery::Censor:
      return std::make_unique<Censor>(captive);
    case Treachery::Rewrap:
      return std::make_unique<Rewrap>(captive);
    case Treachery::Equivocate:
      return std::make_unique<Equivocate>(captive);
    case Treachery::WrongRoot:
      return std::make_unique<WrongRoot>(captive);
    case Treachery::ForgeHeaders:
      return std::make_unique<ForgeHeaders>(captive);
    case Treachery::ShiftTime:
      return std::make_unique<ShiftTime>(captive);
    case Treachery::BelowTip:
      return std::make_unique<BelowTip>(captive);
    case Treachery::DoubleVote:
      return std::make_unique<DoubleVote>(captive);
    case Treachery::LieInViewChange:
      return std::make_unique<LieInViewChange>(captive);
    case Treachery::LieInNewView:
      return std::make_unique<LieInNewView>(captive);
    case Treachery::LieInCatchUp:
      return std::make_unique<LieInCatchUp>(captive);
    case Treachery::Flood:
      return std::make_unique<Flood>(captive);
    case Treachery::Replay:
      return std::make_unique<Replay>(captive);
    case Treachery::Amnesia:
      return std::make_unique<Amnesia>(captive);
    case Treachery::Twin:
      return std::make_unique<Twin>(captive);
  }
  AVAL_CHECK(false && "a behaviour for every name");
  return nullptr;
}

}  // namespace aval::simulation
