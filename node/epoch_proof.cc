#include "node/epoch_proof.h"

#include "ledger/framing.h"

namespace aval::node {

Bytes encode_epoch_proof(const std::vector<ledger::EpochStep>& steps) {
  Bytes out;
  for (const ledger::EpochStep& step : steps) ledger::append_frame(out, encode_epoch_step(step));
  return out;
}

Result<ledger::EpochStep> take_epoch_step(ByteView& rest) {
  AVAL_ASSIGN(const ByteView frame, ledger::take_frame(rest));
  return ledger::decode_epoch_step(frame);
}

void EpochSteps::extend(const ledger::LedgerSnapshot& ledger, ledger::Epoch to) {
  for (const ledger::EpochStep& step : ledger.epoch_steps(ledger::Epoch{framed_.size()}, to))
    framed_.push_back(encode_epoch_proof({step}));
}

std::vector<Bytes> EpochSteps::proofs_from(ledger::Epoch epoch) const {
  std::vector<Bytes> out;
  for (std::size_t at = number(epoch); at < framed_.size(); ++at) {
    const bool is_full = out.empty() || out.back().size() + framed_[at].size() > epoch_proof_bytes_max;
    if (is_full && out.size() == epoch_proofs_max) return out;
    if (is_full) out.emplace_back();
    out.back() += framed_[at];
  }
  return out;
}

}  // namespace aval::node
