#pragma once

#include <vector>

#include "ledger/certificate.h"

namespace aval::ledger {

/// No proof walks through more epochs.
constexpr std::size_t epoch_steps_max = 4096;

/// How the validators of one epoch named those of the next: the last block of the epoch, certified by
/// its own set, says the hash of the next set. Layout: ledger.proto, message EpochStep.
struct EpochStep {
  Header last;
  Certificate certificate;
  ValidatorSet next;
  bool operator==(const EpochStep&) const = default;
};

Bytes encode_epoch_step(const EpochStep& step);
Result<EpochStep> decode_epoch_step(ByteView bytes);

/// The set that the steps lead to from `genesis`, each checked by the set before it. Refused, naming
/// the epoch and what does not hold, when one does not.
Result<ValidatorSet> walk(const ValidatorSet& genesis, const std::vector<EpochStep>& steps,
                          const crypto::Digest& chain_id);

}  // namespace aval::ledger
