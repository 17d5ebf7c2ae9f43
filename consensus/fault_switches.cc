#include "consensus/fault_switches.h"

namespace aval::consensus {

bool has_fault_switches() {
#ifdef AVAL_FAULT_SWITCHES
  return true;
#else
  return false;
#endif
}

}  // namespace aval::consensus
