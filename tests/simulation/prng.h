#pragma once

#include <array>
#include <cstdint>

#include "crypto/base/check.h"
#include "crypto/base/time.h"

namespace aval::simulation {

/// The only source of chance in the simulator: xoshiro256** seeded through splitmix64, integers only,
/// so that a seed means the same run on every compiler and machine.
class Prng {
 public:
  explicit Prng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = splitmix(seed);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate_left(state_[3], 45);
    return result;
  }

  /// Below `bound`, which is above zero. The bias of the remainder is of no interest here.
  std::uint64_t below(std::uint64_t bound) {
    AVAL_CHECK(bound > 0);
    return next() % bound;
  }
  /// From `least` to `most`, both included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    AVAL_CHECK(least <= most);
    return least + below(most - least + 1);
  }
  Duration between(Duration least, Duration most) {
    return least + Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
  }
  Duration up_to(Duration most) { return between(Duration::zero(), most); }
  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }

  /// A stream of its own, so that one more draw in one part of the world leaves the others as they were.
  Prng fork() { return Prng(next()); }

 private:
  static std::uint64_t rotate_left(std::uint64_t value, unsigned by) { return value << by | value >> (64U - by); }
  static std::uint64_t splitmix(std::uint64_t& seed) {
    seed += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
    return mixed ^ mixed >> 31;
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace aval::simulation
