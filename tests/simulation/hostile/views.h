#pragma once

#include <map>
#include <optional>

#include "tests/simulation/hostile/hostile.h"

/// Those who lie when a view ends and the next one begins.
namespace aval::simulation {

/// In turn, and differently to each of the others: the truth, nothing prepared, what an earlier view
/// change showed, a certificate with a wrong signature or of another block, no past at all.
class LieInViewChange final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
  using Hostile::in_place_of;

 private:
  consensus::ViewChange lie(consensus::ViewChange message, std::uint64_t which);
  std::optional<consensus::ViewChange> earlier_;  // the first one that showed a prepared block
};

/// Opens its view differently to each of the others: in truth, with one view change too few, with another
/// sound quorum, with its own prepared block hidden, with one view change that its sender did not make.
/// And opens it before a quorum wants it, with view changes in the names of those who said nothing.
class LieInNewView final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
  Messages on_heard(const Message& message) override;
  using Hostile::in_place_of;

 private:
  consensus::NewView lie(consensus::NewView message, std::uint64_t which);
  void swap_in_another(consensus::NewView& message) const;
  void hide_own_prepared(consensus::NewView& message);
  consensus::NewView premature() const;
  /// Of the latest view anybody wants, by sender.
  std::map<ReplicaId, consensus::ViewChange> heard_;
};

}  // namespace aval::simulation
