#pragma once

#include "crypto/base/time.h"

namespace aval::node {

/// The steady clock of this machine: timers and timeouts.
TimePoint now();

/// The wall clock of this machine: only to choose and judge block times, and for logs.
UnixMillis wall_clock();

}  // namespace aval::node
