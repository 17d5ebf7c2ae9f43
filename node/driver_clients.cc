// The client side of the driver: envelopes in, answers out.

#include "node/clock.h"
#include "node/driver.h"

namespace aval::node {

namespace {

unexpected unavailable(const std::string& why) { return unexpected(Error::Code::Unavailable, why); }

}  // namespace

void Driver::submit(Bytes envelope, ApiBackend::ClientQueue queue, std::chrono::milliseconds wait,
                    ApiBackend::Answer answer) {
  const std::size_t bytes = envelope.size();
  const Waiting waiting{wait, std::move(answer)};
  const auto taken = parts_.pool.submit(
      lane_of(queue), VerifyPool::Urgency::Bulk, bytes,
      [this, waiting, envelope = std::make_shared<const Bytes>(std::move(envelope))] {
        return check_envelope(*envelope, waiting);
      });
  if (taken == VerifyPool::Taken::Refused) waiting.second(unavailable("too many submissions wait to be checked"));
}

/// On a verify thread.
VerifyPool::Continuation Driver::check_envelope(const Bytes& envelope, const Waiting& waiting) {
  auto admission = admit(envelope, parts_.ledger.view());
  if (!admission) {
    waiting.second(unexpected(admission.error()));
    return {};
  }
  if (const auto* end = std::get_if<TxState>(&*admission)) {
    waiting.second(*end);
    return {};
  }
  return [this, waiting, taken = std::get<ledger::EnvelopePtr>(std::move(*admission))] { take_in(taken, waiting); };
}

void Driver::take_in(const ledger::EnvelopePtr& envelope, const Waiting& waiting) {
  if (const TxState* end = waiting_room_.recent_end(envelope->tx_id)) return waiting.second(*end);
  if (closed_) return waiting.second(unavailable("this node stops"));
  if (stays_) return waiting.second(unavailable("this node is to be upgraded first; see its status"));
  if (!votes_) {
    return waiting.second(unavailable("this node has no vote and hands nothing on; send it to a validator's node"));
  }
  if (parts_.ledger.disk_below_reserve()) return waiting.second(unavailable("disk space is below reserve"));
  const auto admitted = waiting_room_.admit(envelope);
  if (!admitted) return waiting.second(unexpected(admitted.error()));
  wait_for_end(envelope->tx_id, waiting);
  if (!*admitted) return;
  submitted_.push_back(envelope);
  if (submitted_.size() == 1) parts_.loop.post([this] { flush_submitted(); });
}

void Driver::wait_for_end(const ledger::TxId& tx_id, const Waiting& waiting) {
  if (waiting.first <= std::chrono::milliseconds::zero()) return waiting.second(pending_state());
  const auto before = waiting_room_.next_deadline();
  waiting_room_.wait(tx_id, now() + waiting.first, waiting.second);
  const auto first = waiting_room_.next_deadline();
  if (first && (!before || *first < *before)) arm_waiter_timer();
}

/// Everything that came in one group of the verify threads goes to the replica in one step.
void Driver::flush_submitted() {
  if (is_epoch_over_) return;  // they wait for the next one
  consensus::Submitted submitted{std::move(submitted_)};
  submitted_.clear();
  step(std::move(submitted));
}

void Driver::arm_waiter_timer() {
  constexpr Duration interval = std::chrono::milliseconds(20);
  const auto deadline = waiting_room_.next_deadline();
  if (!deadline) return;
  waiter_timer_.arm(std::max(*deadline, now() + interval), [this] {
    waiting_room_.expire_waiters(now());
    arm_waiter_timer();
  });
}

}  // namespace aval::node
