#pragma once

#include "tests/unit/contracts/world.h"

/// How inv-1 and what hangs on it come into the situations that tables name, each from nothing.
namespace aval::contracts {

void presented(World& world);
void conditional(World& world);  // accepted if loaded()
void accepted(World& world);
void requested(World& world);    // fin-1, of bank-b
void approved(World& world);
void disbursed(World& world);

}  // namespace aval::contracts
