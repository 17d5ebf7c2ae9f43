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

std::optional<ledger::ReplicaId> PeerBook::recognise(const crypto::PublicKey& tls_key, ByteView proof) {
  if (const auto known = directory().find(tls_key)) return known;  // another peer's proof said so
  if (!proofs_.allow(now())) return std::nullopt;
  const auto steps = decode_epoch_proof(proof);
  auto led_to = steps ? ledger::walk(chain_.validators, *steps, chain_.chain_id)
                      : Result<ledger::ValidatorSet>(unexpected(steps.error()));
  if (!led_to) {
    log_warn("a peer's proof of later epochs does not hold: " + led_to.error().message);
    return std::nullopt;
  }
  if (led_to->epoch <= (later_ ? later_->epoch : chain_.validators.epoch)) return std::nullopt;
  if (!PeerDirectory(*led_to).find(tls_key)) return std::nullopt;
  log_info("a peer proves the keys of epoch " + std::to_string(ledger::number(led_to->epoch)) +
           "; links are made with those until this node is there");
  later_ = std::move(*led_to);
  return directory().find(tls_key);
}

}  // namespace aval::node
