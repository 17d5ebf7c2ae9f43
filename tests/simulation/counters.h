#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "tests/simulation/treachery.h"

namespace aval::simulation {

/// What was injected and what came of it, summed over the seeds of a run.
struct Counters {
  // Faults, by class.
  std::uint64_t delay = 0;  // messages held up far beyond the link's usual delay
  std::uint64_t loss = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t reorder = 0;    // messages that arrived after one sent later over the same link
  std::uint64_t cut_off = 0;    // messages that were under way over a link, or sent over it, while it was cut
  std::uint64_t partition = 0;  // in both directions
  std::uint64_t one_way = 0;    // partitions of which one side still hears the other
  std::uint64_t crash = 0;
  std::uint64_t crash_at_effect = 0;  // of them, at a flush or half-way through a broadcast
  std::uint64_t blackout = 0;         // crashes of all at once
  std::uint64_t torn_tail = 0;        // crashes that took written bytes of a journal
  std::uint64_t lost_blocks = 0;      // crashes that took final blocks of a ledger
  std::uint64_t restart = 0;
  std::uint64_t slow_sync = 0;
  std::uint64_t slow_disk = 0;      // flushes of nodes whose disk is slow all along
  std::uint64_t failed_append = 0;  // writes that the disk refused, each the end of a process
  std::uint64_t failed_sync = 0;    // flushes that it refused, the same
  std::uint64_t full_disk = 0;      // writes refused for want of space, the same
  std::uint64_t clock_skew = 0;     // nodes whose clock is off by more than a tenth of a second
  std::uint64_t treachery = 0;      // deeds of hostile replicas, all together
  TreacheryCounts deeds{};          // of each behaviour
  // What came of it.
  std::uint64_t hostile_seeds = 0;
  std::uint64_t real_starts = 0;  // of nodes on the program's own storage, from a disk after a crash
  std::uint64_t evidence = 0;     // of contradictions, found by honest nodes
  std::uint64_t view_changes = 0;
  std::uint64_t final_blocks = 0;
  std::uint64_t epochs = 0;    // begun by changes of the membership, by kind:
  std::uint64_t seated = 0;    // a newcomer observes
  std::uint64_t promoted = 0;  // it votes
  std::uint64_t removed = 0;
  std::uint64_t rotated = 0;  // the vote key of a seat
  std::uint64_t reparametrised = 0;
  std::uint64_t transactions = 0;
  std::uint64_t rejected = 0;  // of them, recorded with the code of a rejection
  std::uint64_t events = 0;
  std::uint64_t sim_micros = 0;

  using Field = std::pair<std::string_view, std::uint64_t Counters::*>;
  static constexpr std::array<Field, 20> faults = {{
      {"delay", &Counters::delay},
      {"loss", &Counters::loss},
      {"duplicate", &Counters::duplicate},
      {"reorder", &Counters::reorder},
      {"cut_off", &Counters::cut_off},
      {"partition", &Counters::partition},
      {"one_way", &Counters::one_way},
      {"crash", &Counters::crash},
      {"crash_at_effect", &Counters::crash_at_effect},
      {"blackout", &Counters::blackout},
      {"torn_tail", &Counters::torn_tail},
      {"lost_blocks", &Counters::lost_blocks},
      {"restart", &Counters::restart},
      {"slow_sync", &Counters::slow_sync},
      {"slow_disk", &Counters::slow_disk},
      {"failed_append", &Counters::failed_append},
      {"failed_sync", &Counters::failed_sync},
      {"full_disk", &Counters::full_disk},
      {"clock_skew", &Counters::clock_skew},
      {"treachery", &Counters::treachery},
  }};
  static constexpr std::array<Field, 5> changes = {{
      {"seated", &Counters::seated},
      {"promoted", &Counters::promoted},
      {"removed", &Counters::removed},
      {"rotated", &Counters::rotated},
      {"reparametrised", &Counters::reparametrised},
  }};
  static constexpr std::array<Field, 10> results = {{
      {"hostile_seeds", &Counters::hostile_seeds},
      {"real_starts", &Counters::real_starts},
      {"evidence", &Counters::evidence},
      {"view_changes", &Counters::view_changes},
      {"final_blocks", &Counters::final_blocks},
      {"epochs", &Counters::epochs},
      {"transactions", &Counters::transactions},
      {"rejected", &Counters::rejected},
      {"events", &Counters::events},
      {"sim_micros", &Counters::sim_micros},
  }};

  void add(const Counters& other) {
    for (const auto& [name, count] : faults) this->*count += other.*count;
    for (const auto& [name, count] : results) this->*count += other.*count;
    for (const auto& [name, count] : changes) this->*count += other.*count;
    for (std::size_t i = 0; i < deeds.size(); ++i) deeds[i] += other.deeds[i];
  }
  std::uint64_t faults_in_all() const {
    std::uint64_t sum = 0;
    for (const auto& [name, count] : faults) sum += this->*count;
    return sum;
  }
};

}  // namespace aval::simulation
