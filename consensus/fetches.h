#pragma once

#include <map>

#include "consensus/self.h"
#include "consensus/step.h"

namespace aval::consensus {

/// A batch or a block this replica cannot go on without, and who is likely to have it.
struct Want {
  enum class Kind { Batch, Block };
  Kind kind = Kind::Batch;
  crypto::Digest digest;
  std::vector<ReplicaId> likely;  // asked first, in this order
};

/// Whom to ask next for what is missing. One peer at a time for each thing: the likely ones first, then
/// everybody in turn, after waits that grow to one retransmission interval. It holds what was wanted last and
/// nothing else, so it is bounded by the blocks of the window.
class Fetches {
 public:
  explicit Fetches(const Self& self) : self_(self) {}
  /// Asks for what is due of `wants`, and forgets what is not wanted any more.
  void ask(Step& step, const std::vector<Want>& wants);
  std::optional<TimePoint> due() const;

 private:
  struct Ask {
    std::size_t attempts = 0;
    TimePoint due;
  };
  ReplicaId candidate(const Want& want, std::size_t attempt) const;

  const Self& self_;
  std::map<crypto::Digest, Ask> asks_;
};

}  // namespace aval::consensus
