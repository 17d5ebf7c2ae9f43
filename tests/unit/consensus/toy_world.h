#pragma once

#include <map>
#include <vector>

#include "consensus/actions.h"
#include "consensus/verified.h"
#include "crypto/signer.h"

/// Keys, envelopes and an executor that are just enough to run replicas.
namespace aval::consensus::test {

/// A signature that is two hashes: quick, the same in every run, and refused by everybody else.
class ToySigner final : public crypto::Signer {
 public:
  explicit ToySigner(std::uint32_t number);
  const crypto::PublicKey& public_key() const override { return key_; }
  Result<crypto::Signature> sign(const crypto::Digest& digest) override;
  bool is_broken = false;

 private:
  crypto::PublicKey key_;
};
bool check_toy(const crypto::PublicKey& key, const crypto::Digest& digest,
               const crypto::Signature& signature);

/// A chain of `n` validators with toy keys.
ledger::ChainConfig toy_chain(std::size_t n);
/// An envelope with a true client signature; `number` makes it distinct.
ledger::EnvelopePtr envelope(const ledger::ChainConfig& config, std::uint32_t number,
                             const std::string& member = "alpha");

/// What execution gives: the state is a hash of everything that led to it.
struct Roots {
  crypto::Digest tx;
  crypto::Digest receipt;
  crypto::Digest state;
};
Roots execute(const crypto::Digest& parent_state, Height height, UnixMillis time_ms,
              const std::vector<BatchPtr>& batches);

/// A block on top of `parent` with the roots that execution gives.
Block block_on(const ledger::ChainConfig& config, const Header& parent, View view,
               const std::vector<BatchPtr>& batches, UnixMillis time_ms);

Certificate certificate_of(const ledger::ChainConfig& config, const Header& header, View view, Phase phase,
                           const std::vector<std::uint32_t>& signers);
SignedVote vote_of(const ledger::ChainConfig& config, std::uint32_t from, const Header& header, View view,
                   Phase phase);
Proposal proposal_of(const ledger::ChainConfig& config, const Block& block, View view);
/// Signs what the caller has filled in.
ViewChange signed_by_sender(const ledger::ChainConfig& config, ViewChange message);
NewView signed_by_sender(const ledger::ChainConfig& config, NewView message);
/// A view change that shows `chain` as prepared in `prepared_in` on top of the genesis.
ViewChange showing(const ledger::ChainConfig& config, std::uint32_t from, View view, const std::vector<Block>& chain,
                   View prepared_in);
/// By the primary of `view`.
NewView new_view(const ledger::ChainConfig& config, View view, std::vector<ViewChange> quoted);

}  // namespace aval::consensus::test
