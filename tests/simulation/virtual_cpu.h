#pragma once

#include <array>
#include <deque>
#include <functional>
#include <vector>

#include "consensus/messages.h"
#include "tests/simulation/event_queue.h"

namespace aval::simulation {

/// What work takes of a validator's processor.
struct CpuCosts {
  Duration message{};          // taking one in, whatever it says
  Duration signature_check{};  // one, of a vote or of an envelope
  Duration envelope{};         // executing one
};

/// Signatures that have to be checked before the message may be believed, if none of them is wrong.
std::size_t signature_checks(const consensus::Message& message);

/// What a view waits for, and what only moves data.
enum class Urgency { Protocol, Bulk };
Urgency urgency_of(const consensus::Message& message);

/// The threads of one validator on which work waits: one that checks what comes in, with a lane for each
/// source served in turn and votes before batches, as node/verify_pool.h does, and one that executes.
class VirtualCpu {
 public:
  using Work = std::function<void()>;

  VirtualCpu(EventQueue& queue, const CpuCosts& costs, std::size_t lanes)
      : queue_(queue), costs_(costs), lanes_(lanes) {}

  const CpuCosts& costs() const { return costs_; }
  /// Runs `done` when the checking thread has spent `cost` on it. At the bound of a lane it is dropped: a
  /// node stops reading from that peer, and what the peer sends then never comes.
  void check(std::size_t lane, Urgency urgency, Duration cost, Work done);
  /// Runs `done` when the executing thread has executed so many envelopes.
  void execute(std::size_t envelopes, Work done);
  /// Everything that waits is gone.
  void clear();
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Item {
    Duration cost{};
    Work done;
  };
  struct Lane {
    std::deque<Item> protocol;
    std::deque<Item> bulk;
  };
  bool take_next(Item& item);
  void run_next();

  EventQueue& queue_;
  CpuCosts costs_;
  std::vector<Lane> lanes_;
  std::size_t next_lane_ = 0;
  std::size_t protocol_run_ = 0;
  bool is_busy_ = false;
  TimePoint executing_until_;
  std::uint64_t life_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace aval::simulation
