#pragma once

#include <map>

#include "crypto/base/time.h"
#include "ledger/chain_config.h"

namespace aval::node {

/// How a node stands to what its peers say of themselves. After a start it is behind until it has heard
/// of a quorum (itself included) and has reached the highest height claimed: before that it may not know
/// a transaction that another node has acknowledged. As one peer may lie and others may be silent, it
/// is enough after `patience` to have what f+1 of them claim, and to have heard of a quorum or to have
/// made a block final since the start. Later on it is behind when f+1 peers are `lag_max` blocks ahead.
class CatchUpGauge {
 public:
  CatchUpGauge(const ledger::ChainConfig& chain, ledger::Height own, TimePoint started)
      : start_(own), own_(own), started_(started) {
    enter(chain);
  }

  /// The chain in another epoch: other numbers, and who has no vote any more is not asked.
  void enter(const ledger::ChainConfig& chain);
  /// Of one who has a vote.
  void on_claim(ledger::ReplicaId peer, ledger::Height height, TimePoint now);
  void on_final(ledger::Height height, TimePoint now);
  bool is_behind() const;
  /// What f+1 peers claim: at least one honest peer has it.
  ledger::Height credible() const;
  ledger::Height own() const { return own_; }

 private:
  static constexpr Duration patience = std::chrono::seconds(5);
  void look(TimePoint now);
  ledger::Height nth_highest(std::size_t n) const;

  std::size_t quorum_ = 0;
  std::size_t faulty_max_ = 0;
  std::map<ledger::ReplicaId, ledger::Height> claims_;
  ledger::Height start_;
  ledger::Height own_;
  std::uint64_t lag_max_ = 0;  // one that is less behind is simply in the middle of the next blocks
  TimePoint started_;
  bool has_caught_up_ = false;
};

}  // namespace aval::node
