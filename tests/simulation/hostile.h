#pragma once

#include <map>
#include <vector>

#include "consensus/messages.h"
#include "crypto/signer.h"
#include "ledger/chain_config.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/prng.h"

namespace aval::simulation {

/// Stands between a replica that has been taken over and its links: what leaves is altered and signed
/// again with the replica's own key.
class Hostile {
 public:
  Hostile(const ledger::ChainConfig& config, ledger::ReplicaId self, Treachery treachery, crypto::Signer& signer,
          Prng prng, Counters& counters);

  /// What `to` gets in place of `message`.
  std::vector<consensus::Message> in_place_of(ledger::ReplicaId to, const consensus::Message& message);
  /// What it takes in for ordering in place of what a client sent.
  ledger::EnvelopePtr in_place_of(const ledger::EnvelopePtr& envelope);
  /// A message that reached this replica; its blocks can be put forward again later.
  void overhear(const consensus::Message& message);

 private:
  bool is_shunned(ledger::ReplicaId to) const;
  std::vector<consensus::Message> other_block(const consensus::Message& message);
  void move_to_stand_in(ledger::Block& block) const;
  consensus::Proposal altered(consensus::Proposal proposal);
  std::vector<consensus::Message> below_tip_first(const consensus::NewView& new_view);
  void sign(consensus::Proposal& proposal);

  const ledger::ChainConfig& config_;
  ledger::ReplicaId self_;
  Treachery treachery_;
  crypto::Signer& signer_;
  std::uint64_t shunned_;  // bit i: replica i is in the half that is lied to
  Counters& counters_;
  std::map<ledger::BlockHash, ledger::BlockHash> stand_in_;  // block of the true replica -> the one put forward
  std::map<ledger::Height, ledger::Block> seen_;             // the latest block seen at each height
};

}  // namespace aval::simulation
