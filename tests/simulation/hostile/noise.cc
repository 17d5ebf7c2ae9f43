#include "tests/simulation/hostile/noise.h"

#include "consensus/view_change.h"
#include "ledger/chain.h"

namespace aval::simulation {
namespace {

using consensus::Proposal;
using consensus::SignedVote;
using consensus::ViewChange;
using ledger::Height;
using ledger::View;

constexpr std::uint64_t heard_per_invention = 4;
constexpr std::uint64_t heard_per_replay = 4;
constexpr std::size_t kept_max = 256;

View far_view_of(ReplicaId self, std::size_t replicas, std::uint64_t rounds) {
  return View{rounds * replicas + number(self)};
}

}  // namespace

Messages DoubleVote::on_heard(const Message& message) {
  if (const auto* proposal = std::get_if<Proposal>(&message)) {
    const ledger::Header& header = proposal->block.header;
    return vote_for(proposal->view, header.height, ledger::hash_of(header));
  }
  if (const auto* vote = std::get_if<SignedVote>(&message))
    return vote_for(vote->vote.view, vote->vote.height, vote->vote.block_hash);
  return {};
}

Messages DoubleVote::vote_for(View view, Height height, const ledger::BlockHash& hash) {
  if (!voted_.emplace(view, height, hash).second) return {};
  count();
  ledger::Vote vote{config().chain_id, config().validators.epoch, view, height, ledger::Phase::Prepare, hash};
  const SignedVote prepare = signed_vote(vote);
  vote.phase = ledger::Phase::Commit;
  return {prepare, signed_vote(vote)};
}

Messages Flood::on_heard(const Message& message) {
  if (++heard_ % heard_per_invention != 0) return {};
  count();
  return {invented(message)};
}

crypto::Digest Flood::unique_digest() {
  return crypto::tagged(crypto::Tag::TestSigner, big_endian(prng().next()));
}

ledger::Vote Flood::far_vote() {
  constexpr std::array<std::uint64_t, 5> distances = {0, 2, 1000, std::uint64_t{1} << 40U, UINT64_MAX};
  const View view{distances[prng().below(distances.size())]};
  const Height height{distances[prng().below(distances.size())]};
  const ledger::Phase phase = prng().chance(500) ? ledger::Phase::Prepare : ledger::Phase::Commit;
  return {config().chain_id, config().validators.epoch, view, height, phase, unique_digest()};
}

Message Flood::invented(const Message& heard) {
  const auto* proposal = std::get_if<Proposal>(&heard);
  const View far = far_view_of(self(), config().validators.size(), prng().between(1, 1'000'000));
  if (proposal != nullptr) return signed_proposal(far, proposal->block);
  switch (prng().below(5)) {
    case 0:
      return consensus::FetchBlock{unique_digest()};
    case 1:
      return consensus::FetchBatches{{unique_digest()}};
    case 2: {
      ViewChange wish;
      wish.epoch = config().validators.epoch;
      wish.view = far;
      wish.final_header = ledger::genesis_header(config());
      return signed_again(wish);
    }
    default:
      return signed_vote(far_vote());
  }
}

Messages Replay::on_heard(const Message& message) {
  kept_.push_back(message);
  if (kept_.size() > kept_max) kept_.pop_front();
  if (++heard_ % heard_per_replay != 0) return {};
  count();
  const Message& old = kept_[prng().below(kept_.size())];
  return {prng().chance(500) ? old : moved(old)};
}

Message Replay::moved(Message message) {
  if (auto* vote = std::get_if<SignedVote>(&message)) {
    const bool is_prepare = vote->vote.phase == ledger::Phase::Prepare;
    switch (prng().below(3)) {
      case 0:
        vote->from = self();
        break;
      case 1:
        vote->vote.view = next(vote->vote.view);
        break;
      default:
        vote->vote.phase = is_prepare ? ledger::Phase::Commit : ledger::Phase::Prepare;
    }
  }
  if (auto* proposal = std::get_if<Proposal>(&message))
    proposal->view = View{number(proposal->view) + config().validators.size()};
  if (auto* wish = std::get_if<ViewChange>(&message)) wish->view = next(wish->view);
  if (auto* opened = std::get_if<consensus::NewView>(&message))
    opened->view = View{number(opened->view) + config().validators.size()};
  return message;
}

}  // namespace aval::simulation
