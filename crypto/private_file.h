#pragma once

// Files that hold secrets. Included by .cc files of this room only.

#include <filesystem>

#include "crypto/base/bytes.h"

namespace aval::crypto {

/// Reads a regular file of at most 64 KiB that only this user (or root) can read. Refused, with the
/// remedy in the message: a symbolic link, another owner, any permission for group or others,
/// a directory everyone may write to.
Result<Bytes> read_private_file(const std::filesystem::path& path);

/// Writes a file of mode 0600 that is complete and durable once it has its name: a temporary name,
/// fsync, then a hard link, which unlike a rename fails when the path exists. Conflict in that case.
Result<void> write_private_file(const std::filesystem::path& path, ByteView bytes);

}  // namespace aval::crypto
