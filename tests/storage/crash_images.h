#pragma once

#include <functional>
#include <string>

#include "tests/support/simulated_disk.h"

namespace aval::storage_test {

/// One thing that a power cut may leave behind.
struct CrashImage {
  std::string variant;  // in words
  support::DiskImage image;
  /// False where a name is lost although its file or a later name is safe, or a file has grown around
  /// bytes that never came: POSIX allows both, the file systems that a node runs on do neither.
  bool is_usual = true;
};

/// Calls `visit` with what a cut could leave of `durable` and of the operations that no sync covers:
/// all of them, none, only names, only bytes, all but those of one file or one name, the last write
/// without those before it, and the last write torn at every multiple of 512 bytes, keeping its front or
/// its back.
void for_each_crash_image(const support::DiskImage& durable,
                          const std::vector<support::PendingOperation>& pending,
                          const std::function<void(const CrashImage&)>& visit);

/// The same for images with the same names and contents.
std::uint64_t fingerprint(const support::DiskImage& image);

}  // namespace aval::storage_test
