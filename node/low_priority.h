#pragma once

#include <sys/resource.h>

namespace aval::node {

/// For a thread whose work can wait: votes and executions go before it.
inline void lower_own_priority() {
  constexpr int niceness = 10;
  ::setpriority(PRIO_PROCESS, 0, niceness);  // of this thread alone, on Linux
}

}  // namespace aval::node
