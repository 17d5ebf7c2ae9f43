#pragma once

#include <set>
#include <vector>

#include "ledger/evidence.h"
#include "tests/simulation/epoch_book.h"
#include "tests/simulation/verdict.h"

namespace aval::simulation {

/// F1: what an honest node keeps as evidence is a proof for whoever has the validators of that epoch and its
/// bytes alone, and it convicts nobody honest.
class EvidenceChecker {
 public:
  EvidenceChecker(const EpochBook& epochs, std::set<ledger::ReplicaId> hostile, ledger::SignatureCheck check,
                  Verdict& verdict)
      : epochs_(epochs), hostile_(std::move(hostile)), check_(check), verdict_(verdict) {}

  void on_evidence(ledger::ReplicaId node, const ledger::Evidence& evidence);
  /// Pieces that honest nodes have found, in all their lives.
  std::uint64_t count() const { return count_; }

 private:
  Result<void> verify(ByteView bytes) const;

  const EpochBook& epochs_;
  std::set<ledger::ReplicaId> hostile_;
  ledger::SignatureCheck check_;
  Verdict& verdict_;
  std::uint64_t count_ = 0;
};

}  // namespace aval::simulation
