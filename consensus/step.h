#pragma once

#include "consensus/actions.h"

namespace aval::consensus {

/// One call of the replica: the time it was given, and what it wants done, as it collects.
struct Step {
  TimePoint now;
  UnixMillis wall_clock = 0;
  Actions actions;

  void send(Message message) { actions.send.push_back({std::nullopt, std::move(message)}); }
  void send_to(ReplicaId to, Message message) { actions.send.push_back({to, std::move(message)}); }
  /// For what depends on nothing durable.
  void disseminate(Message message) { actions.disseminate.push_back({std::nullopt, std::move(message)}); }
  void disseminate_to(ReplicaId to, Message message) {
    actions.disseminate.push_back({to, std::move(message)});
  }
  void persist(Record record) { actions.persist.push_back(std::move(record)); }
  void prove(ledger::Evidence evidence) { actions.evidence.push_back(std::move(evidence)); }
  void diverged(std::string why) {
    if (!actions.fatal) actions.fatal = std::move(why);
  }
};

constexpr Duration milliseconds(std::uint64_t count) {
  return Duration{static_cast<Duration::rep>(count) * 1000};
}

}  // namespace aval::consensus
