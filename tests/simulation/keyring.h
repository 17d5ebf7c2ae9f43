#pragma once

#include <map>
#include <memory>

#include "crypto/base/check.h"
#include "crypto/signer.h"
#include "ledger/chain_config.h"
#include "tests/simulation/load.h"
#include "tests/support/signers.h"

namespace aval::simulation {

/// Every vote key of a run, those that come into use later included. A seat signs with the key that the
/// chain names in its epoch.
class Keyring {
 public:
  /// `real`: P-256, otherwise the toy signature.
  explicit Keyring(bool real) : real_(real) {}

  const crypto::PublicKey& add(std::uint32_t scalar) {
    std::unique_ptr<crypto::Signer> signer;
    if (real_)
      signer = std::make_unique<support::UnitNonceSigner>(scalar);
    else
      signer = std::make_unique<support::ToySigner>(scalar);
    const crypto::PublicKey key = signer->public_key();
    return signers_.emplace(key, std::move(signer)).first->first;
  }

  /// Of a node that has no seat yet: the key that its seat will have.
  crypto::Signer& signer_of(const ledger::ChainConfig& chain, ledger::ReplicaId id) const {
    const auto& seats = chain.validators.validators;
    const auto known =
        signers_.find(number(id) < seats.size() ? seats[number(id)].vote_key
                                                : support::key_of(first_vote_scalar + number(id)));
    AVAL_CHECK(known != signers_.end());
    return *known->second;
  }

 private:
  bool real_;
  std::map<crypto::PublicKey, std::unique_ptr<crypto::Signer>> signers_;
};

}  // namespace aval::simulation
