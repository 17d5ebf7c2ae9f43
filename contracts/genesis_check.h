#pragma once

#include "contracts/finance.h"
#include "crypto/base/result.h"

namespace aval::contracts {

/// Whether a genesis is fit to start a chain; the error names the first fault, in document order.
Result<void> check_genesis(const pb::Genesis& document);

/// Whether a member that joins later is in form; its keys' uniqueness among others is not looked at.
Result<void> check_new_member(const pb::Member& member);

/// LEI of ISO 17442: 18 letters or digits, two check digits, 97 residue 1.
bool is_lei(std::string_view text);

}  // namespace aval::contracts
