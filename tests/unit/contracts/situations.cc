#include "tests/unit/contracts/situations.h"

namespace aval::contracts {

void presented(World& world) { world.apply("seller", submit()); }

void conditional(World& world) {
  presented(world);
  world.apply("buyer", accept_if(loaded()));
}

void accepted(World& world) {
  presented(world);
  world.apply("buyer", accept());
}

void requested(World& world) {
  accepted(world);
  world.apply("seller", request("fin-1"));
}

void approved(World& world) {
  requested(world);
  world.apply("bank-b", approve("fin-1"));
}

void disbursed(World& world) {
  approved(world);
  world.apply("bank-b", disburse("fin-1"));
}

}  // namespace aval::contracts
