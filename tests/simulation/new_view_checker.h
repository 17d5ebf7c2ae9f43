#pragma once

#include <set>

#include "consensus/messages.h"
#include "tests/simulation/agreement_checker.h"

namespace aval::simulation {

/// A9: a new view that an honest replica has entered proves itself: opened by the primary of its view,
/// with view changes of a quorum of distinct validators to that very view, each signed by its sender,
/// each certificate in them valid, each chain of headers linked. What follows from it is computed and
/// held against the votes in VoteChecker. Uses nothing of consensus/view_change.cc.
class NewViewChecker {
 public:
  NewViewChecker(const EpochBook& epochs, ledger::SignatureCheck check, Verdict& verdict)
      : epochs_(epochs), check_(check), verdict_(verdict) {}

  /// The node holds this proof on its disk.
  void on_new_view(ReplicaId node, const consensus::NewView& new_view);

 private:
  using Config = ledger::ChainConfig;
  std::optional<std::string> fault_in(const consensus::NewView& new_view, const Config& config) const;
  std::optional<std::string> fault_in(const consensus::ViewChange& view_change, const consensus::NewView& in,
                                      const Config& config) const;
  bool is_signed(const consensus::NewView& message, const Config& config) const;
  bool is_signed(const consensus::ViewChange& message, const Config& config) const;

  const EpochBook& epochs_;
  ledger::SignatureCheck check_;
  Verdict& verdict_;
  std::set<crypto::Digest> judged_;
};

}  // namespace aval::simulation
