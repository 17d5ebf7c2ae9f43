#pragma once

#include <map>
#include <tuple>

#include "consensus/journal.h"

namespace aval::consensus {

/// What this replica has said that it may never contradict, as it stands in the journal: its votes,
/// the view changes it sent, the views it entered, and the highest prepare certificate it knows.
///
/// Rules, each kept here and nowhere else:
///  - one hash for each (view, height, phase), for ever;
///  - no vote in a view below a view change it sent or a view it entered. So votes of lower views need
///    not be remembered: the rule forbids them all;
///  - the prepare certificate grows by (view, height), and goes only when the final block overtakes it.
class Promises {
 public:
  /// From the journal's records, in the order they were written.
  explicit Promises(const std::vector<Record>& records);

  /// The lowest view in which it may vote, and the one it is in or wants to open.
  View view() const;
  /// True when a view change it sent has not been answered by a new view.
  bool in_view_change() const { return view_change_ && view_change_->view > entered(); }
  View entered() const { return new_view_ ? new_view_->view : View{0}; }
  const std::optional<ViewChange>& view_change() const { return view_change_; }
  const std::optional<NewView>& new_view() const { return new_view_; }
  const std::optional<Certificate>& prepared() const { return prepared_; }

  /// May this vote be cast? True also for one that was cast before.
  bool allows(const Vote& vote) const;
  bool has_cast(const Vote& vote) const;
  /// True when some block got a prepare at this height of this view.
  bool has_prepared(View view, Height height) const {
    return votes_.contains({view, height, Phase::Prepare});
  }
  /// Votes in the entered view, ascending by height and phase.
  std::vector<Vote> votes() const;

  /// These four are called together with writing the record of the same name.
  void cast(const Vote& vote);
  void left(ViewChange message);
  void entered(NewView message);
  /// True when it is higher than the former one.
  bool raise_prepared(const Certificate& certificate);

  /// Forgets votes at or below the final height, which nobody asks for again.
  void advance(Height final);
  void drop_prepared() { prepared_.reset(); }
  /// The records that stand for all this in a fresh journal, without blocks.
  std::vector<Record> records() const;

 private:
  using Place = std::tuple<View, Height, Phase>;
  void forget_lower_views();
  std::map<Place, Vote> votes_;
  std::optional<ViewChange> view_change_;
  std::optional<NewView> new_view_;
  std::optional<Certificate> prepared_;
};

}  // namespace aval::consensus
