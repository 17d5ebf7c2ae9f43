#pragma once

#include <optional>
#include <string>

#include "consensus/promises.h"
#include "consensus/self.h"

namespace aval::consensus {

/// What a message shows this replica to have signed that it knows nothing of, in words; nothing when all is well.
/// Then its journal has been set back (an old copy of the data directory) or another process votes with its key, and it
/// must not vote any more. Certificates, and view changes in new views, carry its own signatures back to it. Says
/// nothing of what it may have forgotten: votes up to `final`, those of views it has passed, other epochs.
std::optional<std::string> unknown_own_statement(const Message& message, const Self& self, const Promises& promises,
                                                 Height final);

}  // namespace aval::consensus
