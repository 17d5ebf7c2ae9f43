#pragma once

#include "contracts/finance.h"
#include "contracts/status.h"
#include "crypto/base/bytes.h"

namespace aval::contracts {

bool has_role(const pb::Member& member, pb::Role role);

/// The member's key of these bytes, or null.
pb::MemberKey* key_of(pb::Member& member, ByteView public_key);
/// Adds a key in its place, which nobody has yet. LimitReached when there are too many.
Status add_key(pb::Member& member, ByteView public_key, pb::KeyRole role);

constexpr int member_keys_max = 64;

}  // namespace aval::contracts
