#include "ledger/chain.h"

#include "crypto/base/mutant.h"

namespace aval::ledger {
namespace {

unexpected refused(const char* why) {
  return unexpected(Error::Code::Refused, std::string("header: ") + why);
}

}  // namespace

Result<void> follows(const Header& parent, const Header& header, const ChainConfig& config) {
  if (header.chain_id != config.chain_id) return refused("of another chain");
  if (header.epoch != config.validators.epoch) return refused("of another epoch");
  if (header.height != next(parent.height)) return refused("not the next height");
  if (header.parent != hash_of(parent)) return refused("names another parent");
  if (parent.validators_hash != hash_of(config.validators) && !mutated("epoch-goes-on-after-its-end"))
    return refused("its parent leaves it to other validators");
  if (parent.params_hash != hash_of(config.parameters)) return refused("its parent names other parameters");
  const bool stands_still = header.time_ms == parent.time_ms && !mutated("block-time-stands-still");
  if (header.time_ms < parent.time_ms || stands_still) return refused("not later than its parent");
  if (!config.validators.contains(header.proposer)) return refused("proposed by nobody in the validator set");
  return {};
}

}  // namespace aval::ledger
