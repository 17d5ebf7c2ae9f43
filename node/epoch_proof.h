#pragma once

#include <vector>

#include "ledger/epoch_step.h"
#include "ledger/ledger.h"

/// How a node shows another one, which is epochs behind, who the validators are by now.
///   proof = frames (ledger/framing.h) of canonical EpochSteps, ascending without a gap
namespace aval::node {

/// Longer ones are not read. What needs more than so many is shown in part: a thousand epochs of four banks, or sixty of
/// a hundred, fill one.
constexpr std::size_t epoch_proof_bytes_max = 1U << 20U;
constexpr std::size_t epoch_proofs_max = 4;

Bytes encode_epoch_proof(const std::vector<ledger::EpochStep>& steps);
/// Takes the step in front off `rest`; Malformed when it is not whole or not canonical. Proves nothing yet: that is for
/// walk().
Result<ledger::EpochStep> take_epoch_step(ByteView& rest);

/// The steps of a ledger, ready to be shown: they never change, so each is read once.
class EpochSteps {
 public:
  /// Reads those up to this epoch, which has begun in the ledger, that are not here yet.
  void extend(const ledger::LedgerSnapshot& ledger, ledger::Epoch to);
  /// Proofs that continue each other, from this epoch towards the last one here; none when it is that.
  std::vector<Bytes> proofs_from(ledger::Epoch epoch) const;

 private:
  std::vector<Bytes> framed_;  // by the epoch that each ends
};

}  // namespace aval::node
