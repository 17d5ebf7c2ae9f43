#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/clients.h"
#include "tests/simulation/node.h"
#include "tests/simulation/plan.h"

namespace aval::simulation {

/// C1 to C5: what must be true some time after everything has healed. Looks at the nodes from outside.
class Settlement {
 public:
  Settlement(const Plan& plan, const Clients& clients, const std::vector<std::unique_ptr<Node>>& nodes,
             const EpochBook& epochs)
      : plan_(plan), clients_(clients), nodes_(nodes), epochs_(epochs) {}

  /// Everybody has an answer, all honest nodes are up and equal, and where nobody is hostile, nothing is
  /// left in flight or in a queue. A hostile node may have told a client of a block that the honest ones
  /// are about to make final: they must get there. (What a hostile validator brought may wait for ever:
  /// nobody has the rest of it.)
  bool is_reached() const;
  /// Where everybody stands, for the report of a failure.
  std::string text() const;
  /// Where nobody is hostile: whether a quorum is at work in one view, or how many are. One replica or
  /// two that left alone stay in their view change, since f may not move the rest.
  std::optional<std::string> fault_of_views() const;

 private:
  bool is_honest(ReplicaId id) const { return !plan_.treachery_of(id); }
  /// An honest node that holds a seat today.
  bool counts(ReplicaId id) const { return is_honest(id) && epochs_.current().validators.has_seat(id); }
  bool is_quiet(const Node& node) const;
  std::string text(ReplicaId id) const;

  const Plan& plan_;
  const Clients& clients_;
  const std::vector<std::unique_ptr<Node>>& nodes_;
  const EpochBook& epochs_;
};

}  // namespace aval::simulation
