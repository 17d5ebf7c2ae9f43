#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "consensus/messages.h"
#include "tests/simulation/verdict.h"

namespace aval::simulation {

using ledger::BlockHash;
using ledger::Epoch;
using ledger::Height;
using ledger::ReplicaId;
using ledger::View;

/// A4, A5, A7, A8 and CS-09: what each key has signed, over its whole life. Fed with every message that
/// an honest replica sends; it never forgets, whatever the replica does.
class VoteChecker {
 public:
  using Certificates = std::map<Height, ledger::Certificate>;

  /// `committed`: the earliest commit certificate known of each height; it may grow.
  VoteChecker(const Certificates& committed, Verdict& verdict) : committed_(committed), verdict_(verdict) {}

  void on_sent(ReplicaId node, const consensus::Message& message);
  /// After a step of the node.
  void on_view(ReplicaId node, Epoch epoch, View view);
  /// After a restart.
  void on_restart(ReplicaId node, Epoch epoch, View view);
  /// An honest replica has accepted a new view and holds its proof on disk.
  void on_new_view(const consensus::NewView& new_view);
  /// A commit certificate was seen.
  void on_certificate(const ledger::Certificate& certificate);

  std::size_t views_opened() const { return tips_.size(); }

 private:
  /// Proposals count as a phase of their own.
  using Place = std::tuple<ReplicaId, Epoch, View, Height, std::uint32_t>;
  struct KeyLife {
    View highest_sent{};
    View view_change{};                     // of the highest view change sent
    View in_memory{};                       // since the last start
    std::optional<ledger::Vote> committed;  // the highest commit vote by (view, height)
  };
  /// What a new view starts from, computed from its view changes alone.
  struct Tip {
    Height height{};
    std::map<Height, BlockHash> chain{{}};  // the tip and the blocks shown below it
  };

  void on_vote(ReplicaId node, const ledger::Vote& vote);
  void on_proposal(ReplicaId node, const consensus::Proposal& proposal);
  void on_view_change(ReplicaId node, const consensus::ViewChange& view_change);
  bool register_signature(ReplicaId node, const Place& place, const BlockHash& hash);
  using ViewOfEpoch = std::pair<Epoch, View>;

  KeyLife& life(ReplicaId node, Epoch epoch) { return lives_[{node, epoch}]; }
  void check_above_tip(ReplicaId node, const ledger::Vote& vote);
  void check_carried_over(const ViewOfEpoch& opened, const Tip& tip, const ledger::Certificate& certificate);
  void raise_sent_view(ReplicaId node, Epoch epoch, View view);
  static Tip tip_of(const consensus::NewView& new_view);

  const Certificates& committed_;
  Verdict& verdict_;
  std::map<Place, BlockHash> signed_;
  std::map<std::pair<ReplicaId, Epoch>, KeyLife> lives_;  // views begin anew in each epoch
  std::map<ViewOfEpoch, Tip> tips_;
};

}  // namespace aval::simulation
