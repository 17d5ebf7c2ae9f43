#pragma once

#include "tests/simulation/prng.h"
#include "tests/support/simulated_disk.h"

namespace aval::simulation {

/// What a power cut leaves: of what no sync covers a part survives, names, and of each file the first writes, the
/// last of them cut anywhere.
support::DiskImage image_after_cut(const support::DiskImage& durable,
                                   const std::vector<support::PendingOperation>& pending, Prng& prng);

}  // namespace aval::simulation
