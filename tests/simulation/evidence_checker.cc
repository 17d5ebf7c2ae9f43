#include "tests/simulation/evidence_checker.h"

namespace aval::simulation {

void EvidenceChecker::on_evidence(ledger::ReplicaId node, const ledger::Evidence& evidence) {
  ++count_;
  const auto verified = verify(ledger::encode_evidence(evidence));
  if (!verified) verdict_.fail("F1", named(node) + " keeps what proves nothing: " + verified.error().message);
  if (!hostile_.contains(evidence.validator))
    verdict_.fail("F1", named(node) + " keeps evidence against honest " + named(evidence.validator));
}

Result<void> EvidenceChecker::verify(ByteView bytes) const {
  AVAL_ASSIGN(const ledger::Evidence evidence, ledger::decode_evidence(bytes));
  const ledger::ChainConfig* chain = epochs_.find(evidence.epoch);
  if (chain == nullptr) return unexpected(Error::Code::Refused, "of an epoch that has not begun");
  return ledger::verify_evidence(evidence, chain->chain_id, chain->validators, check_);
}

}  // namespace aval::simulation
