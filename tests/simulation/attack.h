#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aval::simulation {

struct AttackOptions {
  std::string behaviour;                // empty: each in turn
  std::optional<std::size_t> replicas;  // left out: 4 and 7
  std::uint64_t seed = 1;
  std::size_t jobs = 1;
};

/// The names that `behaviour` may have: those of treachery.h, and the slow disks of attack.cc.
std::vector<std::string> attack_names();

/// Plays one fixed open-loop load without hostile validators and with f of each behaviour, prints how they
/// compare as a table, and judges them by the floors of attack.cc. Returns the exit code.
int run_attacks(const AttackOptions& options);

}  // namespace aval::simulation
