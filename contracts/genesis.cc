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

void store_seats(const ledger::ChainConfig& config, ledger::Overlay& state) {
  state.put(ledger::validators_key, ledger::encode_validators(config.validators));
  state.put(ledger::parameters_key, ledger::encode_parameters(config.parameters));
  for (const ledger::Validator& seat : config.validators.validators) {
    pb::SeatKey holder;
    holder.set_member(seat.member);
    for (const crypto::PublicKey& key : {seat.vote_key, seat.tls_key}) store(state, seat_key(key.view()), holder);
  }
}

ledger::WriteSet state_of(const pb::Genesis& document, const ledger::ChainConfig& config) {
  const ledger::MemoryState nothing;
  ledger::Overlay state(nothing);
  store(state, programme_key(), document.programme());
  for (const pb::Member& member : document.members()) store(state, member_key(member.id()), member);
  for (const pb::Device& device : document.devices()) store(state, device_key(device.id()), device);
  store_seats(config, state);
  return state.writes();
}

}  // namespace

Result<GenesisState> make_genesis(const pb::Genesis& document) {
  AVAL_TRY(check_genesis(document));
  GenesisState genesis;
  genesis.document = document;
  genesis.canonical = ledger::canonical(document);
  genesis.config.chain_id = crypto::tagged(crypto::Tag::Genesis, genesis.canonical);
  genesis.config.genesis_time_ms = document.time_ms();
  genesis.config.validators = validators_of(document);
  AVAL_ASSIGN(genesis.config.parameters, ledger::decode_parameters(document.parameters()));
  genesis.state = state_of(document, genesis.config);
  genesis.config.genesis_state_root = ledger::StateTree().with(genesis.state).root();
  return genesis;
}

}  // namespace aval::contracts
