#pragma once

#include <algorithm>
#include <optional>

#include "consensus/replica.h"
#include "consensus/view_change.h"
#include "crypto/base/mutant.h"

namespace aval::consensus {

/// Who this replica is, and the arithmetic of the set it belongs to. The rest of the room asks here
/// instead of computing quorums and primaries by itself.
class Self {
 public:
  Self(ReplicaConfig config, crypto::Signer& signer)
      : config_(std::move(config)),
        signer_(&signer),
        validators_hash_(ledger::hash_of(config_.chain.validators)),
        base_height_(ledger::base_header(config_.chain).height),
        is_mute_(!holds_vote()) {}

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
    if (mutated("quorum-of-2f-plus-1")) return 2 * faulty_max() + 1;
    return config_.chain.validators.quorum();
  }
  /// The other voters, in turn from the one after `start`, which is left out.
  std::vector<ReplicaId> others_after(ReplicaId start) const {
    std::vector<ReplicaId> round = config_.chain.validators.voters();
    std::rotate(round.begin(), std::upper_bound(round.begin(), round.end(), start), round.end());
    std::erase_if(round, [&](ReplicaId each) { return each == start || each == id(); });
    return round;
  }
  bool is_primary(View view) const { return primary(view) == id(); }
  ReplicaId primary(View view) const { return primary_of(view, config_.chain.validators); }
  /// The block that the epoch stands on.
  Height base_height() const { return base_height_; }
  /// The block leaves what comes above it to another validator set.
  bool ends_epoch(const Header& header) const { return header.validators_hash != validators_hash_; }

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

  /// Its seat votes, and with this key: an observer, and a validator whose key the ledger has replaced,
  /// follow the chain and say nothing signed.
  bool holds_vote() const {
    const auto& set = config_.chain.validators;
    const bool may_vote = set.contains(id()) || (set.has_seat(id()) && mutated("observer-votes"));
    return may_vote && set.validators[number(id())].vote_key == signer_->public_key();
  }

  /// Nothing without a vote, and when the key's device failed. A replica whose key failed once says
  /// nothing signed any more until it is started again: it cannot tell what the device has done.
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
  Height base_height_{};
  bool is_mute_;
};

}  // namespace aval::consensus
