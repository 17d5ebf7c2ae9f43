#include "tests/fuzz/genesis_entities.h"

#include "ledger/state_tree.h"
#include "tests/unit/consensus/toy_world.h"

namespace aval::fuzz {

const ledger::WriteSet& genesis_entities() {
  static const ledger::WriteSet entities{{"invoice/a", "1"}, {"invoice/b", "2"}, {"note/c", "3"}};
  return entities;
}

const ledger::ChainConfig& chain_of_genesis_entities() {
  static const auto config = [] {
    auto chain = consensus::test::toy_chain(4);
    chain.genesis_state_root = ledger::StateTree().with(genesis_entities()).root();
    return chain;
  }();
  return config;
}

}  // namespace aval::fuzz
