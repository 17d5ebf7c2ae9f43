#include "ledger/chain_config.h"

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

}  // namespace aval::ledger
