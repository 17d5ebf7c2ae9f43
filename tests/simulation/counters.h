#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace aval::simulation {

/// What was injected and what came of it, summed over the seeds of a run.
struct Counters {
  std::uint64_t delay = 0;  // messages held up far beyond the link's usual delay
  std::uint64_t loss = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t reorder = 0;  // messages that arrived after one sent later over the same link
  std::uint64_t partition = 0;
  std::uint64_t crash = 0;
  std::uint64_t restart = 0;
  std::uint64_t treachery = 0;  // messages altered or withheld by a hostile replica
  std::uint64_t view_changes = 0;
  std::uint64_t final_blocks = 0;
  std::uint64_t transactions = 0;
  std::uint64_t rejected = 0;  // of them, recorded with the code of a rejection
  std::uint64_t events = 0;
  std::uint64_t sim_micros = 0;

  static constexpr std::array<std::pair<std::string_view, std::uint64_t Counters::*>, 8> faults = {{
      {"delay", &Counters::delay},
      {"loss", &Counters::loss},
      {"duplicate", &Counters::duplicate},
      {"reorder", &Counters::reorder},
      {"partition", &Counters::partition},
      {"crash", &Counters::crash},
      {"restart", &Counters::restart},
      {"treachery", &Counters::treachery},
  }};

  void add(const Counters& other) {
    for (const auto& [name, count] : faults) this->*count += other.*count;
    view_changes += other.view_changes;
    final_blocks += other.final_blocks;
    transactions += other.transactions;
    rejected += other.rejected;
    events += other.events;
    sim_micros += other.sim_micros;
  }
};

}  // namespace aval::simulation
