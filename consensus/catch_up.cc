#include "consensus/catch_up.h"

#include <algorithm>
#include <functional>

#include "consensus/limits.h"
#include "crypto/base/mutant.h"
#include "ledger/chain.h"

namespace aval::consensus {
namespace {

/// How long a peer may take to answer, in retransmission intervals, before another one is asked: so long
/// when there is much to send. For the next few blocks it is a part of one interval at first and doubles,
/// since a peer that is not further than this replica itself does not answer at all.
constexpr std::uint32_t answer_intervals = 4;
constexpr std::uint32_t near_answer_divisor = 8;
constexpr std::uint32_t unanswered_max = 4;
/// How long blocks that were taken may be executed before they are asked for again.
constexpr std::uint32_t stuck_intervals = 40;
/// Blocks that this replica was not shown seldom come by themselves: the wait for them is so much shorter.
/// A primary that shows two blocks for one height would else keep half of the others behind.
constexpr std::uint32_t unseen_divisor = 8;

}  // namespace

void CatchUp::on_status(ReplicaId peer, const StatusMessage& message) {
  if (self_.chain().validators.contains(peer)) claimed_[peer] = message.final_height;
}

void CatchUp::on_commit_elsewhere(ReplicaId peer, Height height) {
  Height& claimed = claimed_[peer];
  claimed = std::max(claimed, Height{number(height) - 1});
}

Height CatchUp::known_final() const {
  Height highest = tree_.final_height();
  for (const auto& [peer, height] : claimed_) highest = std::max(highest, height);
  if (const Certificate* certificate = tree_.highest_certificate())
    highest = std::max(highest, certificate->height);
  return highest;
}

bool CatchUp::was_left_out() const {
  if (number(credible()) >= number(tree_.final_height()) + self_.parameters().pipeline_window) return true;
  const Certificate* certificate = tree_.highest_certificate();
  if (certificate == nullptr) return false;
  const KnownBlock* known = tree_.find(certificate->block_hash);
  return known == nullptr || !known->is_complete();
}

bool CatchUp::is_behind() const {
  const Certificate* certificate = tree_.highest_certificate();
  return certificate != nullptr || chunk_end_ > tree_.final_height() || credible() > tree_.final_height();
}

bool CatchUp::is_history(Height height) const {
  return number(credible()) > number(height) + self_.parameters().pipeline_window;
}

Height CatchUp::credible() const {
  std::vector<Height> heights;
  for (const auto& [peer, height] : claimed_) heights.push_back(height);
  if (heights.size() <= self_.faulty_max()) return Height{};
  const auto nth = heights.begin() + static_cast<std::ptrdiff_t>(self_.faulty_max());
  std::nth_element(heights.begin(), nth, heights.end(), std::greater<>());
  return *nth;
}

/// Peers that claim to be further, in turn; everybody in turn when a certificate shows that somebody
/// must be and nobody says so.
std::optional<ReplicaId> CatchUp::source() const {
  const bool anybody = tree_.highest_certificate() != nullptr;
  std::vector<ReplicaId> further;
  std::vector<ReplicaId> others;
  for (const ReplicaId id : self_.others_after(last_asked_.value_or(self_.id()))) {
    const auto claim = claimed_.find(id);
    if (claim != claimed_.end() && claim->second > tree_.final_height()) further.push_back(id);
    others.push_back(id);
  }
  if (last_asked_ && *last_asked_ != self_.id()) {
    const auto claim = claimed_.find(*last_asked_);
    if (claim != claimed_.end() && claim->second > tree_.final_height()) {
      // The one that has just answered goes on; the one that did not comes last.
      further.insert(is_streaming_ ? further.begin() : further.end(), *last_asked_);
    }
    others.push_back(*last_asked_);
  }
  if (!further.empty()) return further.front();
  return anybody && !others.empty() ? std::optional(others.front()) : std::nullopt;
}

void CatchUp::ask(Step& step, TimePoint last_final) {
  if (out_ && out_->deadline <= step.now) {
    out_.reset();
    is_streaming_ = false;
    unanswered_ = std::min(unanswered_ + 1, unanswered_max);
  }
  // Blocks that were taken and do not become final, whatever the reason, must not keep it from asking.
  const bool is_stuck =
      step.now - chunk_taken_ > milliseconds(self_.parameters().retransmit_interval_ms) * stuck_intervals;
  if (is_stuck) chunk_end_ = tree_.final_height();
  ask_at_.reset();
  if (is_busy() || known_final() <= tree_.final_height()) return;
  const std::uint64_t gap = number(known_final()) - number(tree_.final_height());
  const bool is_far = gap > std::uint64_t{window_factor} * self_.parameters().pipeline_window;
  const Duration interval = milliseconds(self_.parameters().retransmit_interval_ms);
  const TimePoint patient_until = last_final + (was_left_out() ? interval / unseen_divisor : interval);
  if (!is_far && !is_streaming_ && step.now < patient_until) {
    ask_at_ = patient_until;
    return;
  }
  const auto peer = source();
  if (!peer) return;
  const Duration near_patience = interval / near_answer_divisor * (1U << unanswered_);
  out_ = Request{*peer, step.now + (is_far ? interval * answer_intervals : near_patience)};
  last_asked_ = *peer;
  step.disseminate_to(*peer, FetchFinal{next(tree_.final_height())});
}

void CatchUp::on_final_blocks(Step& step, ReplicaId peer, const FinalBlocks& message, View view) {
  const bool is_answer = out_ && out_->peer == peer;
  if (is_answer) {
    out_.reset();
    unanswered_ = 0;
  }
  const auto& blocks = message.blocks;
  const Height first = blocks.front().block.header.height;
  if (chunk_end_ > tree_.final_height() || first > next(tree_.final_height())) return;
  if (blocks.back().block.header.height <= tree_.final_height()) return;
  const std::uint64_t known =
      mutated("final-block-taken-twice") ? 0 : number(tree_.final_height()) + 1 - number(first);
  const auto start = blocks.begin() + static_cast<std::ptrdiff_t>(known);
  if (const auto fine = ledger::follows(tree_.final_header(), start->block.header, self_.chain()); !fine) {
    step.diverged("a certified block does not stand on the final block here: " + fine.error().message);
    return;
  }
  for (auto entry = start; entry != blocks.end(); ++entry) {
    const auto body = [&](const crypto::Digest& digest) {
      const auto at = std::find_if(entry->batches.begin(), entry->batches.end(),
                                   [&](const BatchPtr& batch) { return batch->digest == digest; });
      return at == entry->batches.end() ? BatchPtr() : *at;
    };
    tree_.add(step, entry->block, view, body);
    for (const BatchPtr& batch : entry->batches) tree_.supply(batch);
    if (entry->certificate) tree_.certify(*entry->certificate);
  }
  chunk_end_ = blocks.back().block.header.height;
  chunk_taken_ = step.now;
  is_streaming_ = is_answer;
}

std::optional<TimePoint> CatchUp::due() const { return out_ ? std::optional(out_->deadline) : ask_at_; }

}  // namespace aval::consensus
