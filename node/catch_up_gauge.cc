#include "node/catch_up_gauge.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace aval::node {

void CatchUpGauge::enter(const ledger::ChainConfig& chain) {
  quorum_ = chain.validators.quorum();
  faulty_max_ = chain.validators.faulty_max();
  lag_max_ = std::uint64_t{chain.parameters.pipeline_window} * 2;
  std::erase_if(claims_, [&](const auto& claim) { return !chain.validators.contains(claim.first); });
}

void CatchUpGauge::on_claim(ledger::ReplicaId peer, ledger::Height height, TimePoint now) {
  claims_[peer] = height;
  look(now);
}

void CatchUpGauge::on_final(ledger::Height height, TimePoint now) {
  own_ = height;
  look(now);
}

ledger::Height CatchUpGauge::nth_highest(std::size_t n) const {
  std::vector<ledger::Height> heights;
  for (const auto& [peer, height] : claims_) heights.push_back(height);
  std::sort(heights.begin(), heights.end(), std::greater<>());
  return n < heights.size() ? heights[n] : ledger::Height{};
}

ledger::Height CatchUpGauge::credible() const { return nth_highest(faulty_max_); }

void CatchUpGauge::look(TimePoint now) {
  if (has_caught_up_) return;
  const bool heard_quorum = claims_.size() + 1 >= quorum_;
  const bool reached_all = heard_quorum && own_ >= nth_highest(0);
  const bool takes_part = heard_quorum || own_ > start_;
  has_caught_up_ = reached_all || (takes_part && own_ >= credible() && now - started_ >= patience);
}

bool CatchUpGauge::is_behind() const {
  if (!has_caught_up_) return true;
  const std::uint64_t credible_height = ledger::number(credible());
  return credible_height > ledger::number(own_) && credible_height - ledger::number(own_) > lag_max_;
}

}  // namespace aval::node
