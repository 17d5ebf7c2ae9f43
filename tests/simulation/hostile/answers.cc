#include "tests/simulation/hostile/answers.h"

#include "tests/support/signers.h"

namespace aval::simulation {
namespace {

using consensus::FinalBlocks;
using consensus::StatusMessage;

constexpr std::uint32_t stranger_scalar = 4001;
constexpr std::size_t copies = 8;
constexpr ledger::Height far_ahead{std::uint64_t{1} << 40U};

/// Gives a signature that somebody made.
class Repeater final : public crypto::Signer {
 public:
  explicit Repeater(const ledger::EnvelopeSignature& made) : made_(made) {}
  const crypto::PublicKey& public_key() const override { return made_.key; }
  Result<crypto::Signature> sign(const crypto::Digest&) override { return made_.signature; }

 private:
  ledger::EnvelopeSignature made_;
};

}  // namespace

ledger::EnvelopePtr Rewrap::in_place_of(const ledger::EnvelopePtr& envelope) {
  count();
  support::UnitNonceSigner stranger(stranger_scalar);
  std::vector<crypto::Signer*> signers = {&stranger};
  Repeater genuine(envelope->signatures.front());
  const bool adds_to_it = envelope->tx_id.bytes[0] % 2 == 0;
  if (adds_to_it) signers.push_back(&genuine);
  return std::make_shared<const ledger::Envelope>(ledger::sign_envelope(envelope->body, signers).value());
}

Messages LieInCatchUp::in_place_of(ReplicaId, const Message& message) {
  if (const auto* status = std::get_if<StatusMessage>(&message)) return {boast(*status)};
  const auto* blocks = std::get_if<FinalBlocks>(&message);
  if (blocks == nullptr) return {message};
  count();
  if (first_.blocks.empty()) first_ = *blocks;
  return lie(*blocks);
}

/// Half of the time, so that it also seems to fall back.
StatusMessage LieInCatchUp::boast(StatusMessage status) {
  if (prng().chance(500)) return status;
  count();
  status.final_height = far_ahead;
  return status;
}

Messages LieInCatchUp::lie(const FinalBlocks& truth) {
  FinalBlocks lie = truth;
  ledger::CertifiedBlock& last = lie.blocks.back();
  switch (answers_++ % 7) {
    case 0:
      return {truth};
    case 1:
      return {};
    case 2:
      last.block.header.state_root.bytes[0] ^= 1U;
      return {lie};
    case 3:
      last.certificate->block_hash.bytes[0] ^= 1U;
      return {lie};
    case 4:
      return {first_};
    case 5:
      lie.blocks.erase(lie.blocks.begin());
      return lie.blocks.empty() ? Messages{} : Messages{lie};
    default:
      return Messages(copies, truth);
  }
}

}  // namespace aval::simulation
