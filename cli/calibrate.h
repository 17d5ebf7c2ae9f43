#pragma once

#include <cstdint>
#include <filesystem>

namespace aval::cli {

/// What this machine can do at this moment; printed beside every figure, since absolute times on a
/// shared machine are noise.
struct Calibration {
  std::uint64_t verifies_per_second = 0;  // P-256, one core: V
  std::uint64_t fdatasync_p50_us = 0;     // 4 KiB append and fdatasync in `folder`
};

/// Measures for about one second each.
Calibration calibrate(const std::filesystem::path& folder);

}  // namespace aval::cli
