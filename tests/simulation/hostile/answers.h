#pragma once

#include "tests/simulation/hostile/hostile.h"

/// Those who misuse the trust of clients and of replicas that are behind.
namespace aval::simulation {

/// Orders its clients' bodies under signatures that do not carry them. The transaction id stays what
/// it was, since it names the body alone.
class Rewrap final : public Hostile {
 public:
  using Hostile::Hostile;
  ledger::EnvelopePtr in_place_of(const ledger::EnvelopePtr& envelope) override;
  using Hostile::in_place_of;
};

/// Claims to be far ahead, and answers who asks for final blocks in turn with the truth, with nothing,
/// with other blocks, with blocks nobody asked for, with the same ones again and again, and cut short.
class LieInCatchUp final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
  using Hostile::in_place_of;

 private:
  Messages lie(const consensus::FinalBlocks& truth);
  consensus::StatusMessage boast(consensus::StatusMessage status);
  std::uint64_t answers_ = 0;
  consensus::FinalBlocks first_;  // the earliest blocks it ever sent
};

}  // namespace aval::simulation
