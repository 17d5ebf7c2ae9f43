#include "tests/simulation/bounds_checker.h"

#include "consensus/limits.h"

namespace aval::simulation {
namespace {

constexpr std::uint64_t wakes_max = 16;  // alarms that are due at once, in one interval
constexpr std::uint64_t said_again = 8;
constexpr std::uint64_t allowance = 4;  // times what can be accounted for

std::string excess(std::uint64_t count, std::uint64_t most) {
  return std::to_string(count) + ", where " + std::to_string(most) + " are allowed";
}

}  // namespace

void BoundsChecker::on_step(ledger::ReplicaId node, const consensus::ReplicaStatus& status) {
  nodes_[node].final = status.final_header.height;
  const std::uint64_t blocks_max = consensus::window_factor * window();
  const std::uint64_t batches_max = plan_.nodes() * consensus::batches_per_peer_max;
  if (status.in_flight > blocks_max)
    verdict_.fail("D2", named(node) + " has blocks in flight: " + excess(status.in_flight, blocks_max));
  if (status.pending_batches > batches_max)
    verdict_.fail("D2", named(node) + " holds batches: " + excess(status.pending_batches, batches_max));
  if (status.pending_envelopes > consensus::own_envelopes_max)
    verdict_.fail("D2", named(node) + " holds envelopes: " +
                            excess(status.pending_envelopes, consensus::own_envelopes_max));
}

void BoundsChecker::on_sent(ledger::ReplicaId node, const consensus::Message& message) {
  Node& sender = nodes_[node];
  ++sender.said;
  const auto* vote = std::get_if<consensus::SignedVote>(&message);
  if (vote == nullptr || vote->from != node || !sender.cast.insert(vote->vote).second) return;
  const std::uint64_t last = number(sender.final) + consensus::window_factor * window();
  if (number(vote->vote.height) > last)
    verdict_.fail("A6", named(node) + " votes at height " + std::to_string(number(vote->vote.height)) +
                            ", and its window ends at " + std::to_string(last));
}

void BoundsChecker::on_alarm(ledger::ReplicaId node, TimePoint when) {
  Node& sleeper = nodes_[node];
  if (queue_.now() - sleeper.interval_begin > interval()) {
    sleeper.interval_begin = queue_.now();
    sleeper.wakes = 0;
  }
  if (when > queue_.now()) return;
  ++sleeper.wakes;
  if (sleeper.wakes > wakes_max)
    verdict_.fail("D4",
                  named(node) + " wakes without rest: " + excess(sleeper.wakes, wakes_max) + " in an interval");
}

/// Every block is proposed, prepared and committed once, every transaction travels in a batch, and in each
/// interval what waits is said again: a window of proposals and votes, some batches, a status.
void BoundsChecker::on_end(std::uint64_t final_blocks, std::uint64_t views) {
  const auto intervals = static_cast<std::uint64_t>(queue_.elapsed() / interval()) + 1;
  const std::uint64_t accounted =
      3 * final_blocks + plan_.load.transactions + views + intervals * (3 * window() + said_again);
  for (const auto& [node, each] : nodes_)
    if (each.said > allowance * accounted)
      verdict_.fail("D3", named(node) + " has said " + excess(each.said, allowance * accounted));
}

}  // namespace aval::simulation
