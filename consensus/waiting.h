#pragma once

#include <string>

#include "consensus/catch_up.h"
#include "consensus/ordering.h"
#include "consensus/view_changer.h"

namespace aval::consensus {

/// One sentence for people about what a replica needs next; empty when it is idle.
std::string waiting_for(const Self& self, const BlockTree& tree, const Ordering& ordering,
                        const Promises& promises, const ViewChanger& changer, const CatchUp& catch_up,
                        const Pool& pool);

}  // namespace aval::consensus
