#pragma once

#include "crypto/hash.h"

namespace aval::crypto {

/// Keyed fingerprint: HMAC-SHA256(key, tag text of Tag::Fingerprint || 0x00 || bytes). The key is a
/// consortium secret, so that outsiders cannot guess low-entropy fields by trying them all.
Digest fingerprint(ByteView key, ByteView bytes);

/// HMAC-SHA256 (RFC 2104).
Digest hmac_sha256(ByteView key, ByteView bytes);

}  // namespace aval::crypto
