#pragma once

#include <vector>

#include "ledger/epoch_step.h"
#include "ledger/ledger.h"

/// How a node shows another one, which is epochs behind, who the validators are by now.
///   proof = frames (ledger/framing.h) of canonical EpochSteps, from the reader's epoch on, ascending
namespace aval::node {

/// Longer ones are neither sent nor read.
constexpr std::size_t epoch_proof_bytes_max = 1U << 20U;

Bytes encode_epoch_proof(const std::vector<ledger::EpochStep>& steps);
/// Malformed when bytes are missing or left over, or a step is not canonical. Proves nothing yet: that is for walk().
Result<std::vector<ledger::EpochStep>> decode_epoch_proof(ByteView proof);

/// The steps from one epoch to a later one that has begun in the ledger; those that are nearest, when not all fit. Empty
/// when none lead on.
Bytes epoch_proof(const ledger::LedgerSnapshot& ledger, ledger::Epoch from, ledger::Epoch to);

}  // namespace aval::node
