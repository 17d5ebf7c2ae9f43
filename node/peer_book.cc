#include "node/peer_book.h"

#include "node/clock.h"
#include "node/epoch_proof.h"
#include "node/log.h"
#include "node/seating.h"

namespace aval::node {

void PeerBook::enter(ledger::ChainConfig chain) {
  chain_ = std::move(chain);
  if (later_ && later_->epoch <= chain_.validators.epoch) later_.reset();
}

PeerNetwork::Seats PeerBook::seats(ledger::ReplicaId self) const { return seats_of(config_, chain_, entries(), self); }

/// Seats that only the later epoch has can wait until then.
ledger::ValidatorSet PeerBook::entries() const {
  ledger::ValidatorSet out = chain_.validators;
  if (!later_) return out;
  for (std::uint32_t i = 0; i < out.validators.size(); ++i) {
    if (!later_->has_seat(ledger::ReplicaId{i})) continue;
    out.validators[i].tls_key = later_->validators[i].tls_key;
    out.validators[i].address = later_->validators[i].address;
  }
  return out;
}

/// One step after the other, so that a bad one costs no more than what stands before it.
bool PeerBook::learn(ByteView proof) {
  if (!proofs_.allow(now())) return false;
  ledger::ValidatorSet reached = later_ ? *later_ : chain_.validators;
  const ledger::Epoch known = reached.epoch;
  while (!proof.empty()) {
    const auto step = take_epoch_step(proof);
    if (step && step->last.epoch < chain_.validators.epoch) break;
    if (step && step->next.epoch <= known) continue;  // it was shown before
    auto next = step ? ledger::walk(reached, {*step}, chain_.chain_id) : unexpected(step.error());
    if (!next) {
      log_warn("a peer's proof of later epochs does not hold: " + next.error().message);
      break;
    }
    reached = std::move(*next);
  }
  if (reached.epoch == known) return false;
  log_info("a peer proves the keys of epoch " + std::to_string(ledger::number(reached.epoch)) +
           "; links are made with those until this node is there");
  later_ = std::move(reached);
  return true;
}

}  // namespace aval::node
