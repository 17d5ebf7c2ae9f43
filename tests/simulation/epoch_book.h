#pragma once

#include <map>

#include "ledger/chain_config.h"

namespace aval::simulation {

/// The epochs of the agreed chain, as the judges read them from the state they computed themselves.
class EpochBook {
 public:
  explicit EpochBook(const ledger::ChainConfig& first) { begin(first); }

  void begin(const ledger::ChainConfig& config) { epochs_.emplace(config.validators.epoch, config); }
  /// That of the highest block.
  const ledger::ChainConfig& current() const { return epochs_.rbegin()->second; }
  /// nullptr when it has not begun anywhere.
  const ledger::ChainConfig* find(ledger::Epoch epoch) const {
    const auto known = epochs_.find(epoch);
    return known == epochs_.end() ? nullptr : &known->second;
  }
  std::size_t size() const { return epochs_.size(); }

 private:
  std::map<ledger::Epoch, ledger::ChainConfig> epochs_;
};

}  // namespace aval::simulation
