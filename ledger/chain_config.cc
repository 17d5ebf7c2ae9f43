#include "ledger/chain_config.h"

#include "crypto/base/check.h"
#include "crypto/base/mutant.h"
#include "crypto/merkle.h"

namespace aval::ledger {

Header genesis_header(const ChainConfig& config) {
  Header header;
  header.chain_id = config.chain_id;
  header.epoch = config.validators.epoch;
  header.time_ms = config.genesis_time_ms;
  header.batches_root = crypto::merkle_root({});
  header.tx_root = crypto::merkle_root({});
  header.receipt_root = crypto::merkle_root({});
  header.state_root = config.genesis_state_root;
  header.validators_hash = hash_of(config.validators);
  header.params_hash = hash_of(config.parameters);
  return header;
}

Header base_header(const ChainConfig& config) {
  const bool stands_on_genesis = !config.base || mutated("heights-restart-with-an-epoch");
  return stands_on_genesis ? genesis_header(config) : *config.base;
}

bool ends_epoch(const Header& header, const ChainConfig& config) {
  return header.validators_hash != hash_of(config.validators);
}

ChainConfig next_epoch(const ChainConfig& config, const Header& last, const StateReader& state) {
  ChainConfig out = config;
  const auto validators = state.get(validators_key);
  const auto parameters = state.get(parameters_key);
  AVAL_CHECK(validators && parameters);
  out.validators = decode_validators(*validators).value();
  out.parameters = decode_parameters(*parameters).value();
  AVAL_CHECK(hash_of(out.validators) == last.validators_hash);
  AVAL_CHECK(hash_of(out.parameters) == last.params_hash);
  out.base = last;
  return out;
}

}  // namespace aval::ledger
