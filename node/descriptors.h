#pragma once

#include <cstddef>

#include "crypto/base/result.h"

namespace aval::node {

/// Raises the limit of open files of this process as far as the system lets it, and says how many of `clients` may be
/// connected at once so that descriptors are left for links to peers and for files: a crowd of clients then costs
/// neither. Refused, naming what is needed, when the limit leaves room for no client.
Result<std::size_t> clients_that_fit(std::size_t clients);

/// The same under a given limit; 0 when none fits.
std::size_t clients_that_fit(std::size_t clients, std::size_t limit);

}  // namespace aval::node
