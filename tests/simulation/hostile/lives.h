#pragma once

#include "tests/simulation/hostile/hostile.h"

/// Those who have one life too few or one too many.
namespace aval::simulation {

/// Its ledger stays, of its journal only the certificates: no vote, no prepared block, no view change.
class Amnesia final : public Hostile {
 public:
  using Hostile::Hostile;
  void on_start(consensus::Recovered& recovered) override;
};

/// One of two replicas with one key. Each speaks to its part of the others; the network brings it what
/// that part says.
class Twin final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
  using Hostile::in_place_of;
};

/// Which of the two `peer` sees.
inline bool sees_second_twin(ReplicaId peer) { return number(peer) % 2 == 1; }

}  // namespace aval::simulation
