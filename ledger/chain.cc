#include "ledger/chain.h"

#include "crypto/base/mutant.h"

namespace aval::ledger {
namespace {

unexpected bad_header(const char* why) {
  return unexpected(Error::Code::Refused, std::string("header: ") + why);
}

}  // namespace

Result<void> follows(const Header& parent, const Header& header, const ChainConfig& config) {
  if (header.chain_id != config.chain_id) return bad_header("of another chain");
  if (header.epoch != config.validators.epoch) return bad_header("of another epoch");
  if (header.height != next(parent.height)) return bad_header("not the next height");
  if (header.parent != hash_of(parent)) return bad_header("names another parent");
  if (parent.validators_hash != hash_of(config.validators) && !mutated("epoch-goes-on-after-its-end"))
    return bad_header("its parent leaves it to other validators");
  if (parent.params_hash != hash_of(config.parameters)) return bad_header("its parent names other parameters");
  const bool stands_still = header.time_ms == parent.time_ms && !mutated("block-time-stands-still");
  if (header.time_ms < parent.time_ms || stands_still) return bad_header("not later than its parent");
  if (!config.validators.contains(header.proposer)) return bad_header("proposed by nobody in the validator set");
  return {};
}

}  // namespace aval::ledger
