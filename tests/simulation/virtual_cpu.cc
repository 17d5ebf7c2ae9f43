#include "tests/simulation/virtual_cpu.h"

namespace aval::simulation {
namespace {

using consensus::ViewChange;

constexpr std::size_t lane_items_max = 2000;  // as in node/verify_pool.h
constexpr std::size_t protocol_run_max = 32;

std::size_t checks_of(const std::optional<ledger::Certificate>& certificate) {
  return certificate ? certificate->signatures.size() : 0;
}

std::size_t checks_of(const ViewChange& message) {
  return 1 + checks_of(message.final_certificate) + checks_of(message.prepared);
}

std::size_t checks_of(const ledger::Batch& batch) {
  std::size_t checks = 0;
  for (const auto& envelope : batch.envelopes) checks += envelope->signatures.size();
  return checks;
}

struct Counter {
  std::size_t operator()(const consensus::BatchMessage& message) const { return checks_of(*message.batch); }
  std::size_t operator()(const consensus::Proposal&) const { return 1; }
  std::size_t operator()(const consensus::SignedVote&) const { return 1; }
  std::size_t operator()(const ViewChange& message) const { return checks_of(message); }
  std::size_t operator()(const consensus::NewView& message) const {
    std::size_t checks = 1;
    for (const ViewChange& quoted : message.view_changes) checks += checks_of(quoted);
    return checks;
  }
  std::size_t operator()(const consensus::FinalBlocks& message) const {
    std::size_t checks = 0;
    for (const auto& block : message.blocks) {
      checks += checks_of(block.certificate);
      for (const auto& batch : block.batches) checks += checks_of(*batch);
    }
    return checks;
  }
  template <class Unsigned>
  std::size_t operator()(const Unsigned&) const {
    return 0;
  }
};

}  // namespace

std::size_t signature_checks(const consensus::Message& message) { return std::visit(Counter{}, message); }

Urgency urgency_of(const consensus::Message& message) {
  const bool is_protocol = std::holds_alternative<consensus::Proposal>(message) ||
                           std::holds_alternative<consensus::SignedVote>(message) ||
                           std::holds_alternative<ViewChange>(message) ||
                           std::holds_alternative<consensus::NewView>(message) ||
                           std::holds_alternative<consensus::StatusMessage>(message);
  return is_protocol ? Urgency::Protocol : Urgency::Bulk;
}

void VirtualCpu::check(std::size_t lane, Urgency urgency, Duration cost, Work done) {
  auto& queue = urgency == Urgency::Protocol ? lanes_[lane].protocol : lanes_[lane].bulk;
  if (lanes_[lane].protocol.size() + lanes_[lane].bulk.size() >= lane_items_max) {
    ++dropped_;
    return;
  }
  queue.push_back({cost, std::move(done)});
  if (!is_busy_) run_next();
}

bool VirtualCpu::take_next(Item& item) {
  const bool bulk_first = protocol_run_ >= protocol_run_max;
  for (const bool bulk : {bulk_first, !bulk_first}) {
    for (std::size_t step = 0; step < lanes_.size(); ++step) {
      const std::size_t lane = (next_lane_ + step) % lanes_.size();
      auto& queue = bulk ? lanes_[lane].bulk : lanes_[lane].protocol;
      if (queue.empty()) continue;
      item = std::move(queue.front());
      queue.pop_front();
      next_lane_ = lane + 1;
      protocol_run_ = bulk ? 0 : protocol_run_ + 1;
      return true;
    }
  }
  return false;
}

void VirtualCpu::run_next() {
  Item item;
  is_busy_ = take_next(item);
  if (!is_busy_) return;
  queue_.after(item.cost, [this, life = life_, done = std::move(item.done)] {
    if (life != life_) return;
    done();
    if (life == life_) run_next();
  });
}

void VirtualCpu::execute(std::size_t envelopes, Work done) {
  const TimePoint begin = std::max(executing_until_, queue_.now());
  executing_until_ = begin + costs_.envelope * static_cast<Duration::rep>(envelopes);
  queue_.at(executing_until_, [life = life_, this, done = std::move(done)] {
    if (life == life_) done();
  });
}

void VirtualCpu::clear() {
  ++life_;
  is_busy_ = false;
  executing_until_ = queue_.now();
  for (Lane& lane : lanes_) lane = {};
}

}  // namespace aval::simulation
