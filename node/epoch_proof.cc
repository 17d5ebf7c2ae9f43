#include "node/epoch_proof.h"

#include "ledger/framing.h"
#include "node/frame.h"

namespace aval::node {

Bytes encode_epoch_proof(const std::vector<ledger::EpochStep>& steps) {
  Bytes out;
  for (const ledger::EpochStep& step : steps) ledger::append_frame(out, encode_epoch_step(step));
  return out;
}

Result<std::vector<ledger::EpochStep>> decode_epoch_proof(ByteView proof) {
  std::vector<ledger::EpochStep> steps;
  while (!proof.empty()) {
    AVAL_ASSIGN(const ByteView frame, ledger::take_frame(proof));
    AVAL_ASSIGN(auto step, ledger::decode_epoch_step(frame));
    steps.push_back(std::move(step));
  }
  return steps;
}

Bytes epoch_proof(const ledger::LedgerSnapshot& ledger, ledger::Epoch from, ledger::Epoch to) {
  Bytes out;
  for (const ledger::EpochStep& step : ledger.epoch_steps(to)) {
    if (step.last.epoch < from) continue;
    const Bytes bytes = encode_epoch_step(step);
    if (out.size() + frame_header_bytes + bytes.size() > epoch_proof_bytes_max) break;
    ledger::append_frame(out, bytes);
  }
  return out;
}

}  // namespace aval::node
