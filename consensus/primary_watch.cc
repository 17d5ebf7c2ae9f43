#include "consensus/primary_watch.h"

#include <algorithm>

#include "crypto/base/mutant.h"

namespace aval::consensus {
namespace {

/// How often a batch is handed to the primary before the primary is replaced over it.
constexpr std::uint32_t handed_max = 2;
/// Batches handed over in one look. The rest has its turn in the next one.
constexpr std::size_t handed_at_once_max = 32;
/// Looks within one promptness.
constexpr std::uint32_t looks = 2;

Work work_of(const ledger::CertifiedBlock& block) {
  Work work;
  for (const BatchPtr& batch : block.batches) {
    work.envelopes += batch->envelopes.size();
    work.bytes += batch->bytes.size();
  }
  return work;
}

}  // namespace

void PrimaryWatch::on_view(TimePoint now) {
  floor_.on_view(now, std::max(tree_.final_height(), ordering_.tip().height));
  due_.reset();
}

/// One more batch, of whatever size.
bool PrimaryWatch::had_room(const ledger::CertifiedBlock& block) const {
  const auto& limits = self_.parameters();
  return block.batches.size() < limits.block_batches_max &&
         work_of(block).bytes + limits.batch_bytes_max <= limits.block_bytes_max;
}

void PrimaryWatch::on_final(const Step& step, std::size_t count) {
  const auto& requests = step.actions.finalise;
  for (std::size_t i = requests.size() - count; i < requests.size(); ++i) {
    const ledger::CertifiedBlock& block = requests[i].block;
    floor_.on_final(step.now, block.block.header.height, work_of(block), had_room(block));
  }
}

/// The tip that the view opened with is final, and the primary free to go on.
bool PrimaryWatch::is_settled() const {
  const Tip& tip = ordering_.tip();
  return tip.is_final || tip.height <= tree_.final_height();
}

Height PrimaryWatch::put_forward() const {
  Height highest{};
  for (const auto& [height, slot] : ordering_.pipeline().slots()) {
    if (slot.linked && !slot.carried) highest = height;
  }
  return highest;
}

/// Enough of the others were heard since then for a silent primary to be the primary's doing.
bool PrimaryWatch::was_in_touch_since(TimePoint since) const {
  return contacts_.heard_since(since) + 1 >= self_.quorum();
}

bool PrimaryWatch::withholds_a_batch(TimePoint now) {
  for (const auto& [height, slot] : ordering_.pipeline().slots()) {
    if (!slot.linked || slot.carried || tree_.find(*slot.linked)->is_complete()) continue;
    const auto since = floor_.put_forward_at(height);
    if (since && floor_.withholds(now, *since) && was_in_touch_since(*since)) return true;
  }
  return false;
}

bool PrimaryWatch::leaves_a_batch_out(Step& step) {
  bool is_backlogged = false;
  std::size_t handed = 0;
  for (const Pool::Waiting& batch : pool_.waiting(ordering_.taken())) {
    is_backlogged = is_backlogged || step.now - batch.came >= floor_.patience();
    const Duration wait = batch.handed == 0 ? floor_.promptness() : floor_.patience();
    if (!floor_.is_left_out(step.now, batch.since, wait, batch.passed_over)) continue;
    floor_.on_left_out(step.now, batch.came);
    if (batch.handed >= handed_max && was_in_touch_since(batch.since)) return true;
    if (batch.handed == handed_max || handed++ >= handed_at_once_max) continue;
    pool_.hand_over(step, batch.digest, self_.primary(ordering_.view()));
  }
  floor_.on_backlog(step.now, is_backlogged);
  return floor_.is_below_rate();
}

bool PrimaryWatch::look(Step& step, bool is_judged) {
  const bool has_room = is_settled() && ordering_.in_flight() < self_.parameters().pipeline_window;
  floor_.on_blocks(step.now, put_forward(), has_room);
  const bool is_quiet = pool_.batch_count() == 0 && ordering_.in_flight() == 0;
  if (!is_judged || is_quiet) {
    due_.reset();
    floor_.on_backlog(step.now, false);
    return false;
  }
  if (due_ && step.now < *due_) return false;
  due_ = step.now + floor_.promptness() / looks;
  if (!withholds_a_batch(step.now) && !leaves_a_batch_out(step)) return false;
  if (mutated("slow-primary-kept")) return false;
  floor_.on_replaced(step.now);
  return true;
}

}  // namespace aval::consensus
