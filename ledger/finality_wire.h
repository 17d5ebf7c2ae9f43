#pragma once

// Internal to this room: the lists that several messages carry.

#include "ledger/finality.h"
#include "ledger/wire.h"

namespace aval::ledger {

using ByteFields = google::protobuf::RepeatedPtrField<std::string>;

/// 1 to proof_headers_max canonical Headers; errors begin with `what`.
Result<std::vector<Header>> read_headers(const ByteFields& fields, const std::string& what);
/// At most epoch_steps_max canonical EpochSteps; errors begin with `what`.
Result<std::vector<EpochStep>> read_epochs(const ByteFields& fields, const std::string& what);

}  // namespace aval::ledger
