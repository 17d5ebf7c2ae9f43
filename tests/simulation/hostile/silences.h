#pragma once

#include "tests/simulation/hostile/hostile.h"

/// Those who do harm by what they leave out, keep or delay.
namespace aval::simulation {

class Silent final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
};

class Mute final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
};

/// Nothing leaves before most of a view timeout has passed, so that each block comes just in time.
class Slow final : public Hostile {
 public:
  using Hostile::Hostile;
  Duration delay() override;
};

/// Some of the others see no batch body from it, neither when it spreads them nor when they ask.
class WithholdBatches final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
};

/// One member's envelopes end here, and batches that carry them do not come in.
class Censor final : public Hostile {
 public:
  using Hostile::Hostile;
  bool lets_in(const Message& message) override;
  ledger::EnvelopePtr in_place_of(const ledger::EnvelopePtr& envelope) override;
  using Hostile::in_place_of;

 private:
  bool is_victim(const ledger::Envelope& envelope);
  std::string victim_;  // the first member it hears of
};

}  // namespace aval::simulation
