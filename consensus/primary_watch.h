#pragma once

#include "consensus/contacts.h"
#include "consensus/ordering.h"
#include "consensus/primary_floor.h"

namespace aval::consensus {

/// Looks at the primary of the view that is open, as primary_floor.h says how it is to be judged: hands
/// it what it leaves out, and tells when it is to be replaced.
class PrimaryWatch {
 public:
  PrimaryWatch(const Self& self, const BlockTree& tree, const Ordering& ordering, Pool& pool,
               const Contacts& contacts)
      : self_(self), tree_(tree), ordering_(ordering), pool_(pool), contacts_(contacts), floor_(self) {}

  /// After the ordering entered or resumed its view.
  void on_view(TimePoint now);
  /// The last `count` blocks of step.actions.finalise are final now.
  void on_final(const Step& step, std::size_t count);
  /// Call after every step. `is_judged`: the view has another primary, is not being left, and this
  /// replica is neither behind nor cut off. True when the primary is to be replaced.
  bool look(Step& step, bool is_judged);
  /// When to look again without further input.
  std::optional<TimePoint> due() const { return due_; }
  const PrimaryFloor& floor() const { return floor_; }

 private:
  bool is_settled() const;
  Height put_forward() const;
  bool was_in_touch_since(TimePoint since) const;
  bool withholds_a_batch(TimePoint now);
  bool leaves_a_batch_out(Step& step);
  bool had_room(const ledger::CertifiedBlock& block) const;

  const Self& self_;
  const BlockTree& tree_;
  const Ordering& ordering_;
  Pool& pool_;
  const Contacts& contacts_;
  PrimaryFloor floor_;
  std::optional<TimePoint> due_;
};

}  // namespace aval::consensus
