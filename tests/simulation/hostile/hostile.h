#pragma once

#include <memory>
#include <vector>

#include "consensus/actions.h"
#include "consensus/messages.h"
#include "crypto/signer.h"
#include "ledger/chain_config.h"
#include "tests/simulation/prng.h"
#include "tests/simulation/treachery.h"

namespace aval::simulation {

using consensus::Message;
using ledger::ReplicaId;
using Messages = std::vector<Message>;

/// A replica that has been taken over: its place, its key, and where its deeds are counted.
struct Captive {
  const ledger::ChainConfig& config;
  ReplicaId self{};
  crypto::Signer& signer;
  Prng prng;
  std::uint64_t& deeds;
  bool is_second_twin = false;
};

/// Stands between a replica that has been taken over and the world: what reaches it and what leaves it
/// is altered, and signed again with its own key. This class alters nothing; each behaviour overrides
/// what it needs and counts every deed.
class Hostile {
 public:
  explicit Hostile(const Captive& captive) : captive_(captive), shunned_(captive_.prng.next()) {}
  virtual ~Hostile() = default;
  Hostile(const Hostile&) = delete;
  Hostile& operator=(const Hostile&) = delete;

  /// What `to` gets in place of `message`.
  virtual Messages in_place_of(ReplicaId /*to*/, const Message& message) { return {message}; }
  /// How long everything that leaves is held back.
  virtual Duration delay() { return Duration::zero(); }
  /// A message came in: what is said to everybody about it.
  virtual Messages on_heard(const Message& /*message*/) { return {}; }
  /// False: the true replica never learns of it.
  virtual bool lets_in(const Message& /*message*/) { return true; }
  /// What it takes in for ordering in place of what a client sent; null to drop it.
  virtual ledger::EnvelopePtr in_place_of(const ledger::EnvelopePtr& envelope) { return envelope; }
  /// By how many milliseconds its clock is wrong, besides the skew of the run.
  virtual std::int64_t clock_error_ms() { return 0; }
  /// What it takes for its past at a start.
  virtual void on_start(consensus::Recovered& /*recovered*/) {}

 protected:
  ReplicaId self() const { return captive_.self; }
  const ledger::ChainConfig& config() const { return captive_.config; }
  Prng& prng() { return captive_.prng; }
  void count() { ++captive_.deeds; }
  bool is_second_twin() const { return captive_.is_second_twin; }
  /// Whether a replica is in the part of the others that is treated worse; drawn once.
  bool is_shunned(ReplicaId to) const { return (shunned_ >> number(to) & 1U) != 0; }

  crypto::Signature sign(const crypto::Digest& digest) { return captive_.signer.sign(digest).value(); }
  consensus::SignedVote signed_vote(const ledger::Vote& vote);
  consensus::Proposal signed_proposal(ledger::View view, const ledger::Block& block);
  consensus::ViewChange signed_again(consensus::ViewChange message);
  consensus::NewView signed_again(consensus::NewView message);

 private:
  Captive captive_;
  std::uint64_t shunned_;  // bit i: replica i
};

std::unique_ptr<Hostile> make_hostile(Treachery treachery, const Captive& captive);

}  // namespace aval::simulation
