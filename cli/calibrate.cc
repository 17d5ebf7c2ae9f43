#include "cli/calibrate.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "crypto/keys.h"

namespace aval::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t microseconds_since(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
}

std::uint64_t measure_verifies() {
  const auto key = crypto::PrivateKey::generate();
  const auto digest = crypto::sha256("calibrator");
  const auto signature = key.sign(digest);
  const auto start = Clock::now();
  std::uint64_t count = 0;
  while (microseconds_since(start) < 1'000'000) {
    for (int i = 0; i < 100; ++i) AVAL_CHECK(crypto::verify(key.public_key(), digest, signature));
    count += 100;
  }
  return count * 1'000'000 / microseconds_since(start);
}

std::uint64_t measure_fdatasync(const std::filesystem::path& folder) {
  const auto path = folder / "calibrator.tmp";
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return 0;
  const std::vector<char> page(4096, 'a');
  std::vector<std::uint64_t> times;
  const auto start = Clock::now();
  while (times.size() < 1000 && microseconds_since(start) < 1'000'000) {
    const auto before = Clock::now();
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) break;
    times.push_back(microseconds_since(before));
  }
  ::close(file);
  std::filesystem::remove(path);
  if (times.empty()) return 0;
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

}  // namespace

Calibration calibrate(const std::filesystem::path& folder) { return {measure_verifies(), measure_fdatasync(folder)}; }

}  // namespace aval::cli
