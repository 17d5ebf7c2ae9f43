#pragma once

#include <optional>

#include "consensus/replica.h"
#include "consensus/view_change.h"

namespace aval::consensus {

/// Who this replica is, and the arithmetic of the set it belongs to. The rest of the room asks here
/// instead of computing quorums and primaries by itself.
class Self {
 public:
  Self(ReplicaConfig config, crypto::Signer& signer)
      : config_(std::move(config)),
        signer_(&signer),
        validators_hash_(ledger::hash_of(config_.chain.validators)),
        params_hash_(ledger::hash_of(config_.chain.parameters)) {}

  ReplicaId id() const { return config_.self; }
  const ReplicaConfig& config() const { return config_; }
  const ledger::ChainConfig& chain() const { return config_.chain; }
  const ledger::Parameters& parameters() const { return config_.chain.parameters; }
  Epoch epoch() const { return config_.chain.validators.epoch; }
  std::size_t size() const { return config_.chain.validators.size(); }
  std::size_t faulty_max() const { return config_.chain.validators.faulty_max(); }
  std::size_t quorum() const {
#ifdef AVAL_FAULT_SWITCHES
    if (config_.faults.quorum_off_by_one) return config_.chain.validators.quorum() - 1;
#endif
    return config_.chain.validators.quorum();
  }
  bool is_primary(View view) const { return primary(view) == id(); }
  ReplicaId primary(View view) const { return primary_of(view, config_.chain.validators); }
  const crypto::Digest& validators_hash() const { return validators_hash_; }
  const crypto::Digest& params_hash() const { return params_hash_; }

  bool checks_roots() const {
#ifdef AVAL_FAULT_SWITCHES
    return !config_.faults.unchecked_state_root;
#else
    return true;
#endif
  }
  bool votes_below_tip() const {
#ifdef AVAL_FAULT_SWITCHES
    return config_.faults.votes_below_tip;
#else
    return false;
#endif
  }

  /// True in a test build that breaks the protocol on purpose.
  bool is_faulty_on_purpose() const {
#ifdef AVAL_FAULT_SWITCHES
    return config_.faults != FaultSwitches{};
#else
    return false;
#endif
  }

  /// Nothing when the key's device failed. A replica whose key failed once says nothing signed any
  /// more until it is started again: it cannot tell what the device has done.
  std::optional<crypto::Signature> sign(const crypto::Digest& digest) {
    if (is_mute_) return std::nullopt;
    const auto signature = signer_->sign(digest);
    is_mute_ = !signature;
    return signature ? std::optional(*signature) : std::nullopt;
  }
  bool is_mute() const { return is_mute_; }

 private:
  ReplicaConfig config_;
  crypto::Signer* signer_;
  crypto::Digest validators_hash_;
  crypto::Digest params_hash_;
  bool is_mute_ = false;
};

}  // namespace aval::consensus
