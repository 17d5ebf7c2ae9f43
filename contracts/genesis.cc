#include "contracts/genesis.h"

#include "contracts/context.h"
#include "contracts/genesis_check.h"
#include "contracts/keys.h"
#include "ledger/state_tree.h"

namespace aval::contracts {
namespace {

/// Keys have passed check_genesis.
crypto::PublicKey checked_key(const Bytes& bytes) {
  auto key = crypto::PublicKey::from_bytes(bytes);
  AVAL_CHECK(key.has_value());
  return *key;
}

ledger::ValidatorSet validators_of(const pb::Genesis& document) {
  ledger::ValidatorSet set;
  for (const pb::GenesisValidator& validator : document.validators()) {
    set.validators.push_back({validator.member(), checked_key(validator.vote_key()),
                              checked_key(validator.tls_key()), validator.address()});
  }
  return set;
}

ledger::WriteSet state_of(const pb::Genesis& document) {
  const ledger::MemoryState nothing;
  ledger::Overlay state(nothing);
  store(state, programme_key(), document.programme());
  for (const pb::Member& member : document.members()) store(state, member_key(member.id()), member);
  for (const pb::Device& device : document.devices()) store(state, device_key(device.id()), device);
  return state.writes();
}

}  // namespace

Result<GenesisState> make_genesis(const pb::Genesis& document) {
  AVAL_TRY(check_genesis(document));
  GenesisState genesis;
  genesis.document = document;
  genesis.canonical = ledger::canonical(document);
  genesis.state = state_of(document);
  genesis.config.chain_id = crypto::tagged(crypto::Tag::Genesis, genesis.canonical);
  genesis.config.genesis_time_ms = document.time_ms();
  genesis.config.genesis_state_root = ledger::StateTree().with(genesis.state).root();
  genesis.config.validators = validators_of(document);
  AVAL_ASSIGN(genesis.config.parameters, ledger::decode_parameters(document.parameters()));
  return genesis;
}

}  // namespace aval::contracts
