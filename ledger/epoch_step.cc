#include "ledger/epoch_step.h"

#include "ledger/canonical.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

Result<void> check_step(const ValidatorSet& set, const EpochStep& step, const crypto::Digest& chain_id) {
  const auto refused = [&](const std::string& why) {
    return unexpected(Error::Code::Refused, "the end of epoch " + std::to_string(number(set.epoch)) + ": " + why);
  };
  const Certificate& certificate = step.certificate;
  if (step.last.chain_id != chain_id) return refused("its last block is of another chain");
  if (step.last.epoch != set.epoch) return refused("its last block is of another epoch");
  if (certificate.phase != Phase::Commit) return refused("its certificate is not a commit certificate");
  if (certificate.height != step.last.height || certificate.block_hash != hash_of(step.last))
    return refused("its certificate is of another block");
  if (const auto verified = verify_certificate(certificate, chain_id, set); !verified)
    return refused(verified.error().message);
  if (step.next.epoch != next(set.epoch)) return refused("the next set is not of the next epoch");
  if (hash_of(step.next) != step.last.validators_hash) return refused("its last block names other validators");
  return {};
}

}  // namespace

Bytes encode_epoch_step(const EpochStep& step) {
  pb::EpochStep wire;
  wire.set_header(encode_header(step.last));
  wire.set_certificate(encode_certificate(step.certificate));
  wire.set_validators(encode_validators(step.next));
  return canonical(wire);
}

Result<EpochStep> decode_epoch_step(ByteView bytes) {
  pb::EpochStep wire;
  AVAL_TRY(parse_canonical(bytes, wire, "epoch step"));
  EpochStep step;
  AVAL_ASSIGN(step.last, decode_header(wire.header()));
  AVAL_ASSIGN(step.certificate, decode_certificate(wire.certificate()));
  AVAL_ASSIGN(step.next, decode_validators(wire.validators()));
  return step;
}

Result<ValidatorSet> walk(const ValidatorSet& genesis, const std::vector<EpochStep>& steps,
                          const crypto::Digest& chain_id) {
  ValidatorSet set = genesis;
  for (const EpochStep& step : steps) {
    AVAL_TRY(check_step(set, step, chain_id));
    set = step.next;
  }
  return set;
}

}  // namespace aval::ledger
